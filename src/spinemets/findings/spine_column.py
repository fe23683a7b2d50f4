"""Which pieces of what was drawn make up the column of bodies and discs, and which one the sacrum."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.anatomy import Anatomy
from spinemets.findings.element_frame import CANAL
from spinemets.volume import Volume

Mask = npt.NDArray[np.bool_]

# Limits are ours. Of a piece's voxels this share has the middle of the canal within these distances behind
# it, at its height; vessels and the sternum, which networks take for bodies, lie further to the front.
_SHARE, _BEHIND_MM = 0.5, (0.0, 65.0)
# A smaller sacrum is none; nor is one of which more lies above the lowest body's middle, so far above the end
# of the column, or below whose middle more of the column lies.
_LEAST_SACRUM_ML, _LARGEST_ABOVE, _HALF_BODY_MM, _LARGEST_BELOW = 1.0, 0.4, 15.0, 0.15
_END_PERCENTILE = 98.0


def column_pieces(mask: Mask, anatomy: Volume) -> Mask:
    """The pieces of a mask with the canal behind them; all of it where no piece has.

    Args:
        mask: (slice, row, column) bodies and discs.
        anatomy: uint8, codes of ``Anatomy``, ``LIP`` orientation.
    """
    pieces, count = ndimage.label(mask, np.ones((3, 3, 3)))
    if count < 2:
        return mask
    middle = _canal_columns(anatomy)
    voxels = np.nonzero(mask)
    behind_mm = (middle[voxels[1]] - voxels[2]) * anatomy.spacing_mm[2]
    # No number is no canal at that height, which tells nothing.
    known = np.isfinite(behind_mm)
    fits = known & (behind_mm >= _BEHIND_MM[0]) & (behind_mm <= _BEHIND_MM[1])
    numbers = pieces[voxels]
    seen = np.bincount(numbers[known], minlength=count + 1)
    share = np.bincount(numbers[fits], minlength=count + 1) / np.maximum(seen, 1)
    kept = (share >= _SHARE) | (seen == 0)
    kept[0] = False
    return np.asarray(kept[pieces]) if (share >= _SHARE).any() else mask


def _canal_columns(anatomy: Volume) -> npt.NDArray[np.float64]:
    """Column of the canal's middle in each row, the median of its voxels, which a few strays do not move.

    Not a number where it is not seen.
    """
    canal = np.isin(anatomy.array, CANAL).sum(axis=0)
    upto = canal.cumsum(axis=1)
    count = upto[:, -1]
    return np.where(count > 0, np.argmax(2 * upto >= count[:, None], axis=1), np.nan)


def sacrum_piece(anatomy: Volume, column: Mask) -> Mask:
    """The largest piece of sacrum, if it lies below the column.

    Args:
        anatomy: uint8, codes of ``Anatomy``, ``LIP`` orientation.
        column: (slice, row, column) bodies and discs.
    """
    largest = largest_sacrum(anatomy)
    return largest if largest.any() and _lies_below(largest, column, anatomy) else np.zeros_like(largest)


def largest_sacrum(anatomy: Volume) -> Mask:
    """The largest piece that is drawn as sacrum, wherever it lies, if it is large enough to be one."""
    mask: Mask = anatomy.array == Anatomy.SACRUM
    largest = main_piece(mask) & mask
    if np.count_nonzero(largest) * anatomy.voxel_volume_ml < _LEAST_SACRUM_ML:
        return np.zeros_like(mask)
    return largest


def _lies_below(sacrum: Mask, column: Mask, grid: Volume) -> bool:
    if not column.any():
        return True
    of_sacrum, of_column = np.nonzero(sacrum)[1], np.nonzero(main_piece(column))[1]
    lowest = np.percentile(of_column, _END_PERCENTILE) - _HALF_BODY_MM / grid.spacing_mm[1]
    above, below = np.mean(of_sacrum < lowest), np.mean(of_column > of_sacrum.mean())
    return bool(above <= _LARGEST_ABOVE and below <= _LARGEST_BELOW)


def main_piece(mask: Mask) -> Mask:
    """The largest connected piece; the whole column, where bodies and discs join."""
    pieces, _ = ndimage.label(mask, np.ones((3, 3, 3)))
    sizes = np.bincount(pieces.ravel(), minlength=2)
    sizes[0] = 0
    return np.asarray(pieces == sizes.argmax())
