import numpy as np
import torch

from spinemets.training.augmentation.sequences import vary_sequences

SPACING_MM = (4.0, 1.0, 1.0)
T1, T2, FLUID, T1_GD = range(4)


def _channels(*places):
    source = torch.Generator().manual_seed(0)
    return {place: torch.randn(6, 20, 20, generator=source) for place in places}


def _vary(channels, settings, seeds=40):
    return [
        vary_sequences(channels, SPACING_MM, settings, np.random.default_rng(seed)) for seed in range(seeds)
    ]


def test_every_subset_but_the_whole_and_the_empty_one_is_left_after_dropping(stage):
    left = _vary(_channels(T1, T2, FLUID), stage("sequences", drop_chance=1.0), 80)
    assert {tuple(sorted(one)) for one in left} == {
        (T1,),
        (T2,),
        (FLUID,),
        (T1, T2),
        (T1, FLUID),
        (T2, FLUID),
    }


def test_an_only_channel_is_never_dropped_moved_or_shortened(stage):
    settings = stage("sequences", drop_chance=1.0, shift_chance=1.0, blank_chance=1.0)
    channels = _channels(FLUID)
    assert all(one[FLUID] is channels[FLUID] for one in _vary(channels, settings))


def test_the_series_that_carries_the_annotations_stays_and_one_other_moves(stage):
    channels = _channels(T1, T2, FLUID)
    for varied in _vary(channels, stage("sequences", shift_chance=1.0)):
        assert varied[T2] is channels[T2]
        assert sum(varied[place] is not channels[place] for place in (T1, FLUID)) == 1


def test_a_shorter_series_is_as_dark_as_its_darkest_voxel_at_one_end(stage):
    channels = _channels(T1, T1_GD)
    for varied in _vary(channels, stage("sequences", blank_chance=1.0, blank_slices=2)):
        darkest = channels[T1_GD].amin()
        blank = (varied[T1_GD] == darkest).all(dim=(1, 2))
        assert 1 <= int(blank.sum()) <= 2
        assert blank[0] != blank[-1]
        assert torch.equal(varied[T1_GD][~blank], channels[T1_GD][~blank])


def test_a_mislabelled_series_serves_in_another_place(stage):
    channels = _channels(T1, T2)
    seen = set()
    for varied in _vary(channels, stage("sequences", mislabel_chance=1.0)):
        assert len(varied) == 2
        at = {name: place for place, one in varied.items() for name in channels if one is channels[name]}
        assert at != {T1: T1, T2: T2}
        seen.add((at[T1], at[T2]))
    assert seen == {(T2, T1), (FLUID, T2), (T1_GD, T2), (T1, FLUID), (T1, T1_GD)}
