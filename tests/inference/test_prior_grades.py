"""Grades and points then and now: every direction that is possible, and no more."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinemets.anatomy import BoneLesionType, EsccGrade, Level
from spinemets.inference.prior_grades import compare_escc, compare_sins
from spinemets.inference.prior_records import Direction
from spinemets.scoring.escc import assessment_of, not_gradable
from spinemets.scoring.possible import Source, possible, unknown
from spinemets.scoring.sins import SinsFindings, score_sins
from spinemets.scoring.sins_items import Alignment, Collapse, Pain, Posterolateral

G = EsccGrade
W, S, I = Direction.WORSE, Direction.SAME, Direction.IMPROVED  # noqa: E741 - one letter for each direction


def _graded(grades):
    return assessment_of(grades, "graded")


def _score(level=(Level.L3,), pain=None, bone=BoneLesionType.LYTIC, collapse=Collapse.NEITHER):
    return score_sins(
        SinsFindings(
            level=possible(level, Source.MEASURED),
            pain=unknown(Pain) if pain is None else possible([pain], Source.CLINICAL),
            bone=possible([bone], Source.MEASURED),
            alignment=possible([Alignment.NORMAL], Source.MEASURED),
            collapse=possible([collapse], Source.MEASURED),
            posterolateral=possible([Posterolateral.NONE], Source.MEASURED),
        )
    )


@pytest.mark.parametrize(
    ("then", "now", "directions"),
    [
        ([G.G1A], [G.G2], (W,)),
        ([G.G3], [G.G1C, G.G2], (I,)),
        ([G.G1B], [G.G1B], (S,)),
        ([G.G1B, G.G1C], [G.G1C, G.G2], (W, S)),
        ([G.G1B, G.G1C], [G.G1B, G.G1C], (W, S, I)),
    ],
)
def test_sets_of_grades_give_sets_of_directions(then, now, directions):
    assert compare_escc(_graded(then), _graded(now)).directions == directions


@pytest.mark.parametrize("missing", ["then", "now"])
def test_what_was_not_graded_is_not_compared_and_the_reason_is_said(missing):
    sides = {"then": _graded([G.G1A]), "now": _graded([G.G1A])} | {missing: not_gradable("no axial T2")}
    change = compare_escc(**sides)
    assert change.directions == ()
    assert change.reason == f"{missing} not gradable: no axial T2"


@given(*[st.sets(st.sampled_from(list(EsccGrade)), min_size=1)] * 2)
def test_every_pair_of_grades_is_allowed_for(then, now):
    found = set(compare_escc(_graded(then), _graded(now)).directions)
    for before, after in product(then, now):
        expected = W if after.rank > before.rank else S if after is before else I
        assert expected in found


def test_known_findings_give_one_gain():
    change = compare_sins(
        _score(pain=Pain.NONE), _score(pain=Pain.MECHANICAL, collapse=Collapse.AT_LEAST_HALF)
    )
    assert (change.total.minimum, change.total.maximum) == (6, 6)
    assert (change.image.minimum, change.image.maximum) == (3, 3)
    assert change.total.directions == (W,)


def test_unknown_pain_leaves_the_total_open_but_not_what_images_show():
    change = compare_sins(_score(), _score(collapse=Collapse.UNDER_HALF))
    assert (change.total.minimum, change.total.maximum) == (-1, 5)
    assert change.total.directions == (W, S, I)
    assert change.image.directions == (W,)


def test_an_uncertain_level_is_no_change_of_location():
    unsure = (Level.T10, Level.T11)
    change = compare_sins(_score(unsure, Pain.NONE), _score((Level.T10,), Pain.NONE))
    assert change.total.directions == (S,)


def test_a_lesion_that_has_healed_into_a_blastic_one_has_improved():
    change = compare_sins(_score(pain=Pain.NONE), _score(pain=Pain.NONE, bone=BoneLesionType.BLASTIC))
    assert (change.total.directions, change.total.minimum) == ((I,), -2)
