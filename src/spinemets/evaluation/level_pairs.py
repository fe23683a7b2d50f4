"""Vertebrae of the reference's map of levels, each beside the predicted vertebra that lies there."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.anatomy import Level, Region
from spinemets.evaluation.case_maps import Codes
from spinemets.evaluation.pairs import LevelPair
from spinemets.volume.record import AffineRas

_MOVABLE = frozenset({Region.CERVICAL, Region.THORACIC, Region.LUMBAR})
_CODES = max(level.code for level in Level) + 1


def vertebrae_there(reference: Codes, predicted: Codes | None) -> dict[Level, Level | None]:
    """For each level of the reference the predicted one that shares most voxels with it; None without any.

    Args:
        reference: ``Level.code`` on vertebrae.
        predicted: The same on one grid; None where nothing was predicted.
    """
    told = np.zeros_like(reference) if predicted is None else predicted
    pairs = reference.ravel().astype(np.int64) * _CODES + told.ravel()
    shared = np.bincount(pairs, minlength=_CODES**2).reshape(_CODES, _CODES)
    present = [code for code in np.flatnonzero(shared.sum(axis=1)).tolist() if code]
    return {
        Level.from_code(code): Level.from_code(int(shared[code, 1:].argmax()) + 1)
        if shared[code, 1:].any()
        else None
        for code in present
    }


def level_pairs(
    case: str,
    patient: str,
    reference: Codes,
    predicted: Codes | None,
    affine_ras: AffineRas,
    credible: Mapping[Level, tuple[Level, ...]],
) -> Iterator[LevelPair]:
    """A pair for each vertebra from C1 to the last lumbar one.

    The sacrum is one bone, whose parts predictions do not tell apart; vertebrae that the image cuts at its
    upper or lower edge may show too little to be counted. Both are left out of the reference.

    Args:
        case: The study.
        patient: Whose it is.
        reference: ``Level.code`` on vertebrae.
        predicted: The same; None where nothing was predicted.
        affine_ras: Of both.
        credible: All levels that a predicted vertebra may be, by its most likely one.
    """
    own = _centres_mm(reference, affine_ras)
    others = {} if predicted is None else _centres_mm(predicted, affine_ras)
    cut = _cut(reference, affine_ras)
    for level, there in vertebrae_there(reference, predicted).items():
        if level.code in cut or level.region not in _MOVABLE:
            continue
        apart = own[level.code] - others[level.code] if level.code in others else None
        yield LevelPair(
            case=case,
            patient=patient,
            reference=level,
            most_likely=there,
            credible=() if there is None else credible.get(there, (there,)),
            distance_mm=None if apart is None else float(np.linalg.norm(apart)),
        )


def _centres_mm(codes: Codes, affine_ras: AffineRas) -> dict[int, npt.NDArray[np.float64]]:
    """Centre of mass of each vertebra in the world, by code."""
    present = np.flatnonzero(np.bincount(codes.ravel()))
    present = present[present > 0]
    if not len(present):
        return {}
    centres = np.asarray(ndimage.center_of_mass(codes > 0, codes, present))
    world = centres @ affine_ras[:3, :3].T + affine_ras[:3, 3]
    return dict(zip(present.tolist(), world, strict=True))


def _cut(codes: Codes, affine_ras: AffineRas) -> set[int]:
    """Codes of the vertebrae that reach the first or last plane from head to feet."""
    axis = int(np.abs(affine_ras[2, :3]).argmax())
    ends = (np.take(codes, place, axis) for place in (0, -1))
    return {int(code) for end in ends for code in np.unique(end)}
