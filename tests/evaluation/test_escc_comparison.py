import numpy as np
import pytest

from spinemets.errors import InputError
from spinemets.evaluation.escc import GRADES, evaluate_escc
from spinemets.evaluation.escc_comparison import compare_escc
from spinemets.evaluation.pairs import EsccPair
from spinemets.evaluation.resampling import Bootstrap

_SIX_GRADES = (
    "accuracy",
    "balanced accuracy",
    "kappa",
    "linear-weighted kappa",
    "quadratic-weighted kappa",
)
BOOTSTRAP = Bootstrap(400, seed=0)


def predictions(seed, error_rate, patients=40):
    """Three levels of each patient, some of them graded one grade off."""
    truths = np.random.default_rng(99).integers(0, 6, (patients, 3))
    rng = np.random.default_rng(seed)
    off = rng.choice([-1, 1], truths.shape) * (rng.random(truths.shape) < error_rate)
    found = (truths + off).clip(0, 5)
    return [
        EsccPair(f"c{row}", f"p{row}", f"T{level}", GRADES[truths[row, level]], GRADES[found[row, level]])
        for row in range(patients)
        for level in range(3)
    ]


def by_name(comparisons):
    return {each.name: each for each in comparisons}


def test_each_set_has_the_figures_that_it_has_alone():
    first, second = predictions(0, 0.2), predictions(1, 0.5)
    compared = by_name(compare_escc(first, second, BOOTSTRAP))
    for pairs, value in ((first, lambda each: each.first), (second, lambda each: each.second)):
        evaluation = evaluate_escc(pairs, BOOTSTRAP)
        alone = {figure.name: figure.value for figure in evaluation.grades}
        for name in _SIX_GRADES:
            assert value(compared[name]) == pytest.approx(alone[name])
        at_1c = {figure.name: figure.value for figure in evaluation.cuts[0].figures}
        assert value(compared["sensitivity at 1c and above"]) == pytest.approx(at_1c["sensitivity"])
        assert value(compared["specificity at 1c and above"]) == pytest.approx(at_1c["specificity"])


def test_a_better_grader_is_told_from_a_worse_one_and_not_from_an_equal():
    better, worse, equal = predictions(0, 0.1), predictions(1, 0.6), predictions(5, 0.1)
    clear = by_name(compare_escc(better, worse, BOOTSTRAP))["kappa"]
    assert clear.p_value < 0.01
    assert clear.difference.low > 0
    assert by_name(compare_escc(better, equal, BOOTSTRAP))["kappa"].p_value > 0.05


def test_places_that_only_one_graded_are_left_out():
    first, second = predictions(0, 0.2), predictions(1, 0.5)[3:]
    assert compare_escc(first, second, BOOTSTRAP)[0].difference.n == len(second)


def test_nothing_in_common_is_refused():
    with pytest.raises(InputError, match="graded by both"):
        compare_escc(predictions(0, 0.1), [], BOOTSTRAP)


def test_two_references_are_refused():
    first = [EsccPair("c", "p", "T8", GRADES[0], GRADES[0])]
    second = [EsccPair("c", "p", "T8", GRADES[1], GRADES[0])]
    with pytest.raises(InputError, match="one reference"):
        compare_escc(first, second, BOOTSTRAP)
