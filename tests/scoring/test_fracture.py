"""Osteoporotic or metastatic: signs are counted and named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from spinemets.scoring import FractureJudgement, judge_fracture
from spinemets.scoring.fracture import FractureCause, Sign, cause_of

_SIGNS = st.dictionaries(
    st.sampled_from([sign for sign in Sign if sign is not Sign.CT_NO_VACUUM]),
    st.sampled_from([True, False, None]),
)


def test_signs_of_one_side_leave_one_cause():
    judgement = judge_fracture({Sign.CONVEX_POSTERIOR_WALL: True, Sign.MR_FLUID: False})
    assert judgement.causes == (FractureCause.METASTATIC,)
    assert judgement.absent == (Sign.MR_FLUID,)


def test_conflicting_signs_leave_both():
    judgement = judge_fracture({Sign.CONVEX_POSTERIOR_WALL: True, Sign.MR_FLUID: True})
    assert judgement.causes == tuple(FractureCause)
    assert "osteoporotic fracture: 1, of a metastatic one: 1" in judgement.statement
    assert "conflict" in judgement.statement


def test_nothing_known_leaves_both():
    assert judge_fracture({}).causes == tuple(FractureCause)


def test_absent_signs_alone_settle_nothing():
    judgement = judge_fracture({sign: False for sign in Sign if sign is not Sign.CT_NO_VACUUM})
    assert judgement.causes == tuple(FractureCause)
    assert judgement.metastatic == (Sign.CT_NO_VACUUM,)


def test_a_missing_vacuum_speaks_against_an_osteoporotic_cause():
    with_vacuum = judge_fracture({Sign.CT_JIGSAW: True, Sign.CT_VACUUM: True})
    without = judge_fracture({Sign.CT_JIGSAW: True, Sign.CT_VACUUM: False})
    assert with_vacuum.causes == (FractureCause.OSTEOPOROTIC,)
    assert without.causes == tuple(FractureCause)
    assert without == judge_fracture({Sign.CT_JIGSAW: True, Sign.CT_NO_VACUUM: True})


@pytest.mark.parametrize("answer", [True, False])
def test_a_vacuum_both_seen_and_absent_is_refused(answer):
    with pytest.raises(ValueError, match="contradict"):
        judge_fracture({Sign.CT_VACUUM: answer, Sign.CT_NO_VACUUM: answer})


@given(_SIGNS)
def test_every_sign_is_reported_once_and_on_its_side(signs):
    judgement = judge_fracture(signs)
    assert {cause_of(sign) for sign in judgement.osteoporotic} <= {FractureCause.OSTEOPOROTIC}
    assert {cause_of(sign) for sign in judgement.metastatic} <= {FractureCause.METASTATIC}
    present = {sign for sign, value in signs.items() if value}
    if signs.get(Sign.CT_VACUUM) is False:
        present.add(Sign.CT_NO_VACUUM)
    assert {*judgement.osteoporotic, *judgement.metastatic} == present


@given(_SIGNS, st.randoms(use_true_random=False))
def test_the_order_of_signs_never_matters(signs, draw):
    pairs = list(signs.items())
    draw.shuffle(pairs)
    assert judge_fracture(dict(pairs)) == judge_fracture(signs)


@given(_SIGNS)
def test_json_round_trips(signs):
    adapter = TypeAdapter(FractureJudgement)
    judgement = judge_fracture(signs)
    assert adapter.validate_json(adapter.dump_json(judgement)) == judgement
