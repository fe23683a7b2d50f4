"""What each patient has at or above every threshold of a score, and the areas under such curves."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from spinemets.evaluation.resampling import Numbers, Patients, Statistic, divided


@dataclass(frozen=True, slots=True)
class ScoredRows:
    """Rows by their score.

    Args:
        patients: Whose they are.
        scores: Every score that occurs, from the highest (threshold,).
        place: Index of each row's score (row,).
    """

    patients: Patients
    scores: Numbers
    place: npt.NDArray[np.intp]

    @classmethod
    def of(cls, patients: Patients, score: npt.ArrayLike) -> "ScoredRows":
        """Sort rows by their score (row,)."""
        scores, place = np.unique(-np.asarray(score, dtype=np.float64), return_inverse=True)
        return cls(patients, -scores, place.astype(np.intp))

    def counts(self, rows: npt.NDArray[np.bool_]) -> Statistic:
        """How many of some rows (row,) are drawn at each score (resample, threshold)."""
        where = (self.place[rows], self.patients.row[rows])
        shape = (len(self.scores), self.patients.count)
        table = sparse.csr_array((np.ones(len(where[0])), where), shape=shape)
        return lambda weights: np.asarray(table @ weights.T).T


def auc_statistic(truth: npt.NDArray[np.bool_], score: npt.ArrayLike, patients: Patients) -> Statistic:
    """Area under the ROC curve: the chance that a true row scores above a false one, ties half.

    Args:
        truth, score: (row,).
        patients: Whose the rows are.
    """
    rows = ScoredRows.of(patients, score)
    true, false = rows.counts(truth), rows.counts(~truth)

    def area(weights: Numbers) -> Numbers:
        at_true, at_false = true(weights), false(weights)
        above = np.cumsum(at_true, axis=1) - at_true / 2
        pairs = at_true.sum(axis=1) * at_false.sum(axis=1)
        return divided((at_false * above).sum(axis=1), pairs)

    return area
