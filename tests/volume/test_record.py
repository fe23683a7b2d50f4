"""A volume knows where its voxels are, and refuses what has no place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geometry import affines
from spinemets.volume import Volume


@given(affines(), st.tuples(*[st.floats(-50, 500)] * 3))
def test_world_and_voxel_coordinates_are_inverse(affine, index):
    volume = Volume(np.zeros((2, 3, 4)), affine)
    assert np.allclose(volume.world_to_voxel(volume.voxel_to_world(index)), index, atol=1e-6)


def test_spacing_and_voxel_volume_come_from_the_affine():
    volume = Volume(np.zeros((2, 3, 4)), np.diag([4.0, 0.5, 0.5, 1.0]))
    assert volume.spacing_mm == (4.0, 0.5, 0.5)
    assert volume.voxel_volume_ml == pytest.approx(0.001)


def test_the_affine_is_a_copy_that_cannot_be_written_to():
    affine = np.eye(4)
    volume = Volume(np.zeros((2, 2, 2)), affine)
    affine[0, 0] = 5.0
    assert volume.spacing_mm == (1.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="read-only"):
        volume.affine_ras[0, 0] = 2.0


@pytest.mark.parametrize(
    ("shape", "affine", "message"),
    [
        ((2, 2), np.eye(4), "three axes"),
        ((2, 2, 2, 2), np.eye(4), "three axes"),
        ((2, 2, 2), np.eye(3), "4 x 4"),
        ((2, 2, 2), np.full((4, 4), np.nan), "finite"),
        ((2, 2, 2), np.diag([1.0, 0.0, 1.0, 1.0]), "singular"),
        ((2, 2, 2), np.diag([1.0, np.inf, 1.0, 1.0]), "finite"),
    ],
)
def test_refuses_what_has_no_place_in_the_world(shape, affine, message):
    with pytest.raises(ValueError, match=message):
        Volume(np.zeros(shape), affine)


def test_same_grid_is_judged_in_millimetres():
    volume = Volume(np.zeros((5, 6, 7)), np.eye(4))
    near, far = np.eye(4), np.eye(4)
    near[0, 3], far[0, 3] = 1e-4, 0.1
    assert volume.has_grid_of(Volume(np.ones((5, 6, 7)), near))
    assert not volume.has_grid_of(Volume(np.ones((5, 6, 7)), far))
    assert not volume.has_grid_of(Volume(np.ones((5, 6, 8)), np.eye(4)))
