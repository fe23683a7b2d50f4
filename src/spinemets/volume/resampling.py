"""A volume on another grid."""

from enum import StrEnum
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.volume.record import AffineRas, Volume

# Gaussian that takes away what the coarser grid cannot hold: standard deviation in voxels of the finer grid
# for a step of f of them, sqrt(f^2 - 1) / (2 sqrt(2 ln 2)) (Cardoso et al. 2015, MICCAI, "Scale factor point
# spread function matching"). Without it thin slices alias into thick ones.
_FWHM_TO_SD = 1.0 / (2.0 * np.sqrt(2.0 * np.log(2.0)))
# A voxel centre this far outside the outermost centres still belongs to the outermost voxel.
_HALF_VOXEL = 0.5


class ImageKind(StrEnum):
    """What the voxels are, which decides how they may be interpolated."""

    IMAGE = "image"
    LABEL = "label"


def resample_to_grid(
    volume: Volume,
    affine_ras: AffineRas,
    shape: tuple[int, int, int],
    kind: ImageKind,
    outside: float = 0,
) -> Volume:
    """The volume as seen on another grid.

    Images are interpolated linearly, after a Gaussian that removes what a coarser grid cannot hold, and
    become float32; labels take the nearest voxel's value and keep their type.

    Args:
        volume: Any grid, also sheared.
        affine_ras: The other grid, voxel index to RAS mm.
        shape: Its number of voxels.
        kind: Image or label.
        outside: Value of voxels whose centre lies outside the volume.
    """
    to_source = np.linalg.inv(volume.affine_ras) @ affine_ras
    labels = kind is ImageKind.LABEL
    source: npt.NDArray[Any] = volume.array if labels else _smoothed(volume, to_source)
    order: Literal[0, 1] = 0 if labels else 1
    # Border voxels reach half a voxel beyond their centre; what lies further out is set below.
    array = np.empty(shape, dtype=source.dtype)
    ndimage.affine_transform(
        source, to_source[:3, :3], to_source[:3, 3], shape, output=array, order=order, mode="nearest"
    )
    array[~_inside(to_source, shape, volume.shape)] = outside
    return Volume(array, affine_ras)


def resample_like(volume: Volume, reference: Volume, kind: ImageKind, outside: float = 0) -> Volume:
    """The volume on the grid of another; see ``resample_to_grid``."""
    return resample_to_grid(volume, reference.affine_ras, reference.shape, kind, outside)


def resample_to_spacing(
    volume: Volume, spacing_mm: tuple[float, float, float], kind: ImageKind, outside: float = 0
) -> Volume:
    """The volume with other spacings along its own axes; the outer faces stay where they are.

    The extent is kept to within half a new voxel on either side; the centre of the volume does not move.

    Raises:
        ValueError: If a spacing is not above 0.
    """
    if min(spacing_mm) <= 0:
        raise ValueError(f"spacing_mm is {spacing_mm}; every spacing must be above 0")
    step = np.asarray(spacing_mm) / np.asarray(volume.spacing_mm)
    counts = np.maximum(np.round(np.asarray(volume.shape) / step), 1).astype(int)
    affine = volume.affine_ras.copy()
    affine[:3, :3] = volume.affine_ras[:3, :3] * step
    centre = volume.voxel_to_world((np.asarray(volume.shape) - 1) / 2.0)
    affine[:3, 3] = centre - affine[:3, :3] @ ((counts - 1) / 2.0)
    i, j, k = counts.tolist()
    return resample_to_grid(volume, affine, (i, j, k), kind, outside)


def _smoothed(volume: Volume, to_source: AffineRas) -> npt.NDArray[np.float32]:
    source = np.asarray(volume.array, dtype=np.float32)
    # How many source voxels one step of the new grid covers along each source axis.
    step = np.abs(to_source[:3, :3]).max(axis=1)
    sd = np.sqrt(np.maximum(step**2 - 1.0, 0.0)) * _FWHM_TO_SD
    sd[np.asarray(volume.shape) == 1] = 0.0
    if not (sd > 0.05).any():
        return source
    return np.asarray(ndimage.gaussian_filter(source, sd, mode="nearest"))


def _inside(
    to_source: AffineRas, shape: tuple[int, int, int], source_shape: tuple[int, int, int]
) -> npt.NDArray[np.bool_]:
    inside = np.ones(shape, dtype=bool)
    steps = [np.arange(count, dtype=np.float32) for count in shape]
    for axis in range(3):
        index = (
            np.float32(to_source[axis, 3])
            + np.float32(to_source[axis, 0]) * steps[0][:, None, None]
            + np.float32(to_source[axis, 1]) * steps[1][None, :, None]
            + np.float32(to_source[axis, 2]) * steps[2][None, None, :]
        )
        # The tolerance keeps a grid's own border voxels inside in spite of rounding.
        inside &= index >= -_HALF_VOXEL - 1e-3
        inside &= index <= source_shape[axis] - 1 + _HALF_VOXEL + 1e-3
    return inside
