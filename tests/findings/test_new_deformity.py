"""What an earlier study says of a deformity: new, old, or still open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinemets.findings.measurement import Measurement, Trace, Unit
from spinemets.findings.new_deformity import judge_new_deformity, was_deformed
from spinemets.findings.records import AlignmentFindings
from spinemets.findings.sins_imaging import judge_alignment
from spinemets.scoring.possible import Source, possible, unknown
from spinemets.scoring.sins_items import Alignment, Collapse

_TRACE = Trace("test")
_UPRIGHT = possible([Collapse.NEITHER], Source.MEASURED)
_COLLAPSED = possible([Collapse.UNDER_HALF], Source.MEASURED)
N, D, T = Alignment.NORMAL, Alignment.DEFORMITY, Alignment.TRANSLATION


def _value(value, unit=Unit.DEGREE):
    return Measurement(value, unit, _TRACE, note="not measured" if value is None else "")


def _aligned(wedge=0.0, scoliosis=0.0, kyphosis=0.0, slip=0.0):
    return AlignmentFindings(
        _value(kyphosis), _value(wedge), _value(scoliosis), _value(slip, Unit.MILLIMETRE)
    )


def _judged(now, then, collapse=_UPRIGHT):
    return judge_new_deformity(judge_alignment(now, collapse), now, then)


@pytest.mark.parametrize(
    ("now", "then", "values"),
    [
        # Straight then, bent now.
        (_aligned(wedge=20.0), _aligned(wedge=2.0), {D}),
        (_aligned(scoliosis=-18.0), _aligned(), {D}),
        (_aligned(kyphosis=30.0), _aligned(kyphosis=5.0), {D}),
        # As bent then as now.
        (_aligned(wedge=20.0), _aligned(wedge=19.0), {N}),
        (_aligned(wedge=10.5), _aligned(wedge=9.0), {N}),
        # Bent then, more bent now: new where the change alone is beyond the limit.
        (_aligned(wedge=20.0), _aligned(wedge=14.0), {N, D}),
        (_aligned(wedge=34.0), _aligned(wedge=14.0), {D}),
        # An angle that was not measured then, or is not now.
        (_aligned(wedge=20.0), _aligned(wedge=None), {N, D}),
        (_aligned(wedge=None), _aligned(wedge=2.0), {N, D}),
        # One angle old, another new.
        (_aligned(wedge=20.0, kyphosis=30.0), _aligned(wedge=20.0, kyphosis=10.0), {D}),
        # Beyond the limit for some answers only.
        (_aligned(wedge=11.0), _aligned(wedge=0.0), {N, D}),
        # Less bent than then.
        (_aligned(wedge=12.0), _aligned(wedge=25.0), {N}),
    ],
)
def test_what_was_there_then_is_not_new(now, then, values):
    assert set(_judged(now, then).values) == values


def test_a_settled_answer_needs_no_confirmation_and_says_why():
    item = _judged(_aligned(wedge=20.0), _aligned(wedge=2.0))
    assert not item.needs_confirmation
    assert item.evidence.endswith("then wedge 2 deg, scoliosis 0 deg, kyphosis 0 deg, so that it is new")
    assert "needs a prior study" not in item.evidence
    assert _judged(_aligned(wedge=20.0), _aligned(wedge=None)).needs_confirmation


def test_a_deformity_of_a_collapsed_body_is_old_if_it_was_there():
    now = _aligned(wedge=20.0)
    assert judge_alignment(now, _COLLAPSED).values == (D,)
    assert _judged(now, _aligned(wedge=20.0), _COLLAPSED).values == (N,)
    assert _judged(now, _aligned(wedge=None), _COLLAPSED).values == (D,)


@pytest.mark.parametrize(("slip", "values"), [(6.0, {T}), (3.5, {T, N}), (0.0, {N})])
def test_a_translation_counts_whether_it_is_new_or_not(slip, values):
    now = _aligned(wedge=20.0, slip=slip)
    assert set(_judged(now, now).values) == values


def test_a_straight_spine_stays_as_it_was_judged():
    seen = judge_alignment(_aligned(), _UPRIGHT)
    assert judge_new_deformity(seen, _aligned(), _aligned(wedge=20.0)) == seen


def test_what_is_unknown_stays_unknown():
    seen = unknown(Alignment, "alignment was not measured")
    nothing = _aligned(None, None, None, None)
    item = judge_new_deformity(seen, nothing, _aligned())
    assert (set(item.values), item.source) == ({T, D, N}, Source.UNKNOWN)


@given(st.tuples(*[st.floats(-40, 40)] * 6))
def test_the_earlier_study_never_adds_what_this_one_excludes(angles):
    now, then = _aligned(*angles[:3]), _aligned(*angles[3:])
    seen = judge_alignment(now, _UPRIGHT)
    allowed = set(seen.values) | ({N} if D in seen.values else set())
    assert set(judge_new_deformity(seen, now, then).values) <= allowed


@given(st.tuples(*[st.floats(-40, 40)] * 3))
def test_nothing_is_new_that_has_not_changed(angles):
    assert D not in _judged(_aligned(*angles), _aligned(*angles)).values


@pytest.mark.parametrize(
    ("then", "answer"),
    [(_aligned(wedge=20.0), True), (_aligned(), False), (_aligned(wedge=9.0), None), (_aligned(None), None)],
)
def test_the_earlier_study_was_deformed_or_not(then, answer):
    assert was_deformed(then) is answer
