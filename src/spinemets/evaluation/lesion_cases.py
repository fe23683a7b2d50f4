"""The lesions of one case: what was predicted, what is true, and what is known of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.anatomy import Level
from spinemets.evaluation.lesion_map import LesionMap
from spinemets.evaluation.lesion_matching import ANY_OVERLAP, Overlap, match, overlap
from spinemets.evaluation.mask_figures import MaskRow
from spinemets.evaluation.mask_score import MaskSettings, score_mask

# Classes of size after Metrics Reloaded's advice to report small targets apart; (mL from, name).
_SIZES = ((1.0, "1 mL or more"), (0.5, "0.5 to 1 mL"), (0.0, "less than 0.5 mL"))
# Names of the classes, the smallest first.
SIZE_CLASSES = tuple(name for _, name in reversed(_SIZES))
OUTSIDE_VERTEBRAE = "outside vertebrae"


@dataclass(frozen=True, slots=True)
class ReferenceLesion:
    """A true lesion.

    Args:
        volume_ml: Of its mask.
        strata: What figures are split by, such as ``{"type": "lytic", "level": "T5"}``.
    """

    volume_ml: float
    strata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class LesionCase:
    """Lesions of one case; a case without any counts, too.

    Args:
        case, patient: Of which study and patient.
        lesions: Of the reference, in the order of ``overlap``.
        overlap: Of predictions with them.
        scores: Confidence in each prediction (predicted,); None where predictions carry none.
    """

    case: str
    patient: str
    lesions: tuple[ReferenceLesion, ...]
    overlap: Overlap
    scores: npt.NDArray[np.float64] | None


def lesion_case(
    case: str,
    patient: str,
    predicted: LesionMap,
    reference: LesionMap,
    strata: Sequence[Mapping[str, str]] | None = None,
) -> LesionCase:
    """A case from maps of one grid.

    Args:
        case, patient: Of which study and patient.
        predicted, reference: Lesions; predictions where the reference says nothing are taken away before.
        strata: What is known of each reference lesion beside its size; None for nothing.
    """
    known = [{}] * reference.count if strata is None else strata
    lesions = tuple(
        ReferenceLesion(volume, {"size": size_class(volume), **facts})
        for volume, facts in zip(reference.volumes_ml.tolist(), known, strict=True)
    )
    return LesionCase(case, patient, lesions, overlap(predicted, reference), predicted.scores)


def size_class(volume_ml: float) -> str:
    """The class of size of a lesion."""
    return next(name for least, name in _SIZES if volume_ml >= least)


def places_of_lesions(
    lesions: LesionMap, levels: npt.NDArray[np.integer[Any]]
) -> tuple[Mapping[str, str], ...]:
    """Level and region of the vertebra that holds most of each lesion.

    Args:
        lesions: Numbered.
        levels: Codes of levels, 0 outside vertebrae (slice, row, column).
    """
    places = []
    for number, box in enumerate(ndimage.find_objects(lesions.numbered), start=1):
        codes = levels[box][(lesions.numbered[box] == number) & (levels[box] > 0)]
        level = Level.from_code(int(np.bincount(codes).argmax())) if codes.size else None
        places.append(
            {
                "level": OUTSIDE_VERTEBRAE if level is None else level.value,
                "region": OUTSIDE_VERTEBRAE if level is None else level.region.value,
            }
        )
    return tuple(places)


def score_found_lesions(
    case: str,
    patient: str,
    predicted: LesionMap,
    reference: LesionMap,
    spacing_mm: Sequence[float],
    settings: MaskSettings,
) -> tuple[MaskRow, ...]:
    """Mask scores of each lesion that was found, with its own prediction: any overlap, one to one."""
    pairs = match(overlap(predicted, reference), ANY_OVERLAP).pairs.tolist()
    rows = []
    for prediction, lesion in pairs:
        one, other = predicted.mask(prediction), reference.mask(lesion)
        rows.append(MaskRow(case, patient, "found lesion", score_mask(one, other, spacing_mm, settings)))
    return tuple(rows)
