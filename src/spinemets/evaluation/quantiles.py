"""Medians of rows under resampling of patients."""

import numpy as np
import numpy.typing as npt

from spinemets.evaluation.resampling import Numbers, Patients, Statistic


def median_statistic(values: npt.NDArray[np.floating], patients: Patients) -> Statistic:
    """Median of rows, the mean of the two middle ones where they are even; NaN where none is drawn.

    Args:
        values: (row,).
        patients: Whose the rows are.
    """
    order = np.argsort(values, kind="stable")
    ordered, row = values[order].astype(np.float64), patients.row[order]

    def median(weights: Numbers) -> Numbers:
        reached = np.cumsum(weights[:, row], axis=1)
        if not reached.shape[1]:
            return np.full(len(weights), np.nan)
        half = reached[:, -1:] / 2
        lower = np.argmax(reached >= half, axis=1)
        upper = np.argmax(reached > half, axis=1)
        middle = (ordered[lower] + ordered[upper]) / 2
        return np.where(reached[:, -1] > 0, middle, np.nan)

    return median
