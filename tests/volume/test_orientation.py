"""Reorienting moves no voxel in the world."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geometry import ALL_ORIENTATIONS, affines
from spinemets.volume import Volume, axis_codes, reorient


def _marked(affine):
    return Volume(np.arange(2 * 3 * 4).reshape(2, 3, 4), affine)


def test_there_are_48_orientations():
    assert len(set(ALL_ORIENTATIONS)) == 48


@pytest.mark.parametrize("codes", ALL_ORIENTATIONS)
def test_axes_point_where_asked(codes):
    assert axis_codes(reorient(_marked(np.diag([3.0, 2.0, 1.0, 1.0])), codes).affine_ras) == codes


@given(affines(), st.sampled_from(ALL_ORIENTATIONS))
def test_every_voxel_keeps_its_value_and_place(affine, codes):
    before = _marked(affine)
    after = reorient(before, codes)
    where = {
        value: before.voxel_to_world(np.argwhere(before.array == value)[0]) for value in before.array.ravel()
    }
    for value, place in where.items():
        assert np.allclose(after.voxel_to_world(np.argwhere(after.array == value)[0]), place, atol=1e-6)


@given(affines(), st.sampled_from(ALL_ORIENTATIONS))
def test_there_and_back_is_where_it_was(affine, codes):
    before = _marked(affine)
    back = reorient(reorient(before, codes), axis_codes(affine))
    assert np.array_equal(back.array, before.array)
    assert np.allclose(back.affine_ras, before.affine_ras, atol=1e-6)


@pytest.mark.parametrize("codes", ["RA", "RAR", "RAX", "ras", "RASL", "LRA", ""])
def test_refuses_what_is_no_orientation(codes):
    with pytest.raises(ValueError, match="no orientation"):
        reorient(_marked(np.eye(4)), codes)
