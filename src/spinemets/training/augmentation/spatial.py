"""Where each voxel of a changed sample comes from, and sampling images and targets there."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from spinemets.training.augmentation.settings import SpatialSettings, either_way, factor, happens
from spinemets.training.augmentation.transfer import on_device
from spinemets.training.label_sets import NOT_ANNOTATED

Triple = tuple[float, float, float]
# Of scipy's orders of axes, grid_sample has the last: x is the column, y the row, z the slice.
_TO_XYZ = [2, 1, 0]


def draw_grid(
    shape: torch.Size,
    spacing_mm: Triple,
    settings: SpatialSettings,
    rng: np.random.Generator,
    device: torch.device,
) -> Tensor | None:
    """Where the voxels come from after rotation, scaling, shift and bending; None if nothing moves.

    MONAI's RandAffine and Rand3DElastic build their grids on every axis at full resolution: 62 and 410 ms for
    4 x 16 x 192 x 192 on one core, against 35 ms here for both (Rand3DElastic with sigma 8).

    Args:
        shape: (slice, row, column).
        spacing_mm: Of the voxels, so that a rotation stays one although slices are thick.
        settings: How far and how often.
        rng: Drawn from.
        device: That the positions are made on.

    Returns:
        (slice, row, column, 3) float32, positions as ``torch.nn.functional.grid_sample`` takes them.
    """
    matrix, shift_mm, bends = np.eye(3), np.zeros(3), None
    if moves := happens(rng, settings.affine_chance):
        matrix = _rotation(rng, settings.in_plane_rotation_deg, settings.out_of_plane_rotation_deg)
        in_plane = factor(rng, settings.in_plane_scale)
        matrix = matrix / np.array([factor(rng, settings.slice_scale), in_plane, in_plane])
        shift_mm[1:] = rng.uniform(-settings.shift_mm, settings.shift_mm, size=2)
    if happens(rng, settings.elastic_chance):
        bends = _bending(shape, spacing_mm, settings, rng, device)
    if not moves and bends is None:
        return None
    grid = affine_grid(shape, spacing_mm, matrix, shift_mm, device)
    return grid if bends is None else grid + bends


def draw_rigid_grid(
    shape: torch.Size,
    spacing_mm: Triple,
    shift_mm: float,
    rotation_deg: float,
    rng: np.random.Generator,
    device: torch.device,
) -> Tensor:
    """Where the voxels come from after a small movement along and about every axis; see ``draw_grid``."""
    matrix = _rotation(rng, rotation_deg, rotation_deg)
    return affine_grid(shape, spacing_mm, matrix, rng.uniform(-shift_mm, shift_mm, size=3), device)


def affine_grid(
    shape: torch.Size,
    spacing_mm: Triple,
    matrix: npt.NDArray[np.float64],
    shift_mm: npt.NDArray[np.float64],
    device: torch.device,
) -> Tensor:
    """Where the voxels come from under an affine map about the centre.

    Args:
        shape: (slice, row, column).
        spacing_mm: Of the voxels.
        matrix: 3 x 3, from the new position (slice, row, column) in mm to the old one.
        shift_mm: Added to the old one.
        device: That the positions are made on.

    Returns:
        As ``draw_grid``.
    """
    half_mm = _half_extent_mm(shape, spacing_mm)
    scaled = matrix * half_mm[None, :] / half_mm[:, None]
    theta = np.concatenate([scaled, (shift_mm / half_mm)[:, None]], axis=1)
    theta[:, :3] = theta[np.ix_(_TO_XYZ, _TO_XYZ)]
    theta[:, 3] = theta[_TO_XYZ, 3]
    return functional.affine_grid(on_device(theta[None], device), [1, 1, *shape], align_corners=False)[0]


def sample_image(image: Tensor, grid: Tensor, padding_mode: str = "zeros") -> Tensor:
    """(channel, slice, row, column) at other positions, interpolated linearly; 0 beyond the image."""
    sampled = functional.grid_sample(image[None], grid[None], padding_mode=padding_mode, align_corners=False)
    return sampled[0]


def sample_targets(targets: Tensor, grid: Tensor) -> Tensor:
    """(3, slice, row, column) uint8 of the nearest voxels; not annotated beyond the patch."""
    unknown = torch.tensor(NOT_ANNOTATED, dtype=torch.uint8).to(targets.device, non_blocking=True)
    unknown = unknown.reshape(3, 1, 1, 1)
    # Zero stands for not annotated while sampling, since zeros are what comes from beyond.
    shown = (targets - unknown).float()
    sampled = functional.grid_sample(shown[None], grid[None], mode="nearest", align_corners=False)
    return sampled[0].to(torch.uint8) + unknown


def _rotation(
    rng: np.random.Generator, in_plane_deg: float, out_of_plane_deg: float
) -> npt.NDArray[np.float64]:
    """Rotations about the slice axis, then the row axis, then the column axis."""
    matrix = np.eye(3)
    for axis, largest_deg in enumerate((in_plane_deg, out_of_plane_deg, out_of_plane_deg)):
        angle = np.deg2rad(either_way(rng, largest_deg))
        first, second = (one for one in range(3) if one != axis)
        turn = np.eye(3)
        turn[first, first] = turn[second, second] = np.cos(angle)
        turn[first, second], turn[second, first] = -np.sin(angle), np.sin(angle)
        matrix = turn @ matrix
    return matrix


def _bending(
    shape: torch.Size,
    spacing_mm: Triple,
    settings: SpatialSettings,
    rng: np.random.Generator,
    device: torch.device,
) -> Tensor:
    """Movements of free control points, spread over the voxels by cubic B-splines (Rueckert et al. 1999)."""
    weights = [
        _spline_weights(size, size * step / settings.elastic_spacing_mm)
        for size, step in zip(shape, spacing_mm, strict=True)
    ]
    in_plane, across = settings.elastic_in_plane_mm, settings.elastic_slice_mm
    farthest = np.array([across, in_plane, in_plane]) / _half_extent_mm(shape, spacing_mm)
    moves = rng.uniform(-1.0, 1.0, size=(3, *(one.shape[1] for one in weights)))
    moves = (moves * farthest[:, None, None, None])[_TO_XYZ]
    free = on_device(moves, device)
    return torch.einsum("cijk,zi,yj,xk->zyxc", free, *(on_device(one, device) for one in weights))


def _spline_weights(size: int, intervals: float) -> Tensor:
    """(voxel, control point) weights of control points that reach one interval beyond either end."""
    count = int(np.ceil(intervals)) + 3
    voxels = (torch.arange(size) + 0.5) / size * intervals
    away = (voxels[:, None] - (torch.arange(count) - 1.0)).abs()
    near, far = 2 / 3 - away**2 + away**3 / 2, (2 - away).clamp(min=0) ** 3 / 6
    return torch.where(away < 1, near, far)


def _half_extent_mm(shape: torch.Size, spacing_mm: Triple) -> npt.NDArray[np.float64]:
    return np.multiply(shape, spacing_mm, dtype=np.float64) / 2.0
