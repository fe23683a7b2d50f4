import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from spinemets.anatomy import EsccGrade
from spinemets.networks.ordinal import grade_probabilities
from spinemets.training.calibration import (
    binary_temperature,
    class_temperature,
    conformal_threshold,
    fit_temperature,
    grade_set,
    grade_temperature,
)

CASES = 20_000
probabilities_of_six = st.lists(st.floats(0.001, 1.0), min_size=6, max_size=6).map(
    lambda weights: np.array(weights) / np.sum(weights)
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def drawn_grades(rng, logits):
    """Grades drawn from the distributions of CORN logits."""
    probabilities = grade_probabilities(torch.as_tensor(logits)).numpy()
    return probabilities, (probabilities.cumsum(axis=1) < rng.random((len(logits), 1))).sum(axis=1).clip(0, 5)


def test_the_temperature_undoes_over_confidence_of_a_sigmoid(rng):
    honest = rng.normal(0, 2, CASES)
    truth = rng.random(CASES) < 1 / (1 + np.exp(-honest))
    assert binary_temperature(3.0 * honest, truth) == pytest.approx(3.0, rel=0.05)


def test_the_temperature_undoes_over_confidence_of_a_softmax(rng):
    honest = rng.normal(0, 2, (CASES, 4))
    truth = (honest + rng.gumbel(size=honest.shape)).argmax(axis=1)
    assert class_temperature(0.5 * honest, truth) == pytest.approx(0.5, rel=0.05)


def test_the_temperature_undoes_over_confidence_of_ordinal_grades(rng):
    honest = rng.normal(0, 2, (CASES, 5))
    _, ranks = drawn_grades(rng, honest)
    assert grade_temperature(2.0 * honest, ranks) == pytest.approx(2.0, rel=0.05)


def test_the_temperature_is_the_minimum_that_scipy_finds(rng):
    logits, truth = rng.normal(0, 3, 50), rng.random(50) < 0.5

    def loss(temperature):
        signed = np.where(truth, -logits, logits) / temperature
        return np.logaddexp(0, signed).mean()

    wanted = minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-8}).x
    assert binary_temperature(logits, truth) == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize(("sign", "between"), [(1, (0.05, 0.3)), (-1, (15.0, 20.0))])
def test_separated_cases_give_a_temperature_within_limits(sign, between):
    logits = sign * np.array([-5.0, -4.0, 4.0, 5.0])
    assert between[0] <= binary_temperature(logits, [0, 0, 1, 1]) <= between[1]


def test_any_differentiable_loss_can_be_calibrated():
    found = fit_temperature(lambda temperature: (temperature.log() - 0.7) ** 2)
    assert found == pytest.approx(np.exp(0.7), rel=1e-3)


@given(probabilities_of_six, st.floats(0, 1))
def test_a_set_is_neighbouring_grades_around_the_most_probable(probabilities, threshold):
    ranks = [grade.rank for grade in grade_set(probabilities, threshold)]
    assert ranks == list(range(ranks[0], ranks[-1] + 1))
    assert int(probabilities.argmax()) in ranks
    assert len(ranks) == 6 or probabilities[ranks].sum() > threshold - 1e-12


@given(probabilities_of_six, st.floats(0, 1), st.floats(0, 1))
def test_a_higher_threshold_never_takes_a_grade_away(probabilities, one, other):
    low, high = sorted((one, other))
    assert set(grade_set(probabilities, low)) <= set(grade_set(probabilities, high))


def test_a_set_grows_to_the_more_probable_neighbour():
    probabilities = [0.05, 0.10, 0.40, 0.25, 0.15, 0.05]
    assert grade_set(probabilities, 0.3) == (EsccGrade.G1B,)
    assert grade_set(probabilities, 0.4) == (EsccGrade.G1B, EsccGrade.G1C)
    assert grade_set(probabilities, 0.7) == (EsccGrade.G1B, EsccGrade.G1C, EsccGrade.G2)
    assert grade_set(probabilities, 1.0) == tuple(EsccGrade)


def test_the_threshold_is_the_finite_sample_quantile_of_what_came_before():
    # Before grade 1a joins this row's set it has gathered 0.6; grade 0 joins first, 3 last.
    row = np.array([0.6, 0.2, 0.1, 0.05, 0.03, 0.02])
    gathered = np.array([0.0, 0.6, 0.8, 0.9, 0.95, 0.98])
    rows, ranks = np.tile(row, (6, 1)), np.arange(6)
    for place in range(1, 7):
        assert conformal_threshold(rows, ranks, place / 7) == pytest.approx(gathered[place - 1])


def test_too_few_cases_for_a_coverage_give_every_grade():
    row = np.array([[0.9, 0.1, 0, 0, 0, 0]])
    assert conformal_threshold(np.repeat(row, 18, axis=0), np.zeros(18, int), 0.95) == 1.0
    assert conformal_threshold(np.repeat(row, 19, axis=0), np.zeros(19, int), 0.95) == 0.0
    assert conformal_threshold(np.empty((0, 6)), np.empty(0, int), 0.5) == 1.0


@pytest.mark.parametrize("coverage", [0.8, 0.9])
@pytest.mark.parametrize("sharpness", [0.3, 1.0, 4.0])
def test_sets_hold_the_true_grade_as_often_as_stated_however_wrong_the_probabilities(
    rng, coverage, sharpness
):
    logits = rng.normal(0, 1.5, (6000, 5))
    _, ranks = drawn_grades(rng, logits)
    claimed = grade_probabilities(torch.as_tensor(sharpness * logits)).numpy()
    held = []
    for start in range(0, 6000, 200):
        threshold = conformal_threshold(claimed[start : start + 50], ranks[start : start + 50], coverage)
        new = range(start + 50, start + 200)
        held += [tuple(EsccGrade)[ranks[i]] in grade_set(claimed[i], threshold) for i in new]
    # Coverage holds on average over calibrations; its error of 30 of them is about 0.01.
    assert np.mean(held) > coverage - 0.03


@pytest.mark.parametrize("coverage", [0.0, 1.0, -0.1])
def test_a_coverage_that_is_no_share_is_refused(coverage):
    with pytest.raises(ValueError, match="coverage"):
        conformal_threshold(np.full((3, 6), 1 / 6), np.zeros(3, int), coverage)
