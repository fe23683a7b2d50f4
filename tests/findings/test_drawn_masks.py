import numpy as np
import pytest

from findings.block_spine import ball, block_maps
from spinemets.anatomy import Anatomy, Level
from spinemets.findings.drawn_masks import drawn_station
from spinemets.volume import Volume, reorient


def drawn(levels, stored="LIP", sacrum=False):
    maps = block_maps(ball((0.0, 0.0, 0.0), 8.0))
    codes = np.zeros(256, np.uint8)
    codes[[1, 2, 3]] = [level.code for level in levels]
    anatomy = maps.anatomy.array.copy()
    if sacrum:
        anatomy[maps.vertebrae.array == 3] = Anatomy.SACRUM
    affine = maps.anatomy.affine_ras
    masks = (Volume(anatomy, affine), Volume(codes[maps.vertebrae.array], affine), maps.lesions)
    return drawn_station(*(reorient(one, stored) for one in masks), {}, "T2")


@pytest.mark.parametrize("stored", ["LIP", "RAS"])
def test_vertebrae_are_numbered_from_the_head_whatever_their_codes(stored):
    """T13 and L6 have codes after all others."""
    station = drawn((Level.T13, Level.L1, Level.L2), stored)
    assert station.levels == (Level.T13, Level.L1, Level.L2)
    found = station.findings
    assert [one.belief.most_likely for one in found.vertebrae] == [Level.T13, Level.L1, Level.L2]
    heights = [one.centre_ras_mm[2] for one in found.vertebrae]
    assert heights == sorted(heights, reverse=True)
    assert [one.lesions for one in found.vertebrae] == [(), (1,), ()]


def test_the_sacrum_is_one_vertebra():
    station = drawn((Level.L5, Level.S1, Level.S2), sacrum=False)
    assert station.levels == (Level.L5, Level.S1)
    assert set(np.unique(station.maps.vertebrae.array)) == {0, 1, 2}


def test_the_sacrum_is_not_whole_and_has_no_body():
    station = drawn((Level.L4, Level.L5, Level.S1), sacrum=True)
    assert station.whole == {1: True, 2: True, 3: False}
    assert station.findings.vertebrae[2].body is None
