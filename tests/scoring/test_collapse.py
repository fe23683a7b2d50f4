"""The collapse item from percentages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinemets.scoring import Source, judge_collapse
from spinemets.scoring.collapse import ANY_PERCENT, Genant, PercentRange, genant_grade
from spinemets.scoring.sins_items import POINTS, Collapse, Item

_PERCENT = st.floats(0.0, 100.0)


def _judge(loss, involved=None, **settings):
    loss_range = ANY_PERCENT if loss is None else PercentRange(loss, loss)
    part = ANY_PERCENT if involved is None else PercentRange(involved, involved)
    return judge_collapse([loss_range], [part], Source.MEASURED, **settings).values


@pytest.mark.parametrize(
    ("loss", "involved", "finding"),
    [
        (60, 0, Collapse.AT_LEAST_HALF),
        (50, 0, Collapse.AT_LEAST_HALF),
        (49.9, 90, Collapse.UNDER_HALF),
        (10, 90, Collapse.UNDER_HALF),
        (9.9, 51, Collapse.INVOLVED_OVER_HALF),
        (0, 50, Collapse.NEITHER),
        (0, 0, Collapse.NEITHER),
    ],
)
def test_known_percentages_give_one_finding(loss, involved, finding):
    assert _judge(loss, involved) == (finding,)


def test_without_collapse_an_unknown_involvement_stays_open():
    assert _judge(3) == (Collapse.INVOLVED_OVER_HALF, Collapse.NEITHER)


def test_with_collapse_involvement_does_not_matter():
    assert _judge(30) == (Collapse.UNDER_HALF,)


def test_nothing_known_leaves_everything_open():
    assert _judge(None) == tuple(Collapse)


def test_the_noise_limit_is_a_setting():
    assert _judge(15, 0, noise_percent=20.0) == (Collapse.NEITHER,)
    with pytest.raises(ValueError, match="noise_percent"):
        _judge(15, 0, noise_percent=0.0)


@given(_PERCENT, _PERCENT, _PERCENT)
def test_more_loss_never_scores_less(first, second, involved):
    low, high = sorted((first, second))
    points = POINTS[Item.COLLAPSE]
    assert points[_judge(low, involved)[0]] <= points[_judge(high, involved)[0]]


@given(_PERCENT, _PERCENT, _PERCENT, _PERCENT)
def test_a_range_allows_what_its_members_give_and_nothing_else(a, b, inside, involved):
    low, high = sorted((a, b))
    part = [PercentRange(involved, involved)]
    of_range = set(judge_collapse([PercentRange(low, high)], part, Source.MEASURED).values)
    clipped = min(max(inside, low), high)
    assert set(_judge(clipped, involved)) <= of_range
    reached = {
        _judge(value, involved)[0]
        for value in (low, high, *(v for v in (9.999, 10.0, 49.999, 50.0) if low <= v <= high))
    }
    assert of_range == reached


@pytest.mark.parametrize("ends", [(-1, 5), (5, 101), (60, 40), (float("nan"), 5)])
def test_what_is_no_percentage_is_refused(ends):
    with pytest.raises(ValueError, match="no range of percentages"):
        PercentRange(*ends)


@pytest.mark.parametrize(
    ("loss", "grade"),
    [(0, Genant.NONE), (19.9, Genant.NONE), (20, Genant.MILD), (25, Genant.MODERATE), (40, Genant.SEVERE)],
)
def test_genant_grades(loss, grade):
    assert genant_grade(loss) is grade
