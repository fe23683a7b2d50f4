"""Decision curves: what acting on a forecast gains over treating all or none."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spinemets.evaluation.calibration import Forecasts
from spinemets.evaluation.figure import Figure
from spinemets.evaluation.resampling import Bootstrap, Numbers, Patients, Quantity, divided


@dataclass(frozen=True, slots=True)
class NetBenefit:
    """What is gained at one threshold, in true positives for each row; treating none gains 0.

    Args:
        threshold: Probability from which one would act: a false positive is worth threshold / (1 - threshold)
            of a true one.
        acted_on: Of acting on the forecast.
        treat_all: Of acting on everybody.
        gain: Acting on the forecast less the better of treating all and none.
    """

    threshold: float
    acted_on: Figure
    treat_all: Figure
    gain: Figure


def decision_curve(
    forecasts: Forecasts, thresholds: Sequence[float], bootstrap: Bootstrap
) -> tuple[NetBenefit, ...]:
    """Net benefit TP / n - FP / n x t / (1 - t) at each threshold t.

    Vickers and Elkin 2006 (Med Decis Making 26:565); one acts where the probability is t or more.

    Raises:
        ValueError: If a threshold is not between 0 and 1.
    """
    if not all(0 < each < 1 for each in thresholds):
        raise ValueError(f"thresholds must lie between 0 and 1, got {list(thresholds)}")
    patients, truth = Patients.of(forecasts.patient_of_row), forecasts.truth
    acts = forecasts.probability[:, None] >= np.asarray(thresholds)
    counts = patients.sums(np.column_stack([np.ones(len(truth)), truth, acts & truth[:, None], acts]))
    odds = np.asarray(thresholds) / (1 - np.asarray(thresholds))

    def statistic(drawn: Numbers) -> Numbers:
        sums = drawn @ counts
        rows, true = sums[:, :1], sums[:, 1:2]
        hits, acted = np.split(sums[:, 2:], 2, axis=1)
        benefit = divided(hits - (acted - hits) * odds, rows)
        everybody = divided(true - (rows - true) * odds, rows)
        gain = benefit - np.maximum(everybody, 0)
        return np.stack([benefit, everybody, gain], axis=1).reshape(len(drawn), -1)

    figures = bootstrap.estimate(
        [_quantity(name, forecasts) for name in _NAMES for _ in thresholds],
        statistic,
        patients.count,
        width=3 * len(thresholds),
    )
    columns = np.array(figures, dtype=object).reshape(len(_NAMES), -1).T
    return tuple(NetBenefit(each, *row) for each, row in zip(thresholds, columns, strict=True))


_NAMES = ("net benefit", "net benefit of treating all", "gain over treating all or none")


def _quantity(name: str, forecasts: Forecasts) -> Quantity:
    return Quantity(name, n=len(forecasts.truth), undefined="no probabilities are given")
