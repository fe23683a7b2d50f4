"""The care pathway: branches stay open where inputs are missing."""

import itertools

import pytest
from pydantic import TypeAdapter

from spinemets.scoring import (
    EsccFindings,
    Pathway,
    PathwayInputs,
    SinsClass,
    grade_escc,
    not_gradable,
    suggest_pathway,
)
from spinemets.scoring.pathway import Fact, FirstStep

_LOW = grade_escc(EsccFindings(epidural_tumour=True, sac_deformed=False))
_HIGH = grade_escc(EsccFindings(cord_compressed=True, csf_visible=True))
_NO_AXIAL = not_gradable("no axial T2 at the level")
_STABLE = (SinsClass.STABLE,)


@pytest.mark.parametrize(
    ("escc", "radiosensitive", "fit", "step"),
    [
        (_LOW, False, True, FirstStep.RADIATION),
        (_HIGH, False, True, FirstStep.DECOMPRESSION),
        (_HIGH, True, True, FirstStep.RADIATION),
        (_HIGH, False, False, FirstStep.RADIATION),
    ],
)
def test_known_inputs_give_one_first_step(escc, radiosensitive, fit, step):
    pathway = suggest_pathway(PathwayInputs(escc, _STABLE, radiosensitive, fit))
    assert pathway.first_steps == (step,)
    assert pathway.missing == ()


def test_missing_inputs_leave_the_branch_open_and_are_named():
    pathway = suggest_pathway(PathwayInputs(_HIGH, _STABLE))
    assert set(pathway.first_steps) == set(FirstStep)
    assert pathway.missing == (Fact.RADIOSENSITIVE, Fact.FIT)


def test_inputs_that_decide_nothing_are_not_asked_for():
    assert suggest_pathway(PathwayInputs(_LOW, _STABLE)).missing == ()


def test_what_cannot_be_graded_is_never_low_grade():
    pathway = suggest_pathway(PathwayInputs(_NO_AXIAL, _STABLE, False, True))
    assert set(pathway.first_steps) == set(FirstStep)
    assert Fact.ESCC in pathway.missing
    assert "not gradable" in pathway.neurological


@pytest.mark.parametrize("escc", [_LOW, _HIGH, _NO_AXIAL])
def test_instability_indicates_stabilisation_whatever_the_rest(escc):
    pathway = suggest_pathway(PathwayInputs(escc, (SinsClass.UNSTABLE,)))
    assert "indicates stabilisation" in pathway.stabilisation


def test_an_open_sins_class_is_said():
    pathway = suggest_pathway(PathwayInputs(_LOW, (SinsClass.INDETERMINATE, SinsClass.UNSTABLE)))
    assert pathway.missing == (Fact.SINS,)
    assert pathway.mechanical == "SINS class indeterminate or unstable"


def test_open_inputs_hold_every_completion():
    for escc, sensitive, fit in itertools.product(
        (_LOW, _HIGH, _NO_AXIAL), (True, False, None), (True, False, None)
    ):
        steps = suggest_pathway(PathwayInputs(escc, _STABLE, sensitive, fit)).first_steps
        for known_sensitive, known_fit in itertools.product(
            (True, False) if sensitive is None else (sensitive,), (True, False) if fit is None else (fit,)
        ):
            closed = suggest_pathway(PathwayInputs(escc, _STABLE, known_sensitive, known_fit)).first_steps
            assert set(closed) <= set(steps)


@pytest.mark.parametrize("escc", [_LOW, _HIGH, _NO_AXIAL])
def test_json_round_trips(escc):
    inputs = PathwayInputs(escc, tuple(SinsClass))
    for record, kind in ((inputs, PathwayInputs), (suggest_pathway(inputs), Pathway)):
        adapter = TypeAdapter(kind)
        assert adapter.validate_json(adapter.dump_json(record)) == record


def test_it_is_worded_as_decision_support():
    assert "not an order" in suggest_pathway(PathwayInputs(_LOW, _STABLE)).note


def test_inputs_without_any_class_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        PathwayInputs(_LOW, ())
