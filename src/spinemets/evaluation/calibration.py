"""Whether what was forecast at some probability came true as often: curve, slope, intercept, Brier, ECE."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.evaluation.figure import Figure
from spinemets.evaluation.logistic import fit_offsets, fit_slopes, log_odds
from spinemets.evaluation.ratios import proportion
from spinemets.evaluation.resampling import Bootstrap, Numbers, Patients, Quantity, Statistic, divided

# Edges of the bins of the expected calibration error.
TENTHS = np.linspace(0, 1, 11)


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Probabilities of something, and whether it was so.

    Args:
        patient_of_row: Whose each row is.
        probability: (row,) 0 to 1.
        truth: (row,).
    """

    patient_of_row: Sequence[str]
    probability: Numbers
    truth: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A bin of the calibration curve.

    Args:
        forecast: Mean probability of its rows.
        observed: Share of them that came true.
    """

    forecast: float
    observed: Figure


def calibration_figures(forecasts: Forecasts, bootstrap: Bootstrap) -> tuple[Figure, ...]:
    """Brier score, expected calibration error, and slope and intercept of logistic recalibration."""
    return (
        *_brier(forecasts, bootstrap),
        _error(forecasts, bootstrap),
        *_recalibration(forecasts, bootstrap),
    )


def calibration_curve(forecasts: Forecasts, bootstrap: Bootstrap, bins: int = 10) -> tuple[CurvePoint, ...]:
    """Observed share against forecast, in bins of about as many rows each, without those that stay empty."""
    if not len(forecasts.truth):
        return ()
    edges = np.quantile(forecasts.probability, np.linspace(0, 1, bins + 1))
    place = _bin_of(forecasts.probability, np.unique(edges))
    patients = Patients.of(forecasts.patient_of_row)
    points = []
    for each in np.unique(place):
        rows = place == each
        quantity = Quantity("observed share")
        observed = proportion(quantity, patients.sums(rows & forecasts.truth), patients.sums(rows), bootstrap)
        points.append(CurvePoint(float(forecasts.probability[rows].mean()), observed))
    return tuple(points)


def expected_calibration_errors(sums: Numbers) -> Numbers:
    """Mean gap between forecast and observed share of the bins, weighted by their rows.

    Naeini et al. 2015 (AAAI 29:2901). It is above 0 by chance alone, the more so the fewer rows there are.

    Args:
        sums: (..., bin, 3) rows, sum of probabilities, rows that came true.

    Returns:
        (...,); NaN where there are no rows.
    """
    gaps = np.abs(sums[..., 1] - sums[..., 2]).sum(axis=-1)
    return divided(gaps, sums[..., 0].sum(axis=-1))


def _brier(forecasts: Forecasts, bootstrap: Bootstrap) -> tuple[Figure, ...]:
    """Brier score (1950, Mon Weather Rev 78:1), and the share it saves of that of the mere prevalence."""
    patients, truth = Patients.of(forecasts.patient_of_row), forecasts.truth
    squares = (forecasts.probability - truth) ** 2
    sums = patients.sums(np.stack([np.ones_like(squares), squares, truth], axis=1))

    def statistic(drawn: Numbers) -> Numbers:
        rows, square, true = (drawn @ sums).T
        score, prevalence = divided(square, rows), divided(true, rows)
        saved = 1 - divided(score, prevalence * (1 - prevalence))
        return np.stack([score, saved], axis=1)

    n = len(truth)
    quantities = (
        Quantity("Brier score", n=n, undefined="no probabilities are given"),
        Quantity("scaled Brier score", n=n, undefined=_why_not(forecasts)),
    )
    return bootstrap.estimate(quantities, statistic, patients.count)


def error_statistic(forecasts: Forecasts, patients: Patients) -> Statistic:
    """Expected calibration error over ten bins of equal width.

    Args:
        forecasts: Rows.
        patients: Whose they are.
    """
    bins = len(TENTHS) - 1
    inside = _bin_of(forecasts.probability, TENTHS)[:, None] == np.arange(bins)
    columns = [inside, inside * forecasts.probability[:, None], inside * forecasts.truth[:, None]]
    sums = patients.sums(np.stack(columns, axis=2).reshape(-1, bins * 3))

    def error(drawn: Numbers) -> Numbers:
        return expected_calibration_errors((drawn @ sums).reshape(-1, bins, 3))

    return error


def _error(forecasts: Forecasts, bootstrap: Bootstrap) -> Figure:
    patients, n = Patients.of(forecasts.patient_of_row), len(forecasts.truth)
    quantity = Quantity("expected calibration error", n=n, undefined="no probabilities are given")
    statistic = error_statistic(forecasts, patients)
    return bootstrap.estimate([quantity], statistic, patients.count, width=3 * len(TENTHS))[0]


def _recalibration(forecasts: Forecasts, bootstrap: Bootstrap) -> tuple[Figure, ...]:
    """Slope of the true log odds over the forecast ones, and their mean offset at slope 1.

    Cox 1958 (Biometrika 45:562); Van Calster et al. 2019 (BMC Med 17:230): a slope below 1 is over-confident,
    an intercept below 0 forecasts too much.
    """
    patients = Patients.of(forecasts.patient_of_row)
    odds, truth = log_odds(forecasts.probability), forecasts.truth

    def statistic(drawn: Numbers) -> Numbers:
        rows = patients.rows_drawn(drawn)
        return np.stack([fit_slopes(odds, truth, rows), fit_offsets(odds, truth, rows)], axis=1)

    n, why = len(truth), _why_not(forecasts)
    quantities = (
        Quantity("calibration slope", n=n, undefined=why),
        Quantity("calibration intercept", n=n, undefined=why),
    )
    return bootstrap.estimate(quantities, statistic, patients.count, width=4 * n)


def _why_not(forecasts: Forecasts) -> str:
    if not len(forecasts.truth):
        return "no probabilities are given"
    if forecasts.truth.all() or not forecasts.truth.any():
        return "one class only in the reference"
    return "the forecasts are all the same, or part the classes without overlap"


def _bin_of(probability: Numbers, edges: Numbers) -> npt.NDArray[np.intp]:
    """Bins are open above, except for the last."""
    return np.digitize(probability, edges[1:-1])
