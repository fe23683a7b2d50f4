"""Sampling: places, slice profile, majority, movement."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from spinemets.phantom.protocol import RigidShift
from spinemets.phantom.sampling import (
    SliceGrid,
    as_image,
    index_box,
    moved_affine,
    part_of,
    profile_samples,
    sample,
    sample_majority,
    sample_profile,
    slices_of,
)


def _ramp() -> tuple[np.ndarray, np.ndarray]:
    """An image whose value is 2 right + 3 anterior - superior, in mm, and its affine."""
    affine = np.diag([1.5, 1.0, 2.0, 1.0])
    affine[:3, 3] = [-15.0, -12.0, -20.0]
    index = np.indices((21, 25, 21)).reshape(3, -1)
    world = affine[:3, :3] @ index + affine[:3, 3:]
    return (np.array([2.0, 3.0, -1.0]) @ world).reshape(21, 25, 21).astype(np.float32), affine


def _oblique_grid(flip: float) -> SliceGrid:
    axes = Rotation.from_euler("xyz", [12.0, -8.0, 20.0], degrees=True).as_matrix() * [flip, -1.0, 1.0]
    affine = np.eye(4)
    affine[:3, :3] = axes * [2.0, 0.7, 0.9]
    affine[:3, 3] = [1.0, -2.0, 3.0]
    return SliceGrid((3, 5, 4), affine, 3.0)


@pytest.mark.parametrize("flip", [1.0, -1.0])
def test_a_linear_image_is_sampled_exactly_on_oblique_and_flipped_grids(flip: float) -> None:
    array, affine = _ramp()
    grid = _oblique_grid(flip)
    index = np.indices(grid.shape).reshape(3, -1)
    world = grid.affine_ras[:3, :3] @ index + grid.affine_ras[:3, 3:]
    expected = (np.array([2.0, 3.0, -1.0]) @ world).reshape(grid.shape)
    np.testing.assert_allclose(sample(as_image(array, affine), grid, 0.0), expected, atol=1e-3)
    # The profile is symmetric, so a linear image is not changed by averaging.
    np.testing.assert_allclose(sample_profile(as_image(array, affine), grid), expected, atol=1e-3)


def test_profile_weights_sum_to_one_and_are_symmetric() -> None:
    offsets, weights = profile_samples(4.0)
    assert weights.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(offsets, -offsets[::-1])
    np.testing.assert_allclose(weights, weights[::-1])


def test_majority_takes_what_fills_most_of_the_slice() -> None:
    labels = np.zeros((40, 4, 4), dtype=np.uint8)
    labels[:20] = 1
    labels[20:] = 2
    affine = np.diag([0.25, 1.0, 1.0, 1.0])
    # Slices 4 mm thick; the border lies at 4.875 mm: 3.9 mm of the first, if 1.9 mm to either side of 3.0.
    grid_affine = np.eye(4)
    grid_affine[0, 3] = 4.0
    grid = SliceGrid((1, 3, 3), grid_affine, 4.0)
    assert (sample_majority(as_image(labels, affine), grid) == 1).all()
    grid_affine = grid_affine.copy()
    grid_affine[0, 3] = 6.0
    assert (sample_majority(as_image(labels, affine), SliceGrid((1, 3, 3), grid_affine, 4.0)) == 2).all()


def test_movement_carries_the_anatomy_with_it() -> None:
    shift = RigidShift((3.0, -2.0, 1.0), (4.0, -3.0, 5.0))
    pivot = np.array([10.0, 5.0, -7.0])
    rotation = Rotation.from_euler("xyz", shift.rotation_deg, degrees=True).as_matrix()
    anatomy = np.array([20.0, 15.0, 4.0])
    seen_at = rotation @ (anatomy - pivot) + pivot + shift.translation_ras_mm
    affine = np.eye(4)
    affine[:3, 3] = seen_at
    np.testing.assert_allclose(moved_affine(affine, shift, pivot)[:3, 3], anatomy, atol=1e-9)


def test_parts_keep_their_place_in_the_world() -> None:
    grid = _oblique_grid(1.0)
    part = slices_of(part_of(grid, slice(2, 5), slice(1, 3)), slice(1, 3))
    np.testing.assert_allclose(part.affine_ras @ [0, 0, 0, 1], grid.affine_ras @ [1, 2, 1, 1], atol=1e-12)
    assert part.shape == (2, 3, 2)


def test_a_box_elsewhere_meets_no_pixel() -> None:
    corners = np.array(np.meshgrid([500, 510], [500, 510], [500, 510])).reshape(3, 8).T
    assert index_box(_oblique_grid(1.0), corners.astype(float)) is None
