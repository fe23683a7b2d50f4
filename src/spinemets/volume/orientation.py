"""The order and direction of a volume's axes."""

import numpy as np
from nibabel.orientations import (
    axcodes2ornt,
    inv_ornt_aff,
    io_orientation,
    ornt2axcodes,
    ornt_transform,
)

from spinemets.volume.record import AffineRas, Volume

_OPPOSITE = {"R": "L", "L": "R", "A": "P", "P": "A", "S": "I", "I": "S"}


def axis_codes(affine_ras: AffineRas) -> str:
    """Where each array axis points to, as three letters of R/L, A/P, S/I; oblique axes go to the closest.

    Args:
        affine_ras: 4 x 4, voxel index to RAS mm.

    Returns:
        Such as ``"RAS"``: index 0 grows to the patient's right, 1 to the front, 2 to the head.
    """
    return "".join(ornt2axcodes(io_orientation(affine_ras)))  # type: ignore[no-untyped-call]


def reorient(volume: Volume, codes: str) -> Volume:
    """Swap and flip axes so that they point where the codes say, as closely as an oblique volume can.

    No voxel value changes and none is resampled; the result is a view of the same memory.

    Args:
        volume: Any orientation.
        codes: Three letters, one of each pair R/L, A/P and S/I, such as ``"LPS"``.

    Raises:
        ValueError: If the codes are no orientation.
    """
    _check(codes)
    current = io_orientation(volume.affine_ras)  # type: ignore[no-untyped-call]
    change = ornt_transform(current, axcodes2ornt(codes))  # type: ignore[no-untyped-call]
    flipped = volume.array[tuple(slice(None, None, int(step)) for step in change[:, 1])]
    array = flipped.transpose(np.argsort(change[:, 0]))
    affine = volume.affine_ras @ inv_ornt_aff(change, volume.shape)  # type: ignore[no-untyped-call]
    return Volume(array, affine)


def _check(codes: str) -> None:
    axes = {min(code, _OPPOSITE.get(code, "?")) for code in codes}
    if len(codes) != 3 or axes != {"A", "I", "L"}:
        raise ValueError(f"{codes!r} is no orientation; give one of R/L, A/P and S/I each, such as 'RAS'")
