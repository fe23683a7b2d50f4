"""A box of voxels cut from a larger grid, with coordinates in any frame."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
Affine = npt.NDArray[np.float64]
Index3 = tuple[slice, slice, slice]


@dataclass(frozen=True, slots=True, eq=False)
class GridBox:
    """Part of a grid.

    Args:
        index: Slices that cut the box from an array of the grid.
        affine_ras: Voxel index within the box to RAS millimetres.
        shape: Voxels along each axis.
    """

    index: Index3
    affine_ras: Affine
    shape: tuple[int, int, int]

    @property
    def spacing_mm(self) -> npt.NDArray[np.float64]:
        """Distance between voxel centres along each axis, (3,)."""
        return np.asarray(np.linalg.norm(self.affine_ras[:3, :3], axis=0))

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel."""
        return float(abs(np.linalg.det(self.affine_ras[:3, :3]))) / 1000.0

    def coordinates_mm(self, origin_ras_mm: Affine, axes_ras: Affine) -> tuple[FloatArray, ...]:
        """Coordinates of every voxel centre in a frame.

        Args:
            origin_ras_mm: Origin of the frame, (3,).
            axes_ras: Columns are the frame's unit vectors, (3, 3).

        Returns:
            One array of the box's shape for each axis of the frame, in millimetres.
        """
        matrix = axes_ras.T @ self.affine_ras[:3, :3]
        start = axes_ras.T @ (self.affine_ras[:3, 3] - origin_ras_mm)
        steps = [np.arange(count, dtype=np.float32) for count in self.shape]
        return tuple(
            np.asarray(
                (start[axis] + matrix[axis, 0] * steps[0]).astype(np.float32)[:, None, None]
                + (matrix[axis, 1] * steps[1]).astype(np.float32)[None, :, None]
                + (matrix[axis, 2] * steps[2]).astype(np.float32)[None, None, :]
            )
            for axis in range(3)
        )


def box_around(
    low_ras_mm: Affine, high_ras_mm: Affine, affine_ras: Affine, shape: tuple[int, ...]
) -> GridBox | None:
    """The part of a grid that holds a world-aligned box; None if they do not meet.

    Args:
        low_ras_mm: Smallest corner, (3,).
        high_ras_mm: Largest corner, (3,).
        affine_ras: The grid's voxel index to RAS millimetres.
        shape: The grid's voxels along each axis.
    """
    corners = np.array(np.meshgrid(*np.stack([low_ras_mm, high_ras_mm], axis=1), indexing="ij")).reshape(
        3, -1
    )
    inverse = np.linalg.inv(affine_ras)
    voxels = inverse[:3, :3] @ corners + inverse[:3, 3:]
    start = np.maximum(np.floor(voxels.min(axis=1)).astype(int), 0)
    stop = np.minimum(np.ceil(voxels.max(axis=1)).astype(int) + 1, shape[:3])
    return None if (start >= stop).any() else _box(start, stop, affine_ras)


def box_of_mask(mask: npt.NDArray[np.bool_], affine_ras: Affine, margin_mm: float) -> GridBox | None:
    """The bounding box of a mask, widened by a margin; None for an empty mask."""
    extents = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        filled = np.flatnonzero(mask.any(axis=others))
        if filled.size == 0:
            return None
        extents.append((filled[0], filled[-1] + 1))
    margin = np.ceil(margin_mm / np.linalg.norm(affine_ras[:3, :3], axis=0)).astype(int)
    start = np.maximum([low for low, _ in extents] - margin, 0)
    stop = np.minimum([high for _, high in extents] + margin, mask.shape)
    return _box(start, stop, affine_ras)


def _box(start: npt.NDArray[np.int_], stop: npt.NDArray[np.int_], affine_ras: Affine) -> GridBox:
    affine = np.array(affine_ras, dtype=np.float64)
    affine[:3, 3] += affine[:3, :3] @ start
    (i0, j0, k0), (i1, j1, k1) = start.tolist(), stop.tolist()
    return GridBox((slice(i0, i1), slice(j0, j1), slice(k0, k1)), affine, (i1 - i0, j1 - j0, k1 - k0))
