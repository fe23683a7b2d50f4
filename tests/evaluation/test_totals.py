import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinemets.evaluation.resampling import Bootstrap
from spinemets.evaluation.totals import icc_agreement, rating_sums, total_figures

BOOTSTRAP = Bootstrap(200, seed=0)
totals = st.lists(st.tuples(st.integers(0, 18), st.integers(0, 18)), max_size=12)


def icc(ratings):
    return float(icc_agreement(rating_sums(np.asarray(ratings, np.float64)).sum(axis=0)))


def figures(true, found):
    names = [f"patient{number}" for number in range(len(true))]
    return {figure.name: figure for figure in total_figures(names, true, found, BOOTSTRAP)}


def test_four_judges_of_shrout_and_fleiss_agree_at_0_29():
    """Table 2 of Shrout and Fleiss 1979: six targets, four judges, ICC(2,1) = 0.29."""
    judges = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    assert icc(judges) == pytest.approx(0.29, abs=0.005)
    assert icc(judges) == pytest.approx(0.289764, abs=1e-6)  # pingouin 0.6.1, ICC(A,1)


def test_two_raters_agree_as_in_pingouin():
    true = [15, 1, 3, 4, 3, 15, 16, 11, 0, 1, 6, 8]
    found = [16, 1, 2, 2, 5, 17, 13, 8, 0, 1, 10, 9]
    assert icc(np.transpose([true, found])) == pytest.approx(0.943209, abs=1e-6)


def test_weights_are_rows_repeated():
    ratings = np.array([[3.0, 4], [9, 7], [1, 1], [12, 15]])
    drawn = np.array([2, 0, 1, 1])
    weighted = float(icc_agreement(drawn @ rating_sums(ratings)))
    assert weighted == pytest.approx(icc(np.repeat(ratings, drawn, axis=0)))


def test_a_constant_error_lowers_agreement_and_is_named():
    true = np.arange(10)
    found = figures(true, true + 2)
    assert found["ICC(2,1)"].value < 1
    assert found["mean error"].value == found["mean absolute error"].value == 2
    assert found["lower limit of agreement"].value == found["upper limit of agreement"].value == 2


def test_limits_of_agreement_are_of_bland_and_altman():
    rng = np.random.default_rng(0)
    true, found = rng.integers(0, 19, 50), rng.integers(0, 19, 50)
    error = found - true
    found = figures(true, found)
    half = 1.96 * error.std(ddof=1)
    assert found["lower limit of agreement"].value == pytest.approx(error.mean() - half)
    assert found["upper limit of agreement"].value == pytest.approx(error.mean() + half)
    assert found["mean error"].low <= error.mean() <= found["mean error"].high


@given(totals)
def test_any_totals_have_figures_or_reasons(pairs):
    true, found = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    for figure in figures(true, found).values():
        assert figure.value is not None or figure.reason
    value = figures(true, found)["ICC(2,1)"].value
    assert value is None or value <= 1 + 1e-9


@pytest.mark.parametrize("pairs", [[], [(3, 3)], [(5, 5), (5, 5)]])
def test_agreement_of_totals_that_do_not_vary_is_undefined(pairs):
    true, found = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    assert figures(true, found)["ICC(2,1)"].value is None
