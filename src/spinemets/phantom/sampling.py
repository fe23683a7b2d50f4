"""Sampling of a digital spine on the slices of a series: slice profile, partial volume, truth by majority."""

# SimpleITK carries no type annotations.
# mypy: disable-error-code="no-untyped-call"

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK
from scipy.spatial.transform import Rotation

from spinemets.phantom.protocol import RigidShift

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]
Affine = npt.NDArray[np.float64]

# Slice profile of a selective spin echo: about Gaussian, full width at half maximum the nominal thickness,
# tails cut where 3 % is left (Bernstein et al. 2004, chapter 3).
_PROFILE_HALF_WIDTHS = np.array([-0.9, -0.54, -0.18, 0.18, 0.54, 0.9])
_TRUTH_HALF_WIDTHS = np.array([-0.8, -0.4, 0.0, 0.4, 0.8])


@dataclass(frozen=True, slots=True, eq=False)
class SliceGrid:
    """Points to sample: shape and affine as (slice, row, column), and the slice thickness."""

    shape: tuple[int, int, int]
    affine_ras: Affine
    thickness_mm: float


def profile_samples(thickness_mm: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Offsets along the slice normal (mm) and their weights (sum 1) that stand for the slice profile."""
    offsets = _PROFILE_HALF_WIDTHS * thickness_mm / 2.0 * 1.1
    weights = np.exp(-np.log(2.0) * (2.0 * offsets / thickness_mm) ** 2)
    return offsets, weights / weights.sum()


def moved_affine(affine_ras: Affine, shift: RigidShift, pivot_ras_mm: npt.NDArray[np.float64]) -> Affine:
    """The grid as the anatomy sees it: where its voxels lie in the spine of a patient who moved.

    Args:
        affine_ras: Index to scanner coordinates.
        shift: The patient's movement, in scanner coordinates.
        pivot_ras_mm: Centre of the rotation.
    """
    rotation = Rotation.from_euler("xyz", shift.rotation_deg, degrees=True).as_matrix()
    movement = np.eye(4)
    movement[:3, :3] = rotation
    movement[:3, 3] = pivot_ras_mm + np.asarray(shift.translation_ras_mm) - rotation @ pivot_ras_mm
    moved: Affine = np.linalg.inv(movement) @ affine_ras
    return moved


def as_image(array: npt.NDArray[np.generic], affine_ras: Affine) -> SimpleITK.Image:
    """A SimpleITK image of an array whose affine has orthogonal axes; its physical space is RAS mm."""
    image = SimpleITK.GetImageFromArray(array)
    axes = affine_ras[:3, :3][:, ::-1]
    spacing = np.linalg.norm(axes, axis=0)
    image.SetSpacing([float(value) for value in spacing])
    image.SetDirection([float(value) for value in (axes / spacing).ravel()])
    image.SetOrigin([float(value) for value in affine_ras[:3, 3]])
    return image


def sample(
    image: SimpleITK.Image, grid: SliceGrid, offset_mm: float, label: bool = False
) -> npt.NDArray[np.generic]:
    """Values of an image on a grid moved along its slice normal; 0 outside.

    Args:
        image: From ``as_image``.
        grid: Points to sample.
        offset_mm: How far along the slice normal.
        label: Nearest value rather than linear interpolation.

    Returns:
        Array (slice, row, column) of the image's own type.
    """
    affine = grid.affine_ras
    axes = affine[:3, :3][:, ::-1]
    spacing = np.linalg.norm(axes, axis=0)
    normal = axes[:, 2] / spacing[2]
    resampler = SimpleITK.ResampleImageFilter()
    resampler.SetSize([int(count) for count in grid.shape[::-1]])
    resampler.SetOutputSpacing([float(value) for value in spacing])
    resampler.SetOutputDirection([float(value) for value in (axes / spacing).ravel()])
    resampler.SetOutputOrigin([float(value) for value in affine[:3, 3] + offset_mm * normal])
    resampler.SetInterpolator(SimpleITK.sitkNearestNeighbor if label else SimpleITK.sitkLinear)
    return np.asarray(SimpleITK.GetArrayFromImage(resampler.Execute(image)))


def sample_profile(image: SimpleITK.Image, grid: SliceGrid) -> Floats:
    """Values of an image averaged over the slice profile, (slice, row, column)."""
    total = np.zeros(grid.shape, dtype=np.float32)
    for offset, weight in zip(*profile_samples(grid.thickness_mm), strict=True):
        total += np.float32(weight) * np.asarray(sample(image, grid, float(offset)), dtype=np.float32)
    return total


def sample_middle(image: SimpleITK.Image, grid: SliceGrid) -> Floats:
    """Values of an image in the middle of each slice, (slice, row, column)."""
    return np.asarray(sample(image, grid, 0.0), dtype=np.float32)


def sample_majority(image: SimpleITK.Image, grid: SliceGrid) -> Codes:
    """Label that most of the slice thickness holds at each pixel, (slice, row, column).

    Among equals the one nearest the middle of the slice wins.
    """
    offsets = _TRUTH_HALF_WIDTHS * grid.thickness_mm / 2.0
    order = np.argsort(np.abs(offsets), kind="stable")
    layers = [sample(image, grid, float(offsets[index]), label=True) for index in order]
    best = np.array(layers[0], dtype=np.uint8)
    best_votes = np.zeros(grid.shape, dtype=np.uint8)
    for candidate in layers:
        votes = np.zeros(grid.shape, dtype=np.uint8)
        for other in layers:
            votes += candidate == other
        better = votes > best_votes
        best[better] = candidate[better]
        best_votes[better] = votes[better]
    return best


def index_box(
    grid: SliceGrid, corners_ras_mm: npt.NDArray[np.float64], margin: int = 2
) -> tuple[slice, slice] | None:
    """Rows and columns of a grid that a box of the world can meet, or None if it meets no pixel.

    Args:
        grid: The grid.
        corners_ras_mm: Corners of the box, (8, 3).
        margin: Extra pixels on every side.
    """
    homogeneous = np.column_stack([corners_ras_mm, np.ones(len(corners_ras_mm))])
    index = (np.linalg.inv(grid.affine_ras) @ homogeneous.T)[1:3]
    low = np.maximum(np.floor(index.min(axis=1)).astype(int) - margin, 0)
    high = np.minimum(np.ceil(index.max(axis=1)).astype(int) + margin + 1, grid.shape[1:])
    if (low >= high).any():
        return None
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))


def part_of(grid: SliceGrid, rows: slice, columns: slice) -> SliceGrid:
    """The grid of some rows and columns."""
    affine = grid.affine_ras.copy()
    affine[:3, 3] += affine[:3, 1] * rows.start + affine[:3, 2] * columns.start
    shape = (grid.shape[0], rows.stop - rows.start, columns.stop - columns.start)
    return SliceGrid(shape, affine, grid.thickness_mm)


def slices_of(grid: SliceGrid, slices: slice) -> SliceGrid:
    """The grid of some neighbouring slices."""
    affine = grid.affine_ras.copy()
    affine[:3, 3] += affine[:3, 0] * slices.start
    return SliceGrid((slices.stop - slices.start, *grid.shape[1:]), affine, grid.thickness_mm)
