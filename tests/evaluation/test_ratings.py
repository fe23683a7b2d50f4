import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.published_tables import SIX_GRADES
from spinemets.evaluation.ratings import Ratings, agreement_figures, kappa_figures
from spinemets.evaluation.resampling import Bootstrap

BOOTSTRAP = Bootstrap(200, seed=0)
WORDS = ("low", "middle", "high")


def ratings_of(table, patients=None, scale=None):
    """Rows of a table, dealt to patients in turn."""
    table = np.asarray(table)
    true, found = (np.repeat(each.ravel(), table.ravel()) for each in np.indices(table.shape))
    names = [f"p{row % (patients or len(true))}" for row in range(len(true))]
    return Ratings(names, true, found, scale or tuple(map(str, range(len(table)))))


def by_name(figures):
    return {figure.name: figure for figure in figures}


def test_rows_give_their_table_back():
    ratings = ratings_of(SIX_GRADES, patients=50)
    assert np.array_equal(ratings.table, SIX_GRADES)
    assert np.array_equal(ratings.tables_of_patients.sum(axis=0).reshape(6, 6), SIX_GRADES)


def test_the_published_table_gives_its_figures_with_intervals():
    found = by_name(agreement_figures(ratings_of(SIX_GRADES, patients=164), BOOTSTRAP))
    values = {name: figure.value for name, figure in found.items()}
    assert values["quadratic-weighted kappa"] == pytest.approx(0.8081, abs=5e-5)
    assert values["kappa"] == pytest.approx(0.4005, abs=5e-5)
    assert values["accuracy"] == pytest.approx(843 / 1066)
    assert values["off by one"] == pytest.approx(154 / 1066)
    assert values["recall of 1"] == pytest.approx(12 / 82)
    assert values["balanced accuracy"] == pytest.approx(np.mean([values[f"recall of {k}"] for k in range(6)]))
    assert all(figure.low < figure.value < figure.high for figure in found.values())


def test_gwet_never_comes_without_kappa():
    for table in (SIX_GRADES, [[5, 1], [2, 3]]):
        names = [figure.name for figure in kappa_figures(ratings_of(table), BOOTSTRAP)]
        assert {"kappa", "AC1"} <= set(names)
        assert (
            ("quadratic-weighted AC2" in names) == ("quadratic-weighted kappa" in names) == (len(table) > 2)
        )


def test_kappa_of_two_is_about_as_certain_as_its_known_error_says():
    """The standard error of Fleiss, Cohen and Everitt 1969, for independent rows."""
    table = np.array([[40, 9], [6, 45]])
    figure = by_name(kappa_figures(ratings_of(table), Bootstrap(4000, seed=1)))["kappa"]
    shares, k = table / 100, figure.value
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    by_chance = rows @ columns
    agreed = (np.diag(shares) * (1 - (rows + columns) * (1 - k)) ** 2).sum()
    apart = (1 - k) ** 2 * sum(shares[i, j] * (columns[i] + rows[j]) ** 2 for i, j in ((0, 1), (1, 0)))
    error = np.sqrt((agreed + apart - (k - by_chance * (1 - k)) ** 2) / 100) / (1 - by_chance)
    assert (figure.high - figure.low) / (2 * 1.96) == pytest.approx(error, rel=0.1)


def test_perfect_agreement_has_no_spread_to_show():
    found = by_name(agreement_figures(ratings_of(np.diag([5, 5, 5])), BOOTSTRAP))
    assert found["accuracy"].value == 1
    assert found["accuracy"].method == "Wilson"
    assert (found["kappa"].value, found["kappa"].low) == (pytest.approx(1), None)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 3)), max_size=8))
def test_any_ratings_have_figures_or_reasons(rows):
    true, found, patient = np.array(rows, dtype=np.intp).reshape(-1, 3).T
    figures = agreement_figures(Ratings([f"p{each}" for each in patient], true, found, WORDS), BOOTSTRAP)
    assert len(figures) == 11
    assert all(figure.value is not None or figure.reason for figure in figures)
