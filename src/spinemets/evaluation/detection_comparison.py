"""Detection by two sets of predictions of the same cases, compared by patient."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spinemets.errors import InputError
from spinemets.evaluation.detection_figures import NO_LESIONS, at_rate
from spinemets.evaluation.detections import gather_detections
from spinemets.evaluation.froc import RATES, precision_statistic, sensitivity_statistic
from spinemets.evaluation.lesion_cases import LesionCase
from spinemets.evaluation.lesion_matching import Matching
from spinemets.evaluation.permutation import Comparison, compare
from spinemets.evaluation.resampling import Bootstrap, Numbers, Quantity


def compare_detection(
    first: Sequence[LesionCase], second: Sequence[LesionCase], matching: Matching, bootstrap: Bootstrap
) -> tuple[Comparison, ...]:
    """Sensitivity at each rate of false positives, and average precision, of first less second.

    Raises:
        InputError: If the two are not of the same patients, or predictions carry no scores.
    """
    if {each.patient for each in first} != {each.patient for each in second}:
        raise InputError(
            "the two sets of predictions are of different patients",
            remedy="compare predictions of the same patients",
        )
    # Names sort all of the first before the second's, in the same order of patients.
    both = gather_detections([*_renamed("1", first), *_renamed("2", second)], matching)
    if not both.scored:
        raise InputError("predictions carry no scores", remedy="compare those that have some, as of networks")
    everything = [np.ones(len(both.strata), bool)]
    at_rates = sensitivity_statistic(both, everything, RATES)
    precision = precision_statistic(both, everything)

    def statistic(weights: Numbers) -> Numbers:
        return np.hstack([at_rates(weights), precision(weights)])

    lesions = sum(len(each.lesions) for each in first)
    quantities = [at_rate(rate, lesions) for rate in RATES]
    quantities.append(Quantity("average precision", n=lesions, undefined=NO_LESIONS))
    width = len(both.strata) + len(both.scores)
    return compare(quantities, statistic, len(both.names) // 2, bootstrap, width)


def _renamed(prefix: str, cases: Sequence[LesionCase]) -> list[LesionCase]:
    return [replace(each, patient=f"{prefix} {each.patient}") for each in cases]
