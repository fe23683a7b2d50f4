import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from evaluation.published_tables import AT_LEAST_1C, SIX_GRADES
from spinemets.anatomy import EsccGrade
from spinemets.evaluation.escc import (
    GRADES,
    escc_forecasts,
    escc_ratings,
    evaluate_escc,
    ranked_probability_scores,
)
from spinemets.evaluation.pairs import EsccPair
from spinemets.evaluation.resampling import Bootstrap

BOOTSTRAP = Bootstrap(200, seed=0)
probabilities = st.lists(st.floats(0.01, 1), min_size=6, max_size=6).map(
    lambda weights: tuple(np.array(weights) / np.sum(weights))
)
grades = st.sampled_from(GRADES)
pairs = st.builds(
    EsccPair,
    case=st.sampled_from(["a", "b", "c"]),
    patient=st.just("p") | st.just("q"),
    place=st.just("T8"),
    reference=grades,
    predicted=st.none() | grades,
    probabilities=st.none() | probabilities,
    conformal=st.none() | st.sets(grades, min_size=1).map(lambda held: tuple(sorted(held, key=GRADES.index))),
)


def pair(reference, predicted, case="a", place="T8", **more):
    grade = None if predicted is None else EsccGrade(predicted)
    return EsccPair(case, f"patient of {case}", place, EsccGrade(reference), grade, **more)


def values(figures):
    return {figure.name: figure.value for figure in figures}


def test_both_cuts_of_the_published_slices():
    """Grades of six that, cut at 1c, are the published table of two by two."""
    pairs = [
        pair(true, found, case=f"{row}")
        for (true, found), count in zip(
            [("0", "0"), ("0", "1c"), ("2", "1a"), ("1c", "3")], AT_LEAST_1C.ravel(), strict=True
        )
        for row in range(count)
    ]
    at_1c, high = evaluate_escc(pairs, BOOTSTRAP).cuts
    found = values(at_1c.figures)
    assert found["sensitivity"] == pytest.approx(0.976, abs=5e-4)
    assert found["specificity"] == pytest.approx(0.936, abs=5e-4)
    assert found["positive predictive value"] == pytest.approx(0.566, abs=5e-4)
    assert found["kappa"] == pytest.approx(0.685, abs=5e-4)
    assert found["AC1"] == pytest.approx(0.925, abs=5e-4)
    assert (at_1c.cut, high.cut) == (EsccGrade.G1C, EsccGrade.G2)


def test_six_grades_of_the_published_slices():
    cells = zip(*np.indices((6, 6)).reshape(2, -1), SIX_GRADES.ravel(), strict=True)
    pairs = [
        pair(GRADES[true], GRADES[found], f"{true}{found}{row}")
        for true, found, count in cells
        for row in range(count)
    ]
    evaluation = evaluate_escc(pairs, BOOTSTRAP)
    assert np.array_equal(evaluation.table, SIX_GRADES)
    assert values(evaluation.grades)["quadratic-weighted kappa"] == pytest.approx(0.8081, abs=5e-5)
    assert values(evaluation.cuts[0].figures)["sensitivity"] == pytest.approx(67 / 84)
    assert values(evaluation.cuts[1].figures)["sensitivity"] == pytest.approx(40 / 49)


def test_what_is_not_gradable_is_counted_apart_and_never_as_0():
    evaluation = evaluate_escc([pair("2", None), pair("0", "0", "b"), pair("3", "3", "c")], BOOTSTRAP)
    assert evaluation.table.sum() == 2
    assert evaluation.not_gradable.tolist() == [0, 0, 0, 0, 1, 0]
    assert evaluation.not_gradable_share.value == pytest.approx(1 / 3)
    assert values(evaluation.cuts[1].figures)["sensitivity"] == 1


def test_the_worst_level_of_a_study_is_compared_with_the_worst():
    pairs = [
        pair("1a", "2", place="T7"),
        pair("2", "1b", place="T8"),
        pair("0", "0", "b", place="L1"),
        pair("3", None, "b", place="L2"),
        pair("3", None, "c"),
    ]
    worst = evaluate_escc(pairs, BOOTSTRAP).worst_levels
    assert values(worst)["accuracy"] == pytest.approx(1 / 2)
    assert next(figure.n for figure in worst if figure.name == "accuracy") == 2
    assert values(worst)["recall of 3"] == 0


def test_studies_of_one_name_and_two_patients_are_two_studies():
    both = [EsccPair("scan", patient, "T8", GRADES[0], GRADES[0]) for patient in ("p", "q")]
    assert evaluate_escc(both, BOOTSTRAP).worst_levels[0].n == 2


@given(st.lists(st.tuples(probabilities, st.integers(0, 5)), min_size=1, max_size=5))
def test_the_ranked_probability_score_is_the_mean_brier_score_of_the_cuts(rows):
    held, ranks = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    briers = [(held[:, cut:].sum(axis=1) - (ranks >= cut)) ** 2 for cut in range(1, 6)]
    assert ranked_probability_scores(held, ranks) == pytest.approx(np.mean(briers, axis=0))


def test_ranked_probability_scores_of_certain_forecasts():
    certain = np.eye(6)
    assert ranked_probability_scores(certain, np.arange(6)).tolist() == [0] * 6
    assert ranked_probability_scores(certain[:1], [5]).tolist() == [1]
    assert ranked_probability_scores(certain[:1], [1]) == pytest.approx([1 / 5])


def test_auc_of_a_cut_is_that_of_the_probability_of_reaching_it():
    rng = np.random.default_rng(0)
    held = rng.dirichlet(np.ones(6), 40)
    true = [GRADES[rng.choice(6, p=row)] for row in held]
    pairs = [pair(grade, "0", f"{row}", probabilities=tuple(held[row])) for row, grade in enumerate(true)]
    forecasts = escc_forecasts(pairs, EsccGrade.G2)
    reached, below = (forecasts.probability[forecasts.truth == each] for each in (True, False))
    theirs = mannwhitneyu(reached, below).statistic / (len(reached) * len(below))
    assert values(evaluate_escc(pairs, BOOTSTRAP).cuts[1].figures)["AUC"] == pytest.approx(theirs)


def test_conformal_sets_are_counted_where_they_are_given():
    pairs = [
        pair("1a", "1a", "a", conformal=GRADES[:2]),
        pair("3", "2", "b", conformal=GRADES[4:5]),
        pair("3", "2", "c"),
        pair("3", None, "d", conformal=GRADES),
    ]
    found = values(evaluate_escc(pairs, BOOTSTRAP).probabilities)
    assert found["conformal coverage"] == pytest.approx(1 / 2)
    assert found["conformal set size"] == pytest.approx(1.5)
    assert found["conformal sets of one grade"] == pytest.approx(1 / 2)


@settings(max_examples=50)
@given(st.lists(pairs, max_size=6))
def test_any_pairs_have_figures_or_reasons(some):
    evaluation = evaluate_escc(some, BOOTSTRAP)
    figures = [
        evaluation.not_gradable_share,
        *evaluation.grades,
        *(figure for cut in evaluation.cuts for figure in cut.figures),
        *evaluation.worst_levels,
        *evaluation.probabilities,
    ]
    assert all(figure.value is not None or figure.reason for figure in figures)
    assert evaluation.table.sum() + evaluation.not_gradable.sum() == len(some)
    assert len(escc_ratings(some).true) == evaluation.table.sum()


def test_probabilities_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match="add up to 1"):
        pair("0", "0", probabilities=(0.5,) * 6)
