"""Totals that two raters give the same things: ICC(2,1), mean errors and limits of agreement."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spinemets.evaluation.figure import Figure
from spinemets.evaluation.resampling import Bootstrap, Numbers, Patients, Quantity, divided

# Differences of a normal distribution lie within so many standard deviations in 95 of 100 cases.
_LIMIT = 1.96
# What rounding leaves of a spread of 0.
_NO_SPREAD = 1e-9


def total_figures(
    patient_of_row: Sequence[str], true: npt.ArrayLike, found: npt.ArrayLike, bootstrap: Bootstrap
) -> tuple[Figure, ...]:
    """ICC(2,1), mean error (found less true), mean absolute error, and Bland-Altman's limits of agreement.

    Limits are the mean error ± 1.96 standard deviations (Bland and Altman 1986, Lancet 1:307).

    Args:
        patient_of_row: Whose each row is.
        true, found: (row,).
    """
    ratings = np.stack([np.asarray(true, np.float64), np.asarray(found, np.float64)], axis=1)
    error = ratings[:, 1] - ratings[:, 0]
    patients = Patients.of(patient_of_row)
    sums = patients.sums(rating_sums(ratings))
    errors = patients.sums(np.stack([np.ones_like(error), error, np.abs(error), error**2], axis=1))

    def statistic(drawn: Numbers) -> Numbers:
        rows, total, absolute, squares = (drawn @ errors).T
        mean = divided(total, rows)
        variance = divided(squares - rows * mean**2, np.maximum(rows - 1, 0))
        half = _LIMIT * np.sqrt(np.maximum(variance, 0))
        columns = [icc_agreement(drawn @ sums), mean, divided(absolute, rows), mean - half, mean + half]
        return np.stack(columns, axis=1)

    n = len(error)
    quantities = (
        Quantity("ICC(2,1)", n=n, undefined="fewer than two totals, or all of them the same"),
        Quantity("mean error", n=n, undefined="no totals"),
        Quantity("mean absolute error", n=n, undefined="no totals"),
        Quantity("lower limit of agreement", n=n, undefined="fewer than two totals"),
        Quantity("upper limit of agreement", n=n, undefined="fewer than two totals"),
    )
    return bootstrap.estimate(quantities, statistic, patients.count)


def rating_sums(ratings: Numbers) -> Numbers:
    """What ``icc_agreement`` needs of each row: 1, every rating, squared sum, sum of squares.

    Args:
        ratings: (row, rater).

    Returns:
        (row, rater + 3), to be added up over rows. Ratings are taken from their overall mean, which changes
        no ICC and spares digits.
    """
    ratings = ratings - (ratings.mean() if ratings.size else 0)
    ends = [ratings.sum(axis=1) ** 2, (ratings**2).sum(axis=1)]
    return np.column_stack([np.ones(len(ratings)), ratings, *ends])


def icc_agreement(sums: Numbers) -> Numbers:
    """ICC(2,1): two-way random effects, single rating, absolute agreement.

    Shrout and Fleiss 1979 (Psychol Bull 86:420), ICC(A,1) of McGraw and Wong 1996 (Psychol Methods 1:30).
    With mean squares R of n rows, C of k raters and E of the rest, (R - E) / (R + (k - 1) E + k (C - E) / n).

    Args:
        sums: Of ``rating_sums`` over rows (..., rater + 3).

    Returns:
        (...,); NaN for fewer than two rows, or where all ratings are the same.
    """
    rows, of_rater, squared, squares = sums[..., 0], sums[..., 1:-2], sums[..., -2], sums[..., -1]
    raters = of_rater.shape[-1]
    common = divided(of_rater.sum(axis=-1) ** 2, rows * raters)
    between_rows = squared / raters - common
    between_raters = divided((of_rater**2).sum(axis=-1), rows) - common
    error = squares - common - between_rows - between_raters
    freedom = np.maximum(rows - 1, 0)
    row_square, error_square = divided(between_rows, freedom), divided(error, freedom * (raters - 1))
    rater_square = between_raters / (raters - 1)
    spread = row_square + (raters - 1) * error_square + divided(raters * (rater_square - error_square), rows)
    return divided(row_square - error_square, np.where(spread > _NO_SPREAD, spread, 0))
