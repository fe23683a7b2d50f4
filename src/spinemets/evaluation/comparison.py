"""Two sets of predictions of the same studies, headline by headline."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from spinemets.evaluation.detections import gather_detections
from spinemets.evaluation.escc_comparison import compare_escc
from spinemets.evaluation.families import (
    lesion_cases,
    level_grades,
    level_names,
    sins_scores,
    slice_grades,
)
from spinemets.evaluation.froc import precision_statistic, sensitivity_statistic
from spinemets.evaluation.headlines import ESCC, LESIONS, LEVELS, MASKS, SINS
from spinemets.evaluation.image_evidence import FOUND_LESION
from spinemets.evaluation.lesion_cases import LesionCase
from spinemets.evaluation.lesion_matching import ANY_OVERLAP
from spinemets.evaluation.mask_figures import MaskRow
from spinemets.evaluation.pairs import EsccPair, LevelPair, SinsPair
from spinemets.evaluation.permutation import Comparison, compare
from spinemets.evaluation.resampling import Bootstrap, Numbers, Patients, Quantity, Statistic, divided
from spinemets.evaluation.study_evidence import StudyEvidence

R = TypeVar("R", LesionCase, MaskRow, LevelPair, SinsPair)

_RATE = 0.5


@dataclass(frozen=True, slots=True)
class ComparedHeadline:
    """A headline of both sets.

    Args:
        family, of: As of a headline.
        comparison: First set against second.
    """

    family: str
    of: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class _Metric:
    """Some figures of both sets; the statistic takes the patients of the first, then those of the second."""

    family: str
    of: str
    quantities: tuple[Quantity, ...]
    statistic: Statistic
    patients: int


def compare_headlines(
    first: Sequence[StudyEvidence], second: Sequence[StudyEvidence], bootstrap: Bootstrap
) -> tuple[ComparedHeadline, ...]:
    """Paired permutation tests of the headlines that both sets have, over the studies that both have.

    Args:
        first, second: Studies that figures count, of either set.
        bootstrap: Draws the patients.
    """
    shared = {one.case.study for one in first} & {one.case.study for one in second}
    one, other = ([study for study in each if study.case.study in shared] for each in (first, second))
    metrics = (
        ComparedHeadline(metric.family, metric.of, comparison)
        for metric in _metrics(one, other)
        for comparison in compare(metric.quantities, metric.statistic, metric.patients, bootstrap)
    )
    return (*metrics, *_grades(one, other, bootstrap))


def _metrics(first: Sequence[StudyEvidence], second: Sequence[StudyEvidence]) -> Iterator[_Metric]:
    yield from _lesions(_both(lesion_cases(first), lesion_cases(second)))
    rows = _both(_masks(first), _masks(second))
    for structure in dict.fromkeys(row.structure for row in rows):
        own = [row for row in rows if row.structure == structure]
        yield from _dice(structure, _paired(own))
    yield from _levels(_both(level_names(first), level_names(second)))
    yield from _sins(_both(sins_scores(first), sins_scores(second)))


def _grades(
    first: Sequence[StudyEvidence], second: Sequence[StudyEvidence], bootstrap: Bootstrap
) -> Iterator[ComparedHeadline]:
    for place, of_place in (("level", level_grades), ("slice", slice_grades)):
        one, other = of_place(first), of_place(second)
        if _graded(one) & _graded(other):
            for comparison in compare_escc(one, other, bootstrap):
                yield ComparedHeadline(ESCC, f"each {place} that both graded", comparison)


def _graded(pairs: Sequence[EsccPair]) -> set[tuple[str, str]]:
    return {(pair.case, pair.place) for pair in pairs if pair.predicted is not None}


def _masks(evidence: Sequence[StudyEvidence]) -> list[MaskRow]:
    """Structures that both sets have of every image; lesions that were found differ in number."""
    return [
        row
        for one in evidence
        for image in one.images
        for row in image.masks
        if row.structure != FOUND_LESION
    ]


def _both(first: Iterable[R], second: Iterable[R]) -> list[R]:
    """Rows of both sets, their patients told apart so that those of the first sort before the second's."""
    doubled = [replace(row, patient=f"1 {row.patient}") for row in first]
    doubled += [replace(row, patient=f"2 {row.patient}") for row in second]
    return _paired(doubled)


