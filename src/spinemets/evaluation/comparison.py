"""Two sets of predictions of the same studies, headline by headline."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spinemets.evaluation.escc import worst_levels
from spinemets.evaluation.escc_comparison import compare_escc, forecast_metrics, set_metrics, ungraded_metrics
from spinemets.evaluation.families import (
    lesion_cases,
    level_grades,
    level_names,
    sins_scores,
    slice_grades,
    vertebrae_with_lesions,
)
from spinemets.evaluation.headlines import ESCC, LEVELS, MASKS
from spinemets.evaluation.image_evidence import FOUND_LESION
from spinemets.evaluation.lesion_comparison import lesion_metrics, region_metrics
from spinemets.evaluation.levels import is_neighbour, rightly_named
from spinemets.evaluation.mask_figures import MaskRow
from spinemets.evaluation.paired import Column, PairedMetric, mean_metric, side_by_side
from spinemets.evaluation.pairs import EsccPair, LevelPair
from spinemets.evaluation.permutation import Comparison, compare
from spinemets.evaluation.region_detection import patients
from spinemets.evaluation.resampling import Bootstrap
from spinemets.evaluation.sins_comparison import sins_metrics
from spinemets.evaluation.study_evidence import StudyEvidence
from spinemets.findings.measurement import Unit

_WORST = "quadratic-weighted kappa"


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
    return (
        *_tested(_seen(one, other), bootstrap),
        *_grades(one, other, bootstrap),
        *_tested(sins_metrics(sins_scores(one), sins_scores(other)), bootstrap),
    )


def _tested(metrics: Iterable[PairedMetric], bootstrap: Bootstrap) -> Iterator[ComparedHeadline]:
    for metric in metrics:
        for comparison in compare(
            metric.quantities, metric.statistic, metric.patients, bootstrap, metric.width
        ):
            yield ComparedHeadline(metric.family, metric.of, comparison)


def _seen(first: Sequence[StudyEvidence], second: Sequence[StudyEvidence]) -> Iterator[PairedMetric]:
    """What masks give: lesions, structures, names of vertebrae."""
    one, other = lesion_cases(first), lesion_cases(second)
    yield from lesion_metrics(side_by_side(one, other))
    vertebrae = side_by_side(vertebrae_with_lesions(first), vertebrae_with_lesions(second))
    yield from region_metrics("each vertebra", vertebrae)
    yield from region_metrics("each patient", side_by_side(patients(one), patients(other)))
    masks = _masks(first), _masks(second)
    for structure in dict.fromkeys(row.structure for row in masks[0]):
        own = ([row for row in each if row.structure == structure] for each in masks)
        yield from _dice(structure, side_by_side(*own))
    yield from _levels(side_by_side(level_names(first), level_names(second)))


def _masks(evidence: Sequence[StudyEvidence]) -> list[MaskRow]:
    """Structures that both sets have of every image; lesions that were found differ in number."""
    return [
        row
        for one in evidence
        for image in one.images
        for row in image.masks
        if row.structure != FOUND_LESION
    ]


def _dice(structure: str, rows: Sequence[MaskRow]) -> Iterator[PairedMetric]:
    known = np.array([row.score.dice is not None for row in rows], dtype=bool)
    values = np.array([row.score.dice or 0.0 for row in rows])
    dice = Column("mean Dice", values, known)
    yield from mean_metric(MASKS, structure, [row.patient for row in rows], [dice])


def _levels(pairs: Sequence[LevelPair]) -> Iterator[PairedMetric]:
    every = np.ones(len(pairs), dtype=bool)
    right = np.array([pair.most_likely is pair.reference for pair in pairs], dtype=bool)
    near = np.array([is_neighbour(pair.reference, pair.most_likely) for pair in pairs], dtype=bool)
    known = np.array([pair.distance_mm is not None for pair in pairs], dtype=bool)
    apart_mm = np.array([pair.distance_mm or 0.0 for pair in pairs])
    columns = (
        Column("identification rate", right, every),
        Column("off by one", near, every),
        Column("mean error", apart_mm, known, Unit.MILLIMETRE),
    )
    yield from mean_metric(LEVELS, "vertebrae", [pair.patient for pair in pairs], columns)
    studies = rightly_named(pairs)
    all_right = np.array(list(studies.values()), dtype=bool)
    column = Column("every level right", all_right, np.ones_like(all_right))
    yield from mean_metric(LEVELS, "studies", [patient for patient, _ in studies], [column])


def _grades(
    first: Sequence[StudyEvidence], second: Sequence[StudyEvidence], bootstrap: Bootstrap
) -> Iterator[ComparedHeadline]:
    for place, of_place in (("level", level_grades), ("slice", slice_grades)):
        one, other = of_place(first), of_place(second)
        if _graded(one) & _graded(other):
            of = f"each {place} that both graded"
            for comparison in compare_escc(one, other, bootstrap):
                yield ComparedHeadline(ESCC, of, comparison)
            yield from _tested(forecast_metrics(of, one, other), bootstrap)
            yield from _tested(set_metrics(of, one, other), bootstrap)
    one, other = level_grades(first), level_grades(second)
    yield from _tested(ungraded_metrics("each level", side_by_side(one, other)), bootstrap)
    worst = worst_levels(one), worst_levels(other)
    if _graded(worst[0]) & _graded(worst[1]):
        for comparison in compare_escc(*worst, bootstrap):
            if comparison.name == _WORST:
                yield ComparedHeadline(ESCC, "worst level of each study that both graded", comparison)


def _graded(pairs: Sequence[EsccPair]) -> set[tuple[str, str]]:
    return {(pair.case, pair.place) for pair in pairs if pair.predicted is not None}
