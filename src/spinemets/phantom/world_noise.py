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
        right, anterior, superior = (self._weights(box, axis) for axis in range(3))
        values = self._cells[np.ix_(right[0], anterior[0], superior[0])]
        # Products of small matrices: the largest, last one is a single pass over the grid.
        values = values @ superior[1].T
        values = np.matmul(anterior[1], values)
        field = right[1] @ values.reshape(len(right[0]), -1)
        return np.asarray(field.reshape(box.shape), dtype=np.float32)

    def _weights(self, box: GridBox, axis: int) -> tuple[npt.NDArray[np.intp], FloatArray]:
        """Cells of the lattice that a grid's axis meets, and their weight at each voxel, (voxels, cells)."""
        world = box.affine_ras[axis, 3] + box.affine_ras[axis, axis] * np.arange(box.shape[axis])
        place = world * (_CELLS_PER_SCALE / self._scale_mm[axis])
        cell = np.floor(place).astype(np.intp)
        way = place - cell
        cells = np.arange(cell.min(), cell.max() + 2)
        weights = np.zeros((len(place), len(cells)), dtype=np.float32)
        voxels = np.arange(len(place))
        weights[voxels, cell - cells[0]] = 1.0 - way
        weights[voxels, cell - cells[0] + 1] = way
        return np.mod(cells, _CELLS[axis]), weights