def _paired(rows: Sequence[R]) -> list[R]:
    """Rows of the patients that are in both sets."""
    names = {row.patient for row in rows}
    paired = {name[2:] for name in names if name[0] == "1"} & {name[2:] for name in names if name[0] == "2"}
    return [row for row in rows if row.patient[2:] in paired]


def _lesions(cases: Sequence[LesionCase]) -> Iterator[_Metric]:
    if not cases:
        return
    found = gather_detections(cases, ANY_OVERLAP)
    patients, everything = len(found.names) // 2, np.ones(len(found.strata), dtype=bool)
    hits, lesions = found.lesions.sums(found.found), found.lesions.sums(everything)
    false = found.false_alarms.sums(np.ones(int(found.false.sum())))

    def as_they_stand(drawn: Numbers) -> Numbers:
        sensitivity = divided(drawn @ hits, drawn @ lesions)
        return np.stack([sensitivity, divided(drawn @ false, drawn @ found.cases)], axis=1)

    n = len(everything) // 2
    of = "each lesion, any overlap"
    quantities = Quantity("sensitivity", n=n), Quantity("false positives per case", n=len(cases) // 2)
    yield _Metric(LESIONS, of, quantities, as_they_stand, patients)
    if found.scored:
        name = f"sensitivity at {_RATE:g} false positives per case"
        at_rate = sensitivity_statistic(found, [everything], [_RATE])
        yield _Metric(LESIONS, of, (Quantity(name, n=n),), at_rate, patients)
        precision = precision_statistic(found, [everything])
        yield _Metric(LESIONS, of, (Quantity("average precision", n=n),), precision, patients)


def _dice(structure: str, rows: Sequence[MaskRow]) -> Iterator[_Metric]:
    known = np.array([row.score.dice is not None for row in rows], dtype=bool)
    values = np.array([row.score.dice or 0.0 for row in rows])
    yield from _mean(MASKS, structure, "mean Dice", [row.patient for row in rows], values, known)


def _levels(pairs: Sequence[LevelPair]) -> Iterator[_Metric]:
    right = np.array([pair.most_likely is pair.reference for pair in pairs], dtype=bool)
    every = np.ones_like(right)
    names = [pair.patient for pair in pairs]
    yield from _mean(LEVELS, "vertebrae", "identification rate", names, right, every)


def _sins(pairs: Sequence[SinsPair]) -> Iterator[_Metric]:
    right = np.array([pair.classes == (pair.reference_class,) for pair in pairs], dtype=bool)
    names = [pair.patient for pair in pairs]
    title = "class right, open or not scored counted as wrong"
    yield from _mean(SINS, "classes", title, names, right, np.ones_like(right))
    errors = np.array([_error(pair) for pair in pairs], dtype=np.float64)
    known = np.isfinite(errors)
    values = np.where(known, errors, 0.0)
    yield from _mean(SINS, "totals, intervals as their middle", "mean absolute error", names, values, known)


def _error(pair: SinsPair) -> float:
    """How far the middle of the interval lies from the true total; NaN where either is missing."""
    if pair.reference_total is None or pair.minimum is None or pair.maximum is None:
        return np.nan
    return abs((pair.minimum + pair.maximum) / 2 - pair.reference_total)


def _mean(
    family: str,
    of: str,
    name: str,
    patient_of_row: Sequence[str],
    values: npt.NDArray[np.generic],
    known: npt.NDArray[np.bool_],
) -> Iterator[_Metric]:
    if not len(values):
        return
    patients = Patients.of(patient_of_row)
    total, count = patients.sums(np.where(known, values, 0)), patients.sums(known)

    def mean(drawn: Numbers) -> Numbers:
        return divided(drawn @ total, drawn @ count)

    yield _Metric(family, of, (Quantity(name, n=len(values) // 2),), mean, patients.count // 2)
