"""Slices in the traces of measurements: those that show the thing, counted as the series counts them."""

from dataclasses import fields, replace

import numpy as np
import pytest

from findings.block_spine import ball, block_maps
from spinemets.anatomy import Anatomy, Level
from spinemets.findings.level_belief import LevelBelief, LevelProbability
from spinemets.findings.measurement import Measurement
from spinemets.findings.station import find

_LESION = ball((8.0, 0.0, 0.0), 7.0)
_BELIEFS = tuple(LevelBelief((LevelProbability(level, 1.0),)) for level in (Level.L2, Level.L3, Level.L4))


def _find(maps):
    return find(maps, _BELIEFS, {1: True, 2: True, 3: True}, {})


def _traces(record):
    values = [getattr(record, each.name) for each in fields(record)]
    return [value.trace for value in values if isinstance(value, Measurement)]


def _shown(mask):
    return tuple(np.flatnonzero(mask.any(axis=(1, 2))).tolist())


def test_a_lesion_is_traced_to_the_slices_that_show_it():
    maps = block_maps(_LESION)
    (lesion,) = _find(maps).lesions
    shown = _shown(maps.lesions.array == 1)
    assert 1 < len(shown) < maps.lesions.shape[0]
    assert [trace.slices for trace in _traces(lesion)] == [shown, shown]


def test_measurements_of_a_vertebra_are_traced_to_the_slices_that_show_its_body():
    maps = block_maps(_LESION)
    for vertebra in _find(maps).vertebrae:
        own = (maps.vertebrae.array == vertebra.number) & (maps.anatomy.array == Anatomy.VERTEBRAL_BODY)
        traces = [t for part in (vertebra.body, vertebra.alignment, vertebra.canal) for t in _traces(part)]
        assert len(traces) == 15
        assert {trace.slices for trace in traces} == {_shown(own)}


@pytest.mark.parametrize("count", ["lesions", "vertebrae"])
def test_a_series_that_is_stored_the_other_way_round_counts_from_its_own_end(count):
    maps = block_maps(_LESION)
    last = maps.lesions.shape[0] - 1

    def slices(shown):
        found = getattr(_find(shown), count)[0]
        return _traces(found if count == "lesions" else found.body)[0].slices

    assert slices(replace(maps, slices_reversed=True)) == tuple(
        sorted(last - index for index in slices(maps))
    )
