import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from torchmetrics.functional.classification import binary_calibration_error

from spinemets.evaluation.calibration import Forecasts, calibration_curve, calibration_figures
from spinemets.evaluation.resampling import Bootstrap

BOOTSTRAP = Bootstrap(200, seed=0)


def forecasts(probability, truth):
    names = [f"p{row}" for row in range(len(truth))]
    return Forecasts(names, np.asarray(probability, np.float64), np.asarray(truth, bool))


def drawn(rows, distort=lambda odds: odds):
    """Forecasts whose log odds are a distortion of the true ones."""
    rng = np.random.default_rng(0)
    odds = rng.normal(-0.5, 1.5, rows)
    return forecasts(expit(distort(odds)), rng.random(rows) < expit(odds))


def values(of):
    return {figure.name: figure.value for figure in calibration_figures(of, BOOTSTRAP)}


def test_honest_forecasts_are_found_honest():
    found = {figure.name: figure for figure in calibration_figures(drawn(3000), BOOTSTRAP)}
    assert found["calibration slope"].low < 1 < found["calibration slope"].high
    assert found["calibration intercept"].low < 0 < found["calibration intercept"].high
    assert found["expected calibration error"].value < 0.03


def test_over_confidence_has_half_a_slope():
    assert values(drawn(3000, lambda odds: 2 * odds))["calibration slope"] == pytest.approx(0.5, abs=0.05)


def test_forecasts_that_are_too_high_have_an_intercept_below_0():
    assert values(drawn(3000, lambda odds: odds + 1))["calibration intercept"] == pytest.approx(-1, abs=0.1)


@given(st.lists(st.tuples(st.integers(0, 99), st.booleans()), min_size=1, max_size=30))
def test_errors_are_those_of_torchmetrics(rows):
    # Between the edges of bins, on whose side libraries differ.
    probability = np.array([(row[0] + 0.5) / 100 for row in rows])
    truth = np.array([row[1] for row in rows])
    found = values(forecasts(probability, truth))
    theirs = binary_calibration_error(torch.tensor(probability), torch.tensor(truth).long(), n_bins=10)
    assert found["expected calibration error"] == pytest.approx(float(theirs), abs=1e-6)
    assert found["Brier score"] == pytest.approx(np.mean((probability - truth) ** 2))


def test_the_scaled_brier_score_is_0_for_the_prevalence_and_1_for_the_truth():
    truth = np.array([True, False, False, False])
    assert values(forecasts([0.25] * 4, truth))["scaled Brier score"] == pytest.approx(0)
    assert values(forecasts(truth, truth))["scaled Brier score"] == pytest.approx(1)


def test_the_curve_has_bins_of_as_many_rows_each():
    curve = calibration_curve(drawn(1000), BOOTSTRAP, bins=10)
    assert [point.observed.n for point in curve] == [100] * 10
    assert np.all(np.diff([point.forecast for point in curve]) > 0)
    inside = [point.observed.low <= point.forecast <= point.observed.high for point in curve]
    assert np.mean(inside) >= 0.7


def test_forecasts_of_few_values_give_fewer_bins():
    curve = calibration_curve(forecasts([0.2] * 6 + [0.9] * 4, [False] * 5 + [True] * 5), BOOTSTRAP)
    assert [point.forecast for point in curve] == pytest.approx([0.2, 0.9])
    assert [point.observed.value for point in curve] == pytest.approx([1 / 6, 1])


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=8))
def test_any_forecasts_have_figures_or_reasons(rows):
    of = forecasts([row[0] for row in rows], [row[1] for row in rows])
    figures = calibration_figures(of, BOOTSTRAP)
    assert all(figure.value is not None or figure.reason for figure in figures)
    assert sum(point.observed.n for point in calibration_curve(of, BOOTSTRAP)) == len(rows)
