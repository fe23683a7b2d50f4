import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torchmetrics.functional.classification import multiclass_cohen_kappa, multiclass_recall

from evaluation.published_tables import AT_LEAST_1C, DIAGNOSES, PREGNANCIES, PREVALENT, SIX_GRADES
from spinemets.evaluation.agreement import (
    Weighting,
    agreement_weights,
    balanced_accuracy,
    gwet,
    kappa,
    observed_agreement,
    recalls,
)

tables = st.integers(2, 6).flatmap(lambda k: hnp.arrays(np.float64, (k, k), elements=st.integers(0, 30)))


def agreement(measure, table, weighting=Weighting.PLAIN):
    table = np.asarray(table, np.float64)
    return float(measure(table, agreement_weights(len(table), weighting)))


def as_ratings(table):
    """True and found category of every case of a table."""
    true, found = np.indices(table.shape).reshape(2, -1)
    counts = table.astype(int).ravel()
    return torch.as_tensor(np.repeat(true, counts)), torch.as_tensor(np.repeat(found, counts))


def test_the_published_cut_at_1c_gives_its_figures():
    """Sensitivity, specificity, PPV and both coefficients of the anchor come out of one table."""
    (tn, fp), (fn, tp) = AT_LEAST_1C
    assert AT_LEAST_1C.sum() == 1066
    assert (tp / (tp + fn), tn / (tn + fp), tp / (tp + fp)) == pytest.approx((0.976, 0.936, 0.566), abs=5e-4)
    assert agreement(kappa, AT_LEAST_1C) == pytest.approx(0.685, abs=5e-4)
    assert agreement(gwet, AT_LEAST_1C) == pytest.approx(0.925, abs=5e-4)


def test_no_other_table_of_whole_numbers_has_the_published_figures():
    positives = np.arange(1, 1066)[:, None]
    found = np.arange(1, 1066)[None, :]
    sensitive = np.round(found / positives, 3) == 0.976
    tables_that_fit = []
    for n, tp in zip(*np.where(sensitive & (found <= positives)), strict=True):
        n, tp = n + 1, tp + 1
        fp = np.arange(1066 - n + 1)
        fits = (np.round(1 - fp / (1066 - n), 3) == 0.936) & (np.round(tp / (tp + fp), 3) == 0.566)
        tables_that_fit += [(1066 - n - each, each, n - tp, tp) for each in fp[fits]]
    assert tables_that_fit == [tuple(AT_LEAST_1C.ravel())]


def test_the_cut_has_as_many_slices_of_1c_and_above_as_the_six_grades():
    assert SIX_GRADES.sum() == 1066
    assert SIX_GRADES[3:].sum() == AT_LEAST_1C[1].sum() == 84


@pytest.mark.parametrize(
    ("weighting", "cohen", "gwets"),
    [  # scikit-learn 1.9.1, irrCAC 0.4.4
        (Weighting.PLAIN, 0.4005482160283843, 0.77512),
        (Weighting.LINEAR, 0.6482156283107208, 0.92211),
        (Weighting.QUADRATIC, 0.8081415556447233, 0.97111),
    ],
)
def test_the_table_of_six_grades_gives_what_other_software_gives(weighting, cohen, gwets):
    assert agreement(kappa, SIX_GRADES, weighting) == pytest.approx(cohen, abs=1e-12)
    assert agreement(gwet, SIX_GRADES, weighting) == pytest.approx(gwets, abs=5e-6)


def test_accuracy_of_six_grades_lies_within_what_was_published():
    assert agreement(observed_agreement, SIX_GRADES) == pytest.approx(0.791, abs=5e-4)
    assert balanced_accuracy(SIX_GRADES.astype(float)) == pytest.approx(0.515921278004393)


@pytest.mark.parametrize(
    ("table", "cohen", "ac1"),
    [(DIAGNOSES, 0.676, 0.868), (PREGNANCIES, 0.796, 0.849), (PREVALENT, -0.023, 0.941)],
)
def test_textbook_tables_give_their_coefficients(table, cohen, ac1):
    assert agreement(kappa, table) == pytest.approx(cohen, abs=5e-4)
    assert agreement(gwet, table) == pytest.approx(ac1, abs=5e-4)


def test_kappa_takes_any_weights():
    """The table of Fleiss, Cohen and Everitt 1969 (Psychol Bull 72:323), worked by hand."""
    table = 100 * np.array([[0.53, 0.05, 0.02], [0.11, 0.14, 0.05], [0.01, 0.06, 0.03]])
    weights = np.array([[1, 0, 4 / 9], [0, 1, 2 / 3], [4 / 9, 2 / 3, 1]])
    assert kappa(table, np.eye(3)) == pytest.approx(0.429, abs=5e-4)
    assert kappa(table, weights) == pytest.approx(0.507, abs=5e-4)


# An empty table is too much for torchmetrics.
@given(tables.filter(np.any), st.sampled_from(Weighting))
def test_kappa_and_recall_are_those_of_torchmetrics(table, weighting):
    true, found = as_ratings(table)
    ours = agreement(kappa, table, weighting)
    if np.isfinite(ours):
        named = None if weighting is Weighting.PLAIN else weighting.value
        theirs = multiclass_cohen_kappa(found, true, len(table), weights=named)
        assert ours == pytest.approx(float(theirs), abs=1e-5)
    theirs = multiclass_recall(found, true, len(table), average=None).numpy()
    assert np.nan_to_num(recalls(table)) == pytest.approx(theirs, abs=1e-6)


@given(tables, st.sampled_from(Weighting))
def test_agreement_is_at_most_perfect_and_never_infinite(table, weighting):
    for measure in (kappa, gwet, observed_agreement):
        value = agreement(measure, table, weighting)
        assert np.isnan(value) or -20 <= value <= 1 + 1e-9


@given(tables)
def test_many_tables_at_once_give_what_each_gives(table):
    weights = agreement_weights(len(table), Weighting.QUADRATIC)
    stacked = np.stack([table, table.T, np.zeros_like(table)])
    for measure in (kappa, gwet, observed_agreement):
        one = float(measure(table, weights))
        assert measure(stacked, weights) == pytest.approx([one, one, np.nan], nan_ok=True)


def test_perfect_agreement_is_one_whatever_the_weights():
    for weighting in Weighting:
        assert agreement(kappa, np.diag([3, 1, 2]), weighting) == 1
        assert agreement(gwet, np.diag([3, 1, 2]), weighting) == 1


def test_one_category_throughout_has_no_kappa_and_full_ac1():
    table = np.diag([7, 0, 0])
    assert np.isnan(agreement(kappa, table))
    assert agreement(gwet, table) == 1


def test_an_empty_table_has_no_agreement():
    table = np.zeros((3, 3))
    assert all(np.isnan(agreement(measure, table)) for measure in (kappa, gwet, observed_agreement))
    assert np.isnan(balanced_accuracy(table))
