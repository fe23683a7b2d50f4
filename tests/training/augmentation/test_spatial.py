import numpy as np
import torch
from scipy import ndimage

from spinemets.training.augmentation.spatial import (
    affine_grid,
    draw_grid,
    draw_rigid_grid,
    sample_image,
    sample_targets,
)

SPACING_MM = (4.0, 1.0, 0.8)
SHAPE = torch.Size((6, 30, 20))
CPU = torch.device("cpu")


def _ramps():
    """Each voxel's own position in mm from the centre, (axis, slice, row, column)."""
    ramps = np.indices(SHAPE).astype(float) - (np.array(SHAPE) - 1).reshape(3, 1, 1, 1) / 2
    return ramps * np.array(SPACING_MM).reshape(3, 1, 1, 1)


def _positions_mm(grid):
    """Positions of a grid in mm from the centre, axes slice, row, column."""
    half_mm = np.multiply(SHAPE, SPACING_MM) / 2
    return grid.flip(-1).numpy() * half_mm


def test_the_identity_gives_every_voxel_back():
    grid = affine_grid(SHAPE, SPACING_MM, np.eye(3), np.zeros(3), CPU)
    image = torch.randn(2, *SHAPE, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(sample_image(image, grid), image, atol=1e-4, rtol=0)


def test_an_affine_map_is_that_of_scipy():
    rng = np.random.default_rng(0)
    image = ndimage.gaussian_filter(rng.normal(size=SHAPE), 1.0).astype(np.float32)
    matrix, shift_mm = np.eye(3) + rng.uniform(-0.1, 0.1, (3, 3)), rng.uniform(-2, 2, 3)
    ours = sample_image(torch.from_numpy(image)[None], affine_grid(SHAPE, SPACING_MM, matrix, shift_mm, CPU))[
        0
    ]
    step, centre = np.diag(SPACING_MM), (np.array(SHAPE) - 1) / 2
    in_voxels = np.linalg.inv(step) @ matrix @ step
    offset = centre - in_voxels @ centre + shift_mm / np.array(SPACING_MM)
    theirs = ndimage.affine_transform(image, in_voxels, offset, order=1, mode="grid-constant")
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-5)


def test_rigid_movements_keep_distances_in_mm_although_slices_are_thick():
    for seed in range(5):
        grid = draw_rigid_grid(SHAPE, SPACING_MM, 3.0, 20.0, np.random.default_rng(seed), CPU)
        ends = _positions_mm(grid)[[0, -1, 0], [0, 0, -1], [0, -1, 0]]
        before = np.moveaxis(_ramps(), 0, -1)[[0, -1, 0], [0, 0, -1], [0, -1, 0]]
        for one in range(3):
            moved, still = (np.linalg.norm(at[one] - at[one - 1]) for at in (ends, before))
            np.testing.assert_allclose(moved, still, rtol=1e-4)


def test_rotation_within_slices_leaves_slices_where_they_are(stage):
    spatial = stage("spatial", affine_chance=1.0, out_of_plane_rotation_deg=0.0, slice_scale=(1.0, 1.0))
    grid = draw_grid(SHAPE, SPACING_MM, spatial, np.random.default_rng(0), CPU)
    np.testing.assert_allclose(_positions_mm(grid)[..., 0], _ramps()[0], atol=1e-4)


def test_bending_moves_no_further_than_its_control_points_and_folds_nowhere(stage):
    spatial = stage("spatial", elastic_chance=1.0, elastic_spacing_mm=10.0, elastic_in_plane_mm=4.0)
    for seed in range(5):
        positions = _positions_mm(draw_grid(SHAPE, SPACING_MM, spatial, np.random.default_rng(seed), CPU))
        moved = np.abs(positions - np.moveaxis(_ramps(), 0, -1)).max(axis=(0, 1, 2))
        assert (moved > 0.05).all()
        assert (moved <= (2.001, 4.001, 4.001)).all()
        assert all((np.diff(positions[..., axis], axis=axis) > 0).all() for axis in range(3))


def test_targets_keep_their_values_and_are_not_annotated_beyond():
    targets = torch.randint(
        0, 256, (3, *SHAPE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    moved = sample_targets(targets, affine_grid(SHAPE, SPACING_MM, np.eye(3), np.array([8.0, 0, 0]), CPU))
    assert torch.equal(moved[:, :-2], targets[:, 2:])
    assert [one.unique().tolist() for one in moved[:, -2:]] == [[0], [255], [0]]
