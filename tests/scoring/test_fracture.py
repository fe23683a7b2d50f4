"""Osteoporotic or metastatic: signs are counted and named."""

from hypothesis import given
from hypothesis import strategies as st

from spinemets.scoring import judge_fracture
from spinemets.scoring.fracture import FractureCause, Sign, cause_of

_SIGNS = st.dictionaries(st.sampled_from(list(Sign)), st.sampled_from([True, False, None]))


def test_signs_of_one_side_leave_one_cause():
    judgement = judge_fracture({Sign.CONVEX_POSTERIOR_WALL: True, Sign.MR_FLUID: False})
    assert judgement.causes == (FractureCause.METASTATIC,)
    assert judgement.absent == (Sign.MR_FLUID,)


def test_conflicting_signs_leave_both():
    judgement = judge_fracture({Sign.CONVEX_POSTERIOR_WALL: True, Sign.MR_FLUID: True})
    assert judgement.causes == tuple(FractureCause)
    assert "1 signs of an osteoporotic and 1 of a metastatic" in judgement.statement


def test_nothing_known_leaves_both():
    assert judge_fracture({}).causes == tuple(FractureCause)


def test_absent_signs_speak_for_neither_side():
    assert judge_fracture(dict.fromkeys(Sign, False)).causes == tuple(FractureCause)


@given(_SIGNS)
def test_every_sign_is_reported_once_and_on_its_side(signs):
    judgement = judge_fracture(signs)
    assert {cause_of(sign) for sign in judgement.osteoporotic} <= {FractureCause.OSTEOPOROTIC}
    assert {cause_of(sign) for sign in judgement.metastatic} <= {FractureCause.METASTATIC}
    present = {sign for sign, value in signs.items() if value}
    assert {*judgement.osteoporotic, *judgement.metastatic} == present
