"""All figures of a set of studies, family by family."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spinemets.anatomy import EsccGrade
from spinemets.evaluation.binary import binary_figures
from spinemets.evaluation.calibration import (
    CurvePoint,
    Forecasts,
    calibration_curve,
    calibration_figures,
)
from spinemets.evaluation.decision_curve import NetBenefit, decision_curve
from spinemets.evaluation.detection_figures import DetectionFigures, detection_figures, froc_band
from spinemets.evaluation.escc import CUTS, EsccEvaluation, escc_forecasts, evaluate_escc
from spinemets.evaluation.figure import Figure
from spinemets.evaluation.lesion_cases import LesionCase
from spinemets.evaluation.lesion_matching import ANY_OVERLAP, MATCHINGS
from spinemets.evaluation.levels import evaluate_levels
from spinemets.evaluation.mask_figures import MaskFigures, mask_figures
from spinemets.evaluation.pairs import EsccPair, LevelPair, SinsPair
from spinemets.evaluation.ratios import proportion
from spinemets.evaluation.region_detection import Region, binary_rows, patients, studies
from spinemets.evaluation.resampling import Bootstrap, Patients, Quantity
from spinemets.evaluation.sins import SinsEvaluation, evaluate_sins
from spinemets.evaluation.study_evidence import StudyEvidence

_NO_GRADE = "no such grade in the reference"
# Rates of false positives per case at which the FROC curve's band is drawn, evenly on a logarithmic axis.
BAND_RATES = tuple(2.0 ** (step / 4) for step in range(-12, 13))
# Probabilities from which one would act; above even odds a scan of the canal is no longer in question.
THRESHOLDS = tuple(percent / 100 for percent in range(2, 51, 2))


@dataclass(frozen=True, slots=True, eq=False)
class LesionFigures:
    """Detection of lesions.

    Args:
        matchings: By any overlap first.
        band: Sensitivity at ``BAND_RATES``; empty where predictions carry no scores.
        vertebrae, studies, patients: Which of them have a lesion; vertebrae are empty without levels.
    """

    matchings: tuple[DetectionFigures, ...]
    band: tuple[Figure, ...]
    vertebrae: tuple[Figure, ...]
    studies: tuple[Figure, ...]
    patients: tuple[Figure, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CutForecasts:
    """The probability that a grade reaches a cut.

    Args:
        cut: The grade.
        figures: Calibration.
        curve: Observed share against forecast.
        benefits: Decision curve.
    """

    cut: EsccGrade
    figures: tuple[Figure, ...]
    curve: tuple[CurvePoint, ...]
    benefits: tuple[NetBenefit, ...]


@dataclass(frozen=True, slots=True, eq=False)
class EsccFigures:
    """Grades of one kind of place.

    Args:
        place: ``level`` or ``slice``.
        evaluation: Agreement.
        missed: Sensitivity at both cuts where a place that was not graded counts as missed, as it is by those
            who rely on the grades.
        forecasts: At both cuts; empty where predictions state no probabilities.
    """

    place: str
    evaluation: EsccEvaluation
    missed: tuple[Figure, ...]
    forecasts: tuple[CutForecasts, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Families:
    """Figures by family; what reference or predictions never tell is None or empty.

    Args:
        lesions: Detection.
        masks: A structure each.
        levels: Names of vertebrae.
        escc: Of levels, then of slices.
        sins: Scores of levels.
    """

    lesions: LesionFigures | None
    masks: tuple[MaskFigures, ...]
    levels: tuple[Figure, ...]
    escc: tuple[EsccFigures, ...]
    sins: SinsEvaluation | None


def evaluate_families(
    evidence: Sequence[StudyEvidence], bootstrap: Bootstrap, *, curves: bool = True
) -> Families:
    """Every figure of some studies.

    Args:
        evidence: Of the studies.
        bootstrap: Draws the patients.
        curves: Whether the band of FROC, calibration and decision curves are made, too.
    """
    cases = lesion_cases(evidence)
    pairs = {"level": level_grades(evidence), "slice": slice_grades(evidence)}
    rows = [row for one in evidence for image in one.images for row in image.masks]
    named, scored = level_names(evidence), sins_scores(evidence)
    return Families(
        lesions=_lesions(evidence, cases, bootstrap, curves=curves) if cases else None,
        masks=mask_figures(rows, bootstrap),
        levels=evaluate_levels(named, bootstrap) if named else (),
        escc=tuple(_escc(place, own, bootstrap, curves=curves) for place, own in pairs.items() if own),
        sins=evaluate_sins(scored, bootstrap) if scored else None,
    )


def lesion_cases(evidence: Sequence[StudyEvidence]) -> list[LesionCase]:
    """Lesions of every image that is compared."""
    return [image.lesions for one in evidence for image in one.images if image.lesions is not None]


def vertebrae_with_lesions(evidence: Sequence[StudyEvidence]) -> list[Region]:
    """Every vertebra, with lesion or without."""
    return [region for one in evidence for image in one.images for region in image.vertebrae]


def level_names(evidence: Sequence[StudyEvidence]) -> list[LevelPair]:
    """Names of every vertebra."""
    return [pair for one in evidence for image in one.images for pair in image.levels]


def level_grades(evidence: Sequence[StudyEvidence]) -> list[EsccPair]:
    """Grades of every level."""
    return [pair for one in evidence for pair in one.levels]


def slice_grades(evidence: Sequence[StudyEvidence]) -> list[EsccPair]:
    """Grades of every slice."""
    return [pair for one in evidence for pair in one.slices]


def sins_scores(evidence: Sequence[StudyEvidence]) -> list[SinsPair]:
    """Scores of every level."""
    return [pair for one in evidence for pair in one.sins]


def _lesions(
    evidence: Sequence[StudyEvidence], cases: Sequence[LesionCase], bootstrap: Bootstrap, *, curves: bool
) -> LesionFigures:
    matchings = tuple(detection_figures(cases, matching, bootstrap) for matching in MATCHINGS)
    with_band = curves and matchings[0].curve is not None
    vertebrae = vertebrae_with_lesions(evidence)
    return LesionFigures(
        matchings=matchings,
        band=froc_band(cases, ANY_OVERLAP, BAND_RATES, bootstrap) if with_band else (),
        vertebrae=binary_figures(binary_rows(vertebrae), bootstrap) if vertebrae else (),
        studies=binary_figures(binary_rows(studies(cases)), bootstrap),
        patients=binary_figures(binary_rows(patients(cases)), bootstrap),
    )


def _escc(place: str, pairs: Sequence[EsccPair], bootstrap: Bootstrap, *, curves: bool) -> EsccFigures:
    forecasts = {cut: escc_forecasts(pairs, cut) for cut in CUTS} if curves else {}
    return EsccFigures(
        place=place,
        evaluation=evaluate_escc(pairs, bootstrap),
        missed=tuple(_sensitivity(pairs, cut, bootstrap) for cut in CUTS),
        forecasts=tuple(_forecasts(cut, one, bootstrap) for cut, one in forecasts.items() if len(one.truth)),
    )


def _sensitivity(pairs: Sequence[EsccPair], cut: EsccGrade, bootstrap: Bootstrap) -> Figure:
    patients = Patients.of([pair.patient for pair in pairs])
    reached = [pair.reference.rank >= cut.rank for pair in pairs]
    found = [pair.predicted is not None and pair.predicted.rank >= cut.rank for pair in pairs]
    hits = np.logical_and(reached, found)
    quantity = Quantity(f"sensitivity at {cut} or more, not graded counted as missed", undefined=_NO_GRADE)
    return proportion(quantity, patients.sums(hits), patients.sums(reached), bootstrap)


def _forecasts(cut: EsccGrade, forecasts: Forecasts, bootstrap: Bootstrap) -> CutForecasts:
    return CutForecasts(
        cut=cut,
        figures=calibration_figures(forecasts, bootstrap),
        curve=calibration_curve(forecasts, bootstrap),
        benefits=decision_curve(forecasts, THRESHOLDS, bootstrap),
    )
