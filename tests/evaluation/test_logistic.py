import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from spinemets.evaluation.logistic import fit_offsets, fit_slopes, log_odds

seeds = st.integers(0, 10_000)


def problem(seed, rows=40):
    """Log odds and truths with a slope and an offset of their own."""
    rng = np.random.default_rng(seed)
    x = rng.normal(rng.normal(), rng.uniform(0.1, 4), rows)
    return x, rng.random(rows) < expit(rng.normal() + rng.uniform(0, 2) * x), rng


def loss(line, x, truth, weights):
    signed = (line[0] + line[1] * x) * np.where(truth, -1, 1)
    return weights @ np.logaddexp(0, signed)


def parts_the_classes(x, truth):
    true, false = x[truth], x[~truth]
    one_class = not len(true) or not len(false)
    return one_class or true.min() >= false.max() or true.max() <= false.min()


def test_slope_and_offset_are_those_of_statsmodels():
    """The same 200 forecasts in statsmodels 0.14: GLM of the binomial family, with and without offset."""
    rng = np.random.default_rng(11)
    odds = log_odds(np.round(rng.beta(1, 3, 200), 3).clip(0.001, 0.999))
    truth = rng.random(200) < expit(0.3 + 0.6 * odds)
    once = np.ones((1, 200))
    assert fit_slopes(odds, truth, once) == pytest.approx([0.64626063])
    assert fit_offsets(odds, truth, once) == pytest.approx([0.8610196])


@given(seeds)
def test_the_fit_is_the_minimum_that_scipy_finds(seed):
    x, truth, rng = problem(seed)
    weights = rng.integers(0, 3, (3, len(x))).astype(float)
    slopes, offsets = fit_slopes(x, truth, weights), fit_offsets(x, truth, weights)
    for slope, offset, each in zip(slopes, offsets, weights, strict=True):
        if np.isfinite(slope):
            best = minimize(loss, [0, 0], (x, truth, each), method="BFGS")
            assert slope == pytest.approx(best.x[1], rel=1e-3, abs=1e-3)
        if np.isfinite(offset):
            assert each @ expit(offset + x) == pytest.approx(each @ truth)


@given(seeds, st.integers(2, 12))
def test_a_slope_is_undefined_exactly_where_x_parts_the_classes(seed, rows):
    x, truth, _ = problem(seed, rows)
    slope = fit_slopes(x, truth, np.ones((1, rows)))[0]
    assert np.isnan(slope) == parts_the_classes(x, truth)


def test_one_value_or_one_class_has_no_fit():
    once = np.ones((2, 3))
    truth = np.array([True, False, True])
    assert np.isnan(fit_slopes(np.zeros(3), truth, once)).all()
    assert np.isnan(fit_offsets(np.zeros(3), np.ones(3, dtype=bool), once)).all()
    assert np.isnan(fit_slopes(np.zeros(0), truth[:0], np.zeros((2, 0)))).all()


def test_a_resample_of_one_value_has_no_slope():
    weights = np.array([[1.0, 1, 0, 0], [1, 1, 1, 1]])
    slopes = fit_slopes(np.array([0.0, 0, 1, 1]), np.array([True, False, True, False]), weights)
    assert np.isnan(slopes[0])
    assert slopes[1] == pytest.approx(0)


def test_certain_forecasts_have_finite_log_odds():
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
