"""Proportions and means: Wilson's published intervals, clustering, and shares of 0 and 1."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinemets.evaluation.ratios import proportion, ratio, wilson
from spinemets.evaluation.resampling import Bootstrap, Quantity

BOOTSTRAP = Bootstrap(resamples=500, seed=3)
SHARE = Quantity("sensitivity", undefined="no lesions")


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # Newcombe 1998, Stat Med 17:857, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_is_as_published(hits, n, low, high):
    assert wilson(hits, n, 0.95) == pytest.approx((low, high), abs=6e-5)


def test_rows_of_different_patients_get_wilson():
    figure = proportion(SHARE, np.repeat([1.0, 0.0], [15, 133]), np.ones(148), BOOTSTRAP)
    assert (figure.low, figure.high) == pytest.approx((0.0624, 0.1605), abs=6e-5)
    assert (figure.method, figure.n, figure.patients) == ("Wilson", 148, 148)


def test_several_rows_of_a_patient_get_the_bootstrap():
    figure = proportion(SHARE, np.array([1.0, 2, 0, 5]), np.array([2.0, 2, 3, 5]), BOOTSTRAP)
    assert figure.value == pytest.approx(8 / 12)
    assert figure.method.startswith("percentile bootstrap by patient")
    assert (figure.n, figure.patients) == (12, 4)


@pytest.mark.parametrize("hits", [0.0, 1.0])
def test_where_all_agree_each_patient_counts_once(hits):
    figure = proportion(SHARE, hits * np.full(5, 3.0), np.full(5, 3.0), BOOTSTRAP)
    assert (figure.low, figure.high) == wilson(5 * int(hits), 5, 0.95)
    assert figure.method == "Wilson, effective patients"


def test_where_all_agree_a_patient_with_most_of_the_lesions_counts_for_most():
    figure = proportion(SHARE, np.array([8.0, 1, 1]), np.array([8.0, 1, 1]), BOOTSTRAP)
    # (8 + 1 + 1)^2 / (64 + 1 + 1) = 1.5 patients
    assert (figure.low, figure.high) == wilson(1, 1, 0.95)


def test_patients_without_any_are_left_out_of_the_draws():
    hits, of = np.array([1.0, 2, 0, 5]), np.array([2.0, 2, 3, 5])
    more = np.pad(hits, (0, 9)), np.pad(of, (0, 9))
    assert proportion(SHARE, *more, BOOTSTRAP) == proportion(SHARE, hits, of, BOOTSTRAP)


def test_nothing_to_count_says_so():
    assert proportion(SHARE, np.zeros(3), np.zeros(3), BOOTSTRAP).reason == "no lesions"
    assert proportion(SHARE, np.zeros(0), np.zeros(0), BOOTSTRAP).reason == "no lesions"


def test_a_mean_is_over_rows_and_not_over_patients():
    assert ratio(SHARE, np.array([0.9, 0.4]), np.array([1.0, 4]), BOOTSTRAP).value == pytest.approx(1.3 / 5)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6))
def test_an_interval_holds_its_share_and_stays_within_0_and_1(table):
    hits = np.array([min(pair) for pair in table], dtype=float)
    of = np.array([max(pair) for pair in table], dtype=float)
    figure = proportion(SHARE, hits, of, Bootstrap(50, 0))
    if figure.value is not None and figure.low is not None:
        assert 0 <= figure.low <= figure.high <= 1
