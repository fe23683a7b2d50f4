"""Figures that are a sum over a sum: proportions, means, rates."""

from dataclasses import replace

import numpy as np
from scipy import stats

from spinemets.evaluation.figure import Figure
from spinemets.evaluation.resampling import Bootstrap, Numbers, Quantity, divided


def ratio(quantity: Quantity, numerator: Numbers, denominator: Numbers, bootstrap: Bootstrap) -> Figure:
    """Sum over sum, such as a mean: sum of the values of each patient, over how many each has.

    Patients with nothing in the denominator are left out of the draws, since they say nothing.

    Args:
        quantity: What the ratio is; its ``n`` is replaced by the sum of the denominator.
        numerator, denominator: (patient,).
        bootstrap: Draws the patients.
    """
    counted = denominator > 0
    above, below = numerator[counted], denominator[counted]
    known = replace(quantity, n=round(float(below.sum())))
    return bootstrap.estimate([known], lambda drawn: divided(drawn @ above, drawn @ below), len(below))[0]


def proportion(quantity: Quantity, hits: Numbers, of: Numbers, bootstrap: Bootstrap) -> Figure:
    """A share, with Wilson's interval where no patient counts twice, and the bootstrap's otherwise.

    Where all or none hit, every resample is the same and says nothing of the spread: Wilson's interval
    then has the effective number of patients (Kish 1965), as if all that is counted of a patient were one
    event: the widest that clustering can make it.

    Args:
        quantity: What the share is; its ``n`` is replaced by the sum of ``of``.
        hits, of: Whole numbers (patient,).
        bootstrap: Draws the patients.
    """
    figure = ratio(quantity, hits, of, bootstrap)
    patients = int(np.count_nonzero(of))
    if figure.value is None:
        return figure
    if of.max() <= 1:
        return _with_wilson(figure, int(hits.sum()), patients, "Wilson")
    if figure.value in (0.0, 1.0):
        effective = int(of.sum() ** 2 / (of**2).sum())
        return _with_wilson(figure, effective * int(figure.value), effective, "Wilson, effective patients")
    return figure


def wilson(hits: int, n: int, level: float) -> tuple[float, float]:
    """Wilson's interval of a proportion (Wilson 1927), without correction for continuity."""
    interval = stats.binomtest(hits, n).proportion_ci(level, method="wilson")
    return float(interval.low), float(interval.high)


def _with_wilson(figure: Figure, hits: int, n: int, method: str) -> Figure:
    low, high = wilson(hits, n, figure.level)
    return replace(figure, low=low, high=high, method=method, reason="", undefined_resamples=0)
