"""Bootstrap by patient: against scipy, seeds, chunks, and tables that leave nothing to draw."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import spinemets.evaluation.resampling as resampling
from spinemets.errors import ConfigurationError
from spinemets.evaluation.resampling import Bootstrap, IntervalKind, Patients, Quantity, divided

SETTINGS = Bootstrap(resamples=2_000, seed=3)
DICE = Quantity("Dice", n=60, undefined="no lesions")


def _mean(values):
    return lambda weights: divided(weights @ values, weights.sum(axis=1))


@pytest.mark.parametrize("kind", IntervalKind)
def test_intervals_are_those_of_scipy(kind):
    values = np.random.default_rng(0).gamma(1.0, size=60)
    (figure,) = Bootstrap(20_000, 1, kind=kind).estimate([DICE], _mean(values), 60)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method=kind.value, rng=np.random.default_rng(2)
    ).confidence_interval
    assert figure.value == pytest.approx(values.mean())
    assert [figure.low, figure.high] == pytest.approx(theirs, abs=0.02)
    assert figure.method == f"{kind} bootstrap by patient, 20,000 resamples"
    assert (figure.n, figure.patients) == (60, 60)


def test_rows_of_a_patient_are_drawn_together():
    patients = Patients.of(["b", "a", "b", "c"])
    weights = np.array([[0.0, 2.0, 1.0]])
    assert patients.rows_drawn(weights).tolist() == [[2, 0, 2, 1]]
    assert patients.sums([1, 10, 100, 1000]).tolist() == [10, 101, 1000]
    assert patients.sums(np.eye(4)[:, :2]).tolist() == [[0, 1], [1, 0], [0, 0]]


def test_clustering_widens_the_interval():
    values = np.repeat(np.random.default_rng(0).normal(size=20), 10)
    patients = Patients.of(np.repeat(np.arange(20), 10).astype(str))
    total, rows = patients.sums(values), patients.sums(np.ones(200))
    (clustered,) = SETTINGS.estimate([DICE], lambda w: (w @ total) / (w @ rows), 20)
    (naive,) = SETTINGS.estimate([DICE], _mean(values), 200)
    assert clustered.high - clustered.low > 2 * (naive.high - naive.low)


def test_chunks_change_nothing(monkeypatch):
    values = np.random.default_rng(0).normal(size=17)
    whole = SETTINGS.estimate([DICE], _mean(values), 17)
    monkeypatch.setattr(resampling, "_CHUNK", 100)
    assert SETTINGS.estimate([DICE], _mean(values), 17) == whole
    bca = Bootstrap(200, 3, kind=IntervalKind.BCA)
    assert bca.estimate([DICE], _mean(values), 17, width=1000) == bca.estimate([DICE], _mean(values), 17)


def test_every_resample_draws_as_many_patients_as_there_are():
    drawn = np.concatenate(list(SETTINGS.weights(7)))
    assert drawn.shape == (2_000, 7)
    assert np.all(drawn.sum(axis=1) == 7)
    assert drawn.mean(axis=0) == pytest.approx(np.ones(7), abs=0.1)


def test_several_columns_share_the_draws():
    values = np.random.default_rng(0).normal(size=(30, 2))
    both = SETTINGS.estimate([DICE, DICE], lambda w: w @ values / 30, 30)
    alone = SETTINGS.estimate([DICE], lambda w: w @ values[:, 1] / 30, 30)[0]
    assert (both[1].low, both[1].high) == pytest.approx((alone.low, alone.high))


def test_one_patient_has_a_value_and_no_interval():
    (figure,) = SETTINGS.estimate([DICE], _mean(np.array([0.5])), 1)
    assert (figure.value, figure.low, figure.reason) == (0.5, None, "one patient: no interval")


def test_undefined_values_say_why():
    (figure,) = SETTINGS.estimate([DICE], lambda w: np.full(len(w), np.nan), 5)
    assert (figure.value, figure.reason) == (None, "no lesions")
    assert SETTINGS.estimate([DICE], _mean(np.empty(0)), 0)[0].reason == "no lesions"


def test_undefined_resamples_are_counted_and_left_out():
    lesions = np.array([0, 0, 3, 1.0])
    found = np.array([0, 0, 1, 1.0])
    (figure,) = SETTINGS.estimate([DICE], lambda w: divided(w @ found, w @ lesions), 4)
    assert figure.undefined_resamples == pytest.approx(2_000 / 16, rel=0.3)
    assert (figure.low, figure.high) == pytest.approx((1 / 3, 1))


def test_mostly_undefined_resamples_give_no_interval():
    (figure,) = SETTINGS.estimate([DICE], lambda w: np.where((w == 1).all(axis=1), 1.0, np.nan), 5)
    assert figure.low is None
    assert "resamples: no interval" in figure.reason


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=6),
    st.sampled_from(IntervalKind),
)
def test_no_table_gives_numbers_that_are_not_finite(table, kind):
    found = np.array([min(pair) for pair in table], dtype=float)
    lesions = np.array([max(pair) for pair in table], dtype=float)
    bootstrap = Bootstrap(50, 0, kind=kind)
    (figure,) = bootstrap.estimate([DICE], lambda w: divided(w @ found, w @ lesions), len(table))
    assert figure.value is None or 0 <= figure.value <= 1
    assert figure.low is None or figure.low <= figure.high


def test_settings_are_checked():
    with pytest.raises(ConfigurationError, match="resamples"):
        Bootstrap(0, 1)
    with pytest.raises(ConfigurationError, match="level"):
        Bootstrap(10, 1, level=95)
