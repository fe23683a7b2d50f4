"""Smooth random fields fixed in the world, so that any grid of the same body sees the same."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.phantom.grid_box import FloatArray, GridBox

_CELLS = (43, 47, 59)
# The lattice is finer than the field, so that linear interpolation leaves no trace of it.
_CELLS_PER_SCALE = 1.6


class WorldNoise:
    """A field of zero mean and unit standard deviation that repeats after some tens of its scale.

    Args:
        rng: Source of randomness.
        scale_mm: Distance over which the field changes, along right, anterior and superior.
    """

    def __init__(self, rng: np.random.Generator, scale_mm: tuple[float, float, float]) -> None:
        white = rng.standard_normal(_CELLS, dtype=np.float32)
        smooth = ndimage.gaussian_filter(white, 0.75 * _CELLS_PER_SCALE, mode="wrap")
        self._cells: FloatArray = ((smooth - smooth.mean()) / smooth.std()).astype(np.float32)
        self._scale_mm = scale_mm

    def on(self, box: GridBox) -> FloatArray:
        """Values at every voxel of a grid whose axes are those of the world."""
        values = self._cells
        for axis in (2, 1, 0):
            world = box.affine_ras[axis, 3] + box.affine_ras[axis, axis] * np.arange(box.shape[axis])
            values = self._along(values, axis, world)
        return values

    def _along(self, values: FloatArray, axis: int, world_mm: npt.NDArray[np.float64]) -> FloatArray:
        place = world_mm * (_CELLS_PER_SCALE / self._scale_mm[axis])
        cell = np.floor(place).astype(np.intp)
        way = (place - cell).astype(np.float32)
        shape = [1, 1, 1]
        shape[axis] = -1
        way = way.reshape(shape)
        count = _CELLS[axis]
        low, high = (np.take(values, np.mod(index, count), axis=axis) for index in (cell, cell + 1))
        mixed: FloatArray = low + (high - low) * way
        return mixed
