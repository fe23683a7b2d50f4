"""Yes or no against yes or no: against torchmetrics and scipy, and tables of one class."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torchmetrics.functional import auroc
from torchmetrics.functional.classification import binary_specificity, binary_stat_scores

from spinemets.evaluation.binary import BinaryRows, binary_figures
from spinemets.evaluation.resampling import Bootstrap, Patients
from spinemets.evaluation.thresholds import auc_statistic

BOOTSTRAP = Bootstrap(resamples=200, seed=3)


def _rows(seed, n=200, patients=40, decimals=1):
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.3
    score = np.round(rng.normal(size=n) + truth, decimals)
    return BinaryRows(rng.integers(patients, size=n).astype(str), truth, score > 0.5, score)


def _values(rows, bootstrap=BOOTSTRAP):
    return {figure.name: figure.value for figure in binary_figures(rows, bootstrap)}


def test_figures_are_those_of_torchmetrics():
    rows = _rows(0)
    values = _values(rows)
    predicted, truth = torch.tensor(rows.predicted), torch.tensor(rows.truth)
    tp, fp, tn, fn, _ = binary_stat_scores(predicted.int(), truth.int()).tolist()
    assert values["sensitivity"] == pytest.approx(tp / (tp + fn))
    assert values["specificity"] == pytest.approx(float(binary_specificity(predicted.int(), truth.int())))
    assert values["positive predictive value"] == pytest.approx(tp / (tp + fp))
    assert values["negative predictive value"] == pytest.approx(tn / (tn + fn))
    assert values["accuracy"] == pytest.approx((tp + tn) / 200)


def test_auc_with_ties_is_that_of_torchmetrics_and_of_the_rank_test():
    rows = _rows(1)
    value = _values(rows)["AUC"]
    scaled = torch.tensor(rows.score).sigmoid()
    assert value == pytest.approx(
        float(auroc(scaled, torch.tensor(rows.truth).int(), task="binary")), abs=1e-6
    )
    pairs = stats.mannwhitneyu(rows.score[rows.truth], rows.score[~rows.truth]).statistic
    assert value == pytest.approx(pairs / (rows.truth.sum() * (~rows.truth).sum()))


def test_a_patient_drawn_twice_counts_twice_in_auc():
    rows = _rows(2, n=30, patients=5)
    patients = Patients.of(rows.patient_of_row)
    drawn = np.array([[2.0, 0, 1, 1, 1]])
    again = np.repeat(np.arange(30), patients.rows_drawn(drawn)[0].astype(int))
    weighted = auc_statistic(rows.truth, rows.score, patients)(drawn)[0]
    repeated = BinaryRows(
        np.arange(len(again)).astype(str), *(each[again] for each in (rows.truth, rows.predicted, rows.score))
    )
    assert weighted == pytest.approx(_values(repeated)["AUC"])


def test_one_class_leaves_figures_undefined_with_a_reason():
    rows = BinaryRows(["a", "b"], np.array([False, False]), np.array([False, True]), np.array([0.1, 0.9]))
    reasons = {
        figure.name: figure.reason for figure in binary_figures(rows, BOOTSTRAP) if figure.value is None
    }
    assert reasons == {
        "sensitivity": "no positive in the reference",
        "AUC": "one class only in the reference",
    }


def test_without_scores_there_is_no_auc():
    rows = BinaryRows(["a"], np.array([True]), np.array([True]))
    assert "AUC" not in _values(rows)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.booleans(), st.integers(0, 2)), max_size=8)
)
def test_no_table_breaks_it(table):
    names = [row[0] for row in table]
    columns = np.array([row[1:] for row in table], dtype=float).reshape(-1, 3)
    rows = BinaryRows(names, columns[:, 0] > 0, columns[:, 1] > 0, columns[:, 2])
    for figure in binary_figures(rows, Bootstrap(30, 0)):
        assert figure.value is None or 0 <= figure.value <= 1
