from dataclasses import replace

import pytest

from findings.block_spine import ball, block_maps
from spinemets.anatomy import BoneLesionType
from spinemets.findings.compartments import compartment_map
from spinemets.findings.lesions import measure_lesions
from spinemets.findings.measurement import Measurement, Trace, Unit
from spinemets.findings.records import AlignmentFindings, BodyFindings
from spinemets.findings.sins_imaging import join_types, judge_alignment, judge_height, judge_sins
from spinemets.scoring.possible import Source, possible, unknown
from spinemets.scoring.sins_items import Alignment, Collapse, Posterolateral

_TRACE = Trace("test")
_COLLAPSED = possible([Collapse.UNDER_HALF], Source.MEASURED)
_UPRIGHT = possible([Collapse.NEITHER], Source.MEASURED)


def _value(value, unit, **more):
    note = "not measured" if value is None else ""
    return Measurement(value, unit, _TRACE, **{"note": note, **more})


def _body(anterior=0.0, middle=0.0, posterior=0.0, involved=20.0):
    height = _value(25.0, Unit.MILLIMETRE)
    losses = [_value(loss, Unit.PERCENT) for loss in (anterior, middle, posterior)]
    part, offset = _value(involved, Unit.PERCENT), _value(0.0, Unit.MILLIMETRE)
    return BodyFindings(height, height, height, *losses, (1, 3), part, offset, None, None)


def _aligned(slip=0.0, wedge=0.0, scoliosis=0.0, kyphosis=0.0):
    angles = {"kyphosis": kyphosis, "wedge": wedge, "scoliosis": scoliosis}
    measured = {name: _value(value, Unit.DEGREE) for name, value in angles.items()}
    return AlignmentFindings(**measured, slip=_value(slip, Unit.MILLIMETRE))


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (_body(), {Collapse.NEITHER}),
        (_body(involved=70.0), {Collapse.INVOLVED_OVER_HALF}),
        (_body(involved=48.0), {Collapse.INVOLVED_OVER_HALF, Collapse.NEITHER}),
        (_body(anterior=30.0), {Collapse.UNDER_HALF}),
        (_body(middle=30.0, posterior=70.0), {Collapse.AT_LEAST_HALF}),
        (_body(anterior=47.0), {Collapse.UNDER_HALF, Collapse.AT_LEAST_HALF}),
        (_body(anterior=8.0), {Collapse.UNDER_HALF, Collapse.NEITHER}),
        (_body(anterior=-20.0), {Collapse.NEITHER}),
    ],
)
def test_collapse_by_loss_and_part(body, values):
    assert set(judge_height(body).values) == values


def test_thirds_that_were_not_measured_may_be_lost():
    assert set(judge_height(_body(anterior=30.0, middle=None)).values) == {
        Collapse.UNDER_HALF,
        Collapse.AT_LEAST_HALF,
    }


def test_heights_without_reference_still_tell_the_part():
    assert set(judge_height(_body(None, None, None, 10.0)).values) == {
        Collapse.AT_LEAST_HALF,
        Collapse.UNDER_HALF,
        Collapse.NEITHER,
    }


def test_a_lower_bound_has_no_upper_end():
    body = replace(_body(), involved=_value(20.0, Unit.PERCENT, at_least=True))
    assert set(judge_height(body).values) == {Collapse.INVOLVED_OVER_HALF, Collapse.NEITHER}


def test_nothing_measured_is_unknown():
    assert judge_height(None).source is Source.UNKNOWN
    assert judge_height(_body(None, None, None, None)).source is Source.UNKNOWN
    assert judge_alignment(None, _UPRIGHT).source is Source.UNKNOWN
    assert judge_alignment(_aligned(None, None, None, None), _UPRIGHT).source is Source.UNKNOWN


@pytest.mark.parametrize(
    ("measured", "collapse", "values"),
    [
        (_aligned(), _UPRIGHT, {Alignment.NORMAL}),
        (_aligned(slip=6.0), _UPRIGHT, {Alignment.TRANSLATION}),
        (_aligned(slip=-6.0), _UPRIGHT, {Alignment.TRANSLATION}),
        (_aligned(slip=3.0), _UPRIGHT, {Alignment.TRANSLATION, Alignment.NORMAL}),
        (_aligned(wedge=20.0), _UPRIGHT, {Alignment.DEFORMITY, Alignment.NORMAL}),
        (_aligned(wedge=20.0), _COLLAPSED, {Alignment.DEFORMITY}),
        (_aligned(wedge=11.0), _COLLAPSED, {Alignment.DEFORMITY, Alignment.NORMAL}),
        (_aligned(wedge=-20.0), _COLLAPSED, {Alignment.NORMAL}),
        (_aligned(scoliosis=-20.0), _UPRIGHT, {Alignment.DEFORMITY, Alignment.NORMAL}),
        (_aligned(kyphosis=15.0), _UPRIGHT, {Alignment.NORMAL}),
        (_aligned(kyphosis=30.0), _UPRIGHT, {Alignment.DEFORMITY, Alignment.NORMAL}),
        (_aligned(slip=None), _UPRIGHT, {Alignment.TRANSLATION, Alignment.NORMAL}),
        (_aligned(slip=3.0, wedge=20.0), _COLLAPSED, {Alignment.TRANSLATION, Alignment.DEFORMITY}),
    ],
)
def test_alignment_by_slip_and_angles(measured, collapse, values):
    found = judge_alignment(measured, collapse)
    assert set(found.values) == values
    assert found.needs_confirmation
    assert "prior study" in found.evidence


def _lesion_of(bone):
    (lesion,) = measure_lesions(block_maps(ball((0.0, 0.0, 0.0), 6.0)))
    return replace(lesion, bone=bone)


def test_types_of_several_lesions_are_joined():
    lytic = _lesion_of(possible([BoneLesionType.LYTIC], Source.MEASURED, "one"))
    blastic = _lesion_of(possible([BoneLesionType.BLASTIC], Source.MEASURED, "two"))
    mute = _lesion_of(unknown(BoneLesionType, "in the canal"))
    assert join_types((lytic, mute)).values == (BoneLesionType.LYTIC,)
    assert join_types((lytic, blastic)).values == tuple(BoneLesionType)
    assert join_types((mute,)).source is Source.UNKNOWN
    assert join_types((mute,)).evidence == "in the canal"
    assert join_types((lytic,)).needs_confirmation


def test_all_items_of_a_level():
    maps = block_maps(ball((15.0, -20.0, 5.0), 7.0))
    compartments = compartment_map(maps)
    lesions = measure_lesions(maps, compartments)
    found = judge_sins(2, _body(anterior=30.0), _aligned(), lesions, maps, compartments)
    assert found.posterolateral.values == (Posterolateral.UNILATERAL,)
    assert found.collapse.values == (Collapse.UNDER_HALF,)
    assert found.alignment.values == (Alignment.NORMAL,)
    assert found.bone == lesions[0].bone
