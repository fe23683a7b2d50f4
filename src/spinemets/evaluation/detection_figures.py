"""Detection of lesions: sensitivity, false positives, FROC, precision, with intervals and by stratum."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spinemets.evaluation.detections import Detections, Truths, gather_detections
from spinemets.evaluation.figure import Figure
from spinemets.evaluation.froc import (
    RATES,
    FrocCurve,
    froc_curve,
    precision_statistic,
    sensitivity_statistic,
)
from spinemets.evaluation.lesion_cases import LesionCase
from spinemets.evaluation.lesion_matching import Matching
from spinemets.evaluation.ratios import proportion, ratio
from spinemets.evaluation.resampling import Bootstrap, Numbers, Quantity

NO_LESIONS = "no lesions in the reference"
_NO_PREDICTIONS = "nothing predicted"
_NO_SCORES = "predictions carry no scores"


@dataclass(frozen=True, slots=True, eq=False)
class DetectionFigures:
    """What one matching says of all cases.

    Args:
        matching: When a lesion counts as found.
        cases, lesion_free_cases, lesions, predictions: How many there are.
        found, false_positives: Lesions found, predictions that find none.
        split, merged: Lesions in which several predictions lie, predictions in which several lesions lie.
        figures: Of all lesions.
        strata: Of lesions by what is known of them, such as their size.
        curve: FROC; None where predictions carry no scores.
    """

    matching: Matching
    cases: int
    lesion_free_cases: int
    lesions: int
    predictions: int
    found: int
    false_positives: int
    split: int
    merged: int
    figures: tuple[Figure, ...]
    strata: tuple[Figure, ...]
    curve: FrocCurve | None


@dataclass(frozen=True, slots=True, eq=False)
class _Stratum:
    """Lesions that have something in common."""

    by: str
    name: str
    lesions: Truths


def detection_figures(
    cases: Sequence[LesionCase], matching: Matching, bootstrap: Bootstrap
) -> DetectionFigures:
    """Figures of all cases under one matching."""
    all_of = gather_detections(cases, matching)
    everything = _Stratum("", "", np.ones(len(all_of.strata), bool))
    strata = _strata(all_of)
    curves = _curve_figures(all_of, [everything, *strata], bootstrap)
    return DetectionFigures(
        matching=matching,
        cases=int(all_of.cases.sum()),
        lesion_free_cases=int(all_of.free_cases.sum()),
        lesions=len(all_of.strata),
        predictions=len(all_of.scores),
        found=int(all_of.found.sum()),
        false_positives=int(all_of.false.sum()),
        split=int(all_of.split.sum()),
        merged=int(all_of.merged.sum()),
        figures=(*_at_own_threshold(all_of, bootstrap), *curves[0]),
        strata=tuple(
            replace(figure, by=stratum.by, stratum=stratum.name)
            for stratum, of_curve in zip(strata, curves[1:], strict=True)
            for figure in (_sensitivity(all_of, stratum.lesions, bootstrap), *of_curve)
        ),
        curve=froc_curve(all_of) if all_of.scored else None,
    )


def froc_band(
    cases: Sequence[LesionCase], matching: Matching, rates: Sequence[float], bootstrap: Bootstrap
) -> tuple[Figure, ...]:
    """Sensitivity with its interval at each of many rates of false positives per case, for a plot."""
    all_of = gather_detections(cases, matching)
    group = np.ones(len(all_of.strata), bool)
    quantities = [at_rate(rate, len(group)) for rate in rates]
    statistic = sensitivity_statistic(all_of, [group], rates)
    return bootstrap.estimate(quantities, statistic, len(all_of.names), _width(all_of))


def _at_own_threshold(all_of: Detections, bootstrap: Bootstrap) -> tuple[Figure, ...]:
    """Figures of the predictions as they stand."""
    predictions, false = all_of.predictions, all_of.false_alarms.sums(np.ones(int(all_of.false.sum())))
    made = predictions.sums(np.ones(len(all_of.false)))
    in_free = predictions.sums(all_of.false & all_of.in_free_case)
    lesions = all_of.lesions.sums(np.ones(len(all_of.strata)))
    return (
        _sensitivity(all_of, np.ones(len(all_of.strata), bool), bootstrap),
        ratio(Quantity("false positives per case", undefined="no cases"), false, all_of.cases, bootstrap),
        ratio(
            Quantity("false positives per lesion-free case", undefined="no lesion-free cases"),
            in_free,
            all_of.free_cases,
            bootstrap,
        ),
        proportion(
            Quantity("positive predictive value", undefined=_NO_PREDICTIONS), made - false, made, bootstrap
        ),
        _f1(all_of, lesions, false, bootstrap),
        proportion(
            Quantity("lesions split", undefined=NO_LESIONS),
            all_of.lesions.sums(all_of.split),
            lesions,
            bootstrap,
        ),
        proportion(
            Quantity("predictions merged", undefined=_NO_PREDICTIONS),
            predictions.sums(all_of.merged),
            made,
            bootstrap,
        ),
    )


def _sensitivity(all_of: Detections, lesions: Truths, bootstrap: Bootstrap) -> Figure:
    hits, of = all_of.lesions.sums(all_of.found & lesions), all_of.lesions.sums(lesions)
    return proportion(Quantity("sensitivity", undefined=NO_LESIONS), hits, of, bootstrap)


def _f1(all_of: Detections, lesions: Numbers, false: Numbers, bootstrap: Bootstrap) -> Figure:
    """Twice the lesions found, over these twice with false positives and missed lesions."""
    found = all_of.lesions.sums(all_of.found)
    quantity = Quantity("F1", undefined="no lesions and no predictions")
    figure = ratio(quantity, 2 * found, found + false + lesions, bootstrap)
    return replace(figure, n=int(lesions.sum()))


def _curve_figures(
    all_of: Detections, strata: Sequence[_Stratum], bootstrap: Bootstrap
) -> list[tuple[Figure, ...]]:
    """Sensitivity at each rate, and average precision, of each stratum."""
    groups = [each.lesions for each in strata]
    counts = [int(group.sum()) for group in groups]
    at_rates = [at_rate(rate, count) for count in counts for rate in RATES]
    precisions = [Quantity("average precision", n=count, undefined=NO_LESIONS) for count in counts]
    if not all_of.scored:
        return [
            tuple(
                Figure(each.name, None, n=count, patients=len(all_of.names), reason=_NO_SCORES)
                for each in (*at_rates[: len(RATES)], precisions[0])
            )
            for count in counts
        ]
    patients, width = len(all_of.names), _width(all_of)
    sensitivities = bootstrap.estimate(
        at_rates, sensitivity_statistic(all_of, groups, RATES), patients, width
    )
    averages = bootstrap.estimate(precisions, precision_statistic(all_of, groups), patients, width)
    return [
        (*sensitivities[index * len(RATES) : (index + 1) * len(RATES)], average)
        for index, average in enumerate(averages)
    ]


def at_rate(rate: float, lesions: int) -> Quantity:
    """Sensitivity at a rate of false positives per case."""
    return Quantity(f"sensitivity at {rate:g} false positives per case", n=lesions, undefined=NO_LESIONS)


def _width(all_of: Detections) -> int:
    return len(all_of.strata) + len(all_of.scores)


def _strata(all_of: Detections) -> list[_Stratum]:
    """Every value of everything that is known of lesions, in the order of first occurrence."""
    named = dict.fromkeys((by, name) for each in all_of.strata for by, name in each.items())
    return [
        _Stratum(by, name, np.array([each.get(by) == name for each in all_of.strata], bool))
        for by, name in sorted(named, key=lambda each: each[0])
    ]
