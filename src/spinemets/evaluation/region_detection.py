"""Vertebrae, studies and patients that hold a lesion or not, in prediction and reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Level
from spinemets.evaluation.binary import BinaryRows
from spinemets.evaluation.lesion_cases import LesionCase
from spinemets.evaluation.lesion_map import LesionMap


@dataclass(frozen=True, slots=True)
class Region:
    """Something that may hold a lesion, such as a vertebra.

    Args:
        case, patient: Of which study and patient it is.
        name: What it is, such as ``T8``.
        truth, predicted: Whether reference and prediction have a lesion there.
        score: Highest confidence in a predicted lesion there, -inf where none is predicted; None where
            predictions carry no scores.
    """

    case: str
    patient: str
    name: str
    truth: bool
    predicted: bool
    score: float | None


def vertebrae(
    case: str,
    patient: str,
    levels: npt.NDArray[np.integer[Any]],
    predicted: LesionMap,
    reference: LesionMap,
    least_ml: float,
) -> tuple[Region, ...]:
    """Each vertebra of the reference.

    Args:
        case, patient: Of which study and patient they are.
        levels: Codes of the levels, 0 outside vertebrae (slice, row, column).
        predicted, reference: Lesions on the same grid.
        least_ml: A lesion with less than that in a vertebra is not of it: it only touches a neighbour.
    """
    codes = [code for code in np.flatnonzero(np.bincount(levels.ravel())).tolist() if code]
    true = _of_vertebrae(levels, codes, reference, least_ml)
    held = _of_vertebrae(levels, codes, predicted, least_ml)
    return tuple(
        Region(
            case,
            patient,
            Level.from_code(code).value,
            bool(true[:, column].any()),
            bool(held[:, column].any()),
            _score(predicted.scores, held[:, column]),
        )
        for column, code in enumerate(codes)
    )


def studies(cases: Sequence[LesionCase]) -> tuple[Region, ...]:
    """Each study; several images of one, of one name and patient, are one."""
    return _together([(each.case, each) for each in cases])


def patients(cases: Sequence[LesionCase]) -> tuple[Region, ...]:
    """Each patient, over all of his or her studies."""
    return _together([("", each) for each in cases])


def binary_rows(regions: Sequence[Region]) -> BinaryRows:
    """Regions as rows for ``binary_figures``; without scores if any region lacks its."""
    scores = [region.score for region in regions]
    known = [score for score in scores if score is not None]
    return BinaryRows(
        patient_of_row=[region.patient for region in regions],
        truth=np.array([region.truth for region in regions], bool),
        predicted=np.array([region.predicted for region in regions], bool),
        score=np.array(known) if len(known) == len(scores) else None,
    )


def _of_vertebrae(
    levels: npt.NDArray[np.integer[Any]], codes: Sequence[int], lesions: LesionMap, least_ml: float
) -> npt.NDArray[np.bool_]:
    """Which lesions are of which vertebrae (lesion, vertebra)."""
    where = lesions.numbered > 0
    width = int(levels.max(initial=0)) + 1
    pair = (lesions.numbered[where] - 1) * np.int64(width) + levels[where]
    voxels = np.bincount(pair, minlength=lesions.count * width).reshape(lesions.count, width)
    return np.asarray((voxels > 0) & (voxels * lesions.voxel_ml >= least_ml))[:, codes]


def _together(cases: Sequence[tuple[str, LesionCase]]) -> tuple[Region, ...]:
    groups: dict[tuple[str, str], list[LesionCase]] = {}
    for name, each in cases:
        groups.setdefault((each.patient, name), []).append(each)
    return tuple(
        Region(
            case=name,
            patient=patient,
            name=name or patient,
            truth=any(each.lesions for each in group),
            predicted=any(len(each.overlap.predicted) for each in group),
            score=_highest(
                [_score(each.scores, np.ones(len(each.overlap.predicted), bool)) for each in group]
            ),
        )
        for (patient, name), group in groups.items()
    )


def _score(scores: npt.NDArray[np.float64] | None, held: npt.NDArray[np.bool_]) -> float | None:
    if scores is None:
        return None if held.any() else -np.inf
    return float(scores[held].max(initial=-np.inf))


def _highest(scores: Sequence[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return max(known) if len(known) == len(scores) else None
