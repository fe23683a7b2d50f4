"""Figures of a stress test: how well each thing goes at each severity, with intervals by patient."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spinemets.anatomy import EsccGrade
from spinemets.evaluation.figure import Figure
from spinemets.evaluation.ratings import Ratings, kappa_figures
from spinemets.evaluation.ratios import proportion, ratio
from spinemets.evaluation.resampling import Bootstrap, Numbers, Quantity
from spinemets.evaluation.stress_counts import StressCounts

GRADES = tuple(EsccGrade)
KAPPA = "quadratic-weighted kappa"
_NO_LESIONS, _NO_VERTEBRAE = "no lesions", "no vertebra is shown whole"
_NO_LEVELS = "no level is truly graded"


@dataclass(frozen=True, slots=True)
class StressPoint:
    """One severity of one hardship.

    Args:
        hardship, severity: In words; those of the studies as they are, too.
        figures: Of all patients.
        studies: How many there are.
        failures: Those that could not be assessed; they count as missing everything.
    """

    hardship: str
    severity: str
    figures: tuple[Figure, ...]
    studies: int
    failures: int


def stress_point(counts: Sequence[StressCounts], bootstrap: Bootstrap) -> StressPoint:
    """Figures of the same hardship and severity in several patients.

    Raises:
        ValueError: If there are no counts, or they are of several severities.
    """
    (place,) = {(one.hardship, one.severity) for one in counts}
    lesions, vertebrae = _of(counts, "lesions"), _of(counts, "vertebrae")
    shares = (
        ("lesion sensitivity", _of(counts, "found"), lesions, _NO_LESIONS),
        ("levels right", _of(counts, "right"), vertebrae, _NO_VERTEBRAE),
        ("levels left open", _of(counts, "left_open"), vertebrae, _NO_VERTEBRAE),
        ("levels wrong", _of(counts, "wrong"), vertebrae, _NO_VERTEBRAE),
    )
    figures = [
        proportion(Quantity(name, undefined=why), hits, of, bootstrap) for name, hits, of, why in shares
    ]
    figures.insert(1, _false_positives(counts, bootstrap))
    figures.insert(2, _body_dice(counts, bootstrap))
    return StressPoint(
        *place,
        figures=(*figures, *_grades(counts, bootstrap)),
        studies=len(counts),
        failures=sum(bool(one.failure) for one in counts),
    )


def _of(counts: Sequence[StressCounts], name: str) -> Numbers:
    return np.array([getattr(one, name) for one in counts], dtype=np.float64)


def _false_positives(counts: Sequence[StressCounts], bootstrap: Bootstrap) -> Figure:
    quantity = Quantity("false positives per study", undefined="no studies")
    return ratio(quantity, _of(counts, "false_positives"), np.ones(len(counts)), bootstrap)


def _body_dice(counts: Sequence[StressCounts], bootstrap: Bootstrap) -> Figure:
    known = np.array([one.body_dice is not None for one in counts], dtype=np.float64)
    values = np.array([one.body_dice or 0.0 for one in counts])
    return ratio(Quantity("Dice of bodies", undefined="no body is shown"), values, known, bootstrap)


def _grades(counts: Sequence[StressCounts], bootstrap: Bootstrap) -> tuple[Figure, Figure]:
    """Share of truly involved levels that were found and graded, and agreement on these."""
    graded = np.array([sum(each.found is not None for each in one.grades) for one in counts], dtype=float)
    of = np.array([len(one.grades) for one in counts], dtype=float)
    rows = [
        (str(one.patient), each.true.rank, each.found.rank)
        for one in counts
        for each in one.grades
        if each.found is not None
    ]
    ratings = Ratings(
        [patient for patient, _, _ in rows],
        np.array([true for _, true, _ in rows], dtype=np.intp),
        np.array([found for _, _, found in rows], dtype=np.intp),
        tuple(grade.value for grade in GRADES),
    )
    agreement = next(one for one in kappa_figures(ratings, bootstrap) if one.name == KAPPA)
    share = proportion(Quantity("levels graded for ESCC", undefined=_NO_LEVELS), graded, of, bootstrap)
    return share, agreement
