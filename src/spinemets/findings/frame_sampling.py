"""Masks read at points between their voxels."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.volume import Volume


def sample_mask(
    mask: npt.NDArray[np.bool_],
    corner: npt.NDArray[np.intp],
    grid: Volume,
    points_ras_mm: npt.NDArray[np.float64],
) -> npt.NDArray[np.float32]:
    """How much of a mask is at each point, 0 to 1: linear between voxels, 0 beyond them.

    Args:
        mask: (slice, row, column), of a part of the grid.
        corner: Index of its first voxel.
        grid: Of the whole image.
        points_ras_mm: (..., 3).
    """
    index = np.moveaxis(grid.world_to_voxel(points_ras_mm) - corner, -1, 0)
    padded = np.pad(mask.astype(np.float32), 1)
    values = ndimage.map_coordinates(padded, index + 1.0, order=1, mode="constant")
    return np.asarray(values, dtype=np.float32)
