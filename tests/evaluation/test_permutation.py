"""Paired permutation by patient: against scipy, exact for few patients, and no difference."""

import numpy as np
import pytest
from scipy import stats

from spinemets.errors import InputError
from spinemets.evaluation.permutation import compare, paired_patients
from spinemets.evaluation.resampling import Bootstrap, Quantity, divided
from spinemets.evaluation.thresholds import auc_statistic

BOOTSTRAP = Bootstrap(resamples=4_000, seed=3)
MEAN = [Quantity("Dice")]


def _mean(first, second):
    values = np.concatenate([first, second])
    return lambda weights: divided(weights @ values, weights.sum(axis=1))


def _scipy_p(first, second, resamples=np.inf):
    return stats.permutation_test(
        (first, second),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        permutation_type="samples",
        n_resamples=resamples,
        rng=np.random.default_rng(1),
    ).pvalue


def test_few_patients_are_permuted_exactly_as_in_scipy():
    rng = np.random.default_rng(0)
    first, second = rng.normal(0.7, 1, 8), rng.normal(0, 1, 8)
    (comparison,) = compare(MEAN, _mean(first, second), 8, BOOTSTRAP)
    assert comparison.exact
    assert comparison.permutations == 256
    assert comparison.p_value == pytest.approx(_scipy_p(first, second))
    assert comparison.difference.value == pytest.approx(first.mean() - second.mean())
    assert comparison.difference.low < comparison.difference.value < comparison.difference.high


def test_many_patients_are_permuted_at_random():
    rng = np.random.default_rng(0)
    first, second = rng.normal(0.3, 1, 50), rng.normal(0, 1, 50)
    (comparison,) = compare(MEAN, _mean(first, second), 50, BOOTSTRAP)
    assert not comparison.exact
    assert comparison.p_value == pytest.approx(_scipy_p(first, second, 20_000), abs=0.02)


def test_equal_predictions_do_not_differ():
    values = np.random.default_rng(0).random(30)
    (comparison,) = compare(MEAN, _mean(values, values), 30, BOOTSTRAP)
    assert (comparison.difference.value, comparison.p_value) == (0.0, 1.0)


def test_areas_under_curves_are_compared_with_all_rows_of_a_patient_together():
    rng = np.random.default_rng(0)
    names = np.repeat(np.arange(30), 4).astype(str)
    truth = rng.random(120) < 0.5
    good, bad = truth + rng.normal(0, 0.5, 120), truth + rng.normal(0, 3, 120)
    patients = paired_patients(names, names)
    statistic = auc_statistic(np.tile(truth, 2), np.concatenate([good, bad]), patients)
    (comparison,) = compare([Quantity("AUC")], statistic, 30, BOOTSTRAP, width=240)
    assert comparison.first > comparison.second
    assert comparison.p_value < 0.01


def test_undefined_metrics_have_no_p_value():
    (comparison,) = compare(MEAN, lambda weights: np.full(len(weights), np.nan), 3, BOOTSTRAP)
    assert (comparison.p_value, comparison.first, comparison.difference.value) == (None, None, None)
    assert comparison.undefined_permutations == 8


def test_different_patients_are_refused():
    with pytest.raises(InputError, match="differ in 2 patients, such as b"):
        paired_patients(["a", "b"], ["a", "c"])


def test_no_patients_leave_nothing_to_compare():
    (found,) = compare([Quantity("mean")], lambda drawn: np.full(len(drawn), np.nan), 0, Bootstrap(200, 0))
    assert (found.first, found.difference.value, found.p_value) == (None, None, None)
