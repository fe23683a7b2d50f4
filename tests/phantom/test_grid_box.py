"""Boxes cut from a grid keep their place in the world."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from spinemets.phantom.grid_box import box_around, box_of_mask


def _oblique_affine() -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", [20, -15, 30], degrees=True).as_matrix() @ np.diag(
        [-2, 1, 0.5]
    )
    affine[:3, 3] = (10, -20, 30)
    return affine


def test_coordinates_agree_with_the_affine_of_the_whole_grid() -> None:
    affine = _oblique_affine()
    mask = np.zeros((20, 30, 40), dtype=bool)
    mask[5:9, 11:15, 20:31] = True
    box = box_of_mask(mask, affine, margin_mm=1.0)
    assert box is not None
    coordinates = box.coordinates_mm(np.array([1.0, 2.0, 3.0]), np.eye(3))
    index = np.add([part.start for part in box.index], (1, 2, 3))
    expected = affine[:3, :3] @ index + affine[:3, 3] - (1.0, 2.0, 3.0)
    assert [float(axis[1, 2, 3]) for axis in coordinates] == pytest.approx(expected.tolist(), abs=1e-3)


def test_box_of_mask_holds_the_mask_with_its_margin() -> None:
    mask = np.zeros((20, 30, 40), dtype=bool)
    mask[5:9, 11:15, 20:31] = True
    box = box_of_mask(mask, np.diag([2.0, 1.0, 0.5, 1.0]), margin_mm=2.0)
    assert box is not None
    assert box.index == (slice(4, 10), slice(9, 17), slice(16, 35))
    assert box.voxel_ml == pytest.approx(0.001)


def test_box_is_cut_at_the_border_of_the_grid() -> None:
    box = box_around(np.array([-50.0, 2.0, 2.0]), np.array([3.0, 4.0, 90.0]), np.eye(4), (10, 10, 10))
    assert box is not None
    assert box.index == (slice(0, 4), slice(2, 5), slice(2, 10))


def test_nothing_in_common_is_no_box() -> None:
    assert box_around(np.full(3, 50.0), np.full(3, 60.0), np.eye(4), (10, 10, 10)) is None
    assert box_of_mask(np.zeros((3, 3, 3), dtype=bool), np.eye(4), 1.0) is None
