"""The canal is told from what was drawn as canal elsewhere, and stays whole where it is cut in pieces."""

import numpy as np
import pytest

from findings.block_spine import block_maps
from spinemets.anatomy import Anatomy
from spinemets.findings.canal_line import canal_points
from spinemets.volume import Volume, reorient

_CANAL = (Anatomy.THECAL_SAC, Anatomy.CORD, Anatomy.EPIDURAL_SPACE)


def _painted(anatomy, place_ras_mm, radius_mm, value):
    array = anatomy.array.copy()
    world = anatomy.voxel_to_world(np.moveaxis(np.indices(array.shape), 0, -1))
    array[np.linalg.norm(world - np.asarray(place_ras_mm), axis=-1) < radius_mm] = value
    return Volume(array, anatomy.affine_ras)


def _all_points(anatomy):
    return anatomy.voxel_to_world(np.argwhere(np.isin(anatomy.array, _CANAL)))


@pytest.fixture(scope="module")
def plain():
    return block_maps(tilt_deg=(5.0, -4.0, 8.0)).anatomy


def test_a_canal_in_one_piece_is_all_of_it(plain):
    assert np.array_equal(canal_points(plain), _all_points(plain))


@pytest.mark.parametrize("stored", ["LIP", "RAS", "PIR"])
def test_what_lies_far_in_front_is_left_out(plain, stored):
    front = np.add(canal_points(plain).mean(axis=0), (0.0, 42.0, 0.0))
    strayed = reorient(_painted(plain, front, 5.0, Anatomy.THECAL_SAC), stored)
    assert len(_all_points(strayed)) > len(_all_points(plain))
    assert sorted(map(tuple, canal_points(strayed).round(3))) == sorted(
        map(tuple, _all_points(plain).round(3))
    )


def test_a_canal_that_tumour_cuts_in_two_stays_whole(plain):
    place = np.add(canal_points(plain).mean(axis=0), (0.0, 0.0, 20.0))
    cut = _painted(plain, place, 14.0, Anatomy.BACKGROUND)
    assert np.array_equal(canal_points(cut), _all_points(cut))


def test_the_canal_is_sac_cord_and_epidural_space():
    array = np.zeros((1, 2, 4), dtype=np.uint8)
    array[0, 0] = [Anatomy.THECAL_SAC, Anatomy.CORD, Anatomy.EPIDURAL_SPACE, Anatomy.DISC]
    affine = np.diag([2.0, 3.0, 4.0, 1.0])
    assert canal_points(Volume(array, affine)).tolist() == [[0, 0, 0], [0, 0, 4], [0, 0, 8]]


def test_no_canal_no_points(plain):
    empty = Volume(np.zeros_like(plain.array), plain.affine_ras)
    assert canal_points(empty).shape == (0, 3)
