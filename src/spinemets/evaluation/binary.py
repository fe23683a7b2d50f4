"""Yes or no against yes or no: sensitivity, specificity, predictive values and AUC with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.evaluation.figure import Figure
from spinemets.evaluation.ratios import proportion
from spinemets.evaluation.resampling import Bootstrap, Patients, Quantity
from spinemets.evaluation.thresholds import auc_statistic

Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BinaryRows:
    """Things that are so or not, such as vertebrae with a lesion.

    Args:
        patient_of_row: Whose each is.
        truth: Of the reference (row,).
        predicted: Of the prediction at its own threshold (row,).
        score: What the threshold was put on (row,); None where predictions carry no score.
    """

    patient_of_row: Sequence[str]
    truth: Truths
    predicted: Truths
    score: npt.NDArray[np.floating] | None = None


def binary_figures(rows: BinaryRows, bootstrap: Bootstrap) -> tuple[Figure, ...]:
    """Sensitivity, specificity, positive and negative predictive value, accuracy, and AUC.

    A figure with nothing to count has no value and says so; AUC is there where there are scores.
    """
    patients = Patients.of(rows.patient_of_row)
    truth, predicted = rows.truth, rows.predicted
    shares = (
        ("sensitivity", truth & predicted, truth, "no positive in the reference"),
        ("specificity", ~truth & ~predicted, ~truth, "no negative in the reference"),
        ("positive predictive value", truth & predicted, predicted, "nothing predicted positive"),
        ("negative predictive value", ~truth & ~predicted, ~predicted, "nothing predicted negative"),
        ("accuracy", truth == predicted, np.ones_like(truth), "nothing to count"),
    )
    figures = [
        proportion(Quantity(name, undefined=why), patients.sums(hits), patients.sums(of), bootstrap)
        for name, hits, of, why in shares
    ]
    return (*figures, *([] if rows.score is None else [_auc(rows, patients, bootstrap)]))


def _auc(rows: BinaryRows, patients: Patients, bootstrap: Bootstrap) -> Figure:
    quantity = Quantity("AUC", n=len(rows.truth), undefined="one class only in the reference")
    statistic = auc_statistic(rows.truth, np.asarray(rows.score), patients)
    return bootstrap.estimate([quantity], statistic, patients.count, width=len(rows.truth))[0]
