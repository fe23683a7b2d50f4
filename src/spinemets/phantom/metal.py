"""What metal does to the signal around it."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.phantom.protocol import SequenceKind, SeriesProtocol
from spinemets.phantom.tissue import Tissue

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]
Box = tuple[slice, slice, slice]

# Reach of the void beyond titanium at 1.5 T, in mm, and of the bright rim of displaced signal outside it;
# grows with the field (Hargreaves et al. 2011, AJR 197:547; sizes as seen clinically).
_VOID_MM = {
    SequenceKind.SPIN_ECHO: 3.0,
    SequenceKind.INVERSION_RECOVERY: 5.0,
    SequenceKind.GRADIENT_ECHO: 9.0,
}
_RIM_MM = 1.8
_RIM_GAIN = 0.9
_REACH_MM = 28.0


def metal_factor(
    tissue: Codes, affine_ras: npt.NDArray[np.float64], protocol: SeriesProtocol
) -> tuple[Box, Floats] | None:
    """Factor on the signal near metal, with the part of the grid that it applies to.

    Args:
        tissue: ``Tissue`` codes, (right, anterior, superior).
        affine_ras: Of the same grid; diagonal.
        protocol: The series.

    Returns:
        The box of voxels and the factor there; None without metal.
    """
    metal = tissue == Tissue.METAL
    if not metal.any():
        return None
    spacing = np.diag(affine_ras)[:3]
    box = _box_around(metal, np.ceil(_REACH_MM / spacing).astype(int))
    distance_mm = ndimage.distance_transform_edt(~metal[box], sampling=spacing).astype(np.float32)
    void_mm = _VOID_MM[protocol.timing.kind] * np.sqrt(protocol.field_strength_t / 1.5)
    beyond = distance_mm - np.float32(void_mm)
    kept = np.clip(beyond / np.float32(_RIM_MM) + 0.5, 0.0, 1.0)
    rim = 1.0 + _RIM_GAIN * np.exp(-(((beyond - _RIM_MM) / _RIM_MM) ** 2))
    return box, (kept * rim).astype(np.float32)


def _box_around(mask: npt.NDArray[np.bool_], margin: npt.NDArray[np.int_]) -> Box:
    def extent(axis: int) -> slice:
        others = tuple(other for other in range(3) if other != axis)
        where = np.flatnonzero(mask.any(axis=others))
        low = max(int(where[0]) - int(margin[axis]), 0)
        return slice(low, min(int(where[-1]) + int(margin[axis]) + 1, mask.shape[axis]))

    return extent(0), extent(1), extent(2)
