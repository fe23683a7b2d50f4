"""Cropping and padding keep every voxel in its place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geometry import affines
from spinemets.volume import Volume, crop, pad

_MARGINS = st.tuples(*[st.integers(0, 3)] * 3)


@given(affines(), _MARGINS, _MARGINS)
def test_cropping_undoes_padding(affine, before, after):
    volume = Volume(np.arange(24.0).reshape(2, 3, 4), affine)
    padded = pad(volume, before, after, value=-1.0)
    stop = tuple(low + count for low, count in zip(before, volume.shape, strict=True))
    back = crop(padded, before, stop)
    assert np.array_equal(back.array, volume.array)
    assert np.allclose(back.affine_ras, volume.affine_ras, atol=1e-9)


def test_padding_has_the_asked_value_outside():
    padded = pad(Volume(np.ones((1, 1, 1)), np.eye(4)), (1, 0, 0), (0, 0, 2), value=7.0)
    assert padded.shape == (2, 1, 3)
    assert np.count_nonzero(padded.array == 7.0) == 5


def test_cropping_keeps_voxels_where_they_were():
    volume = Volume(np.arange(60).reshape(3, 4, 5), np.diag([4.0, 0.5, 0.5, 1.0]))
    part = crop(volume, (1, 2, 0), (3, 4, 5))
    assert np.allclose(part.voxel_to_world((0, 0, 0)), volume.voxel_to_world((1, 2, 0)))
    assert part.array[0, 0, 0] == volume.array[1, 2, 0]


@pytest.mark.parametrize(
    ("start", "stop"), [((0, 0, 0), (3, 3, 5)), ((2, 0, 0), (2, 3, 4)), ((-1, 0, 0), (2, 3, 4))]
)
def test_refuses_boxes_that_are_empty_or_outside(start, stop):
    with pytest.raises(ValueError, match="empty or not inside"):
        crop(Volume(np.zeros((2, 3, 4)), np.eye(4)), start, stop)


def test_refuses_negative_padding():
    with pytest.raises(ValueError, match="crop"):
        pad(Volume(np.zeros((2, 2, 2)), np.eye(4)), (-1, 0, 0), (0, 0, 0))
