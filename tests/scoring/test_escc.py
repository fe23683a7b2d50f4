"""ESCC from what a section shows."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from spinemets.anatomy import EsccGrade
from spinemets.scoring import EsccAssessment, EsccFindings, grade_escc, not_gradable, worst_of
from spinemets.scoring.escc import Severity

_NAMES = ("epidural_tumour", "sac_deformed", "cord_touched", "cord_compressed", "csf_visible")


def _findings(*answers):
    return EsccFindings(**dict(zip(_NAMES, answers, strict=True)))


def _is_consistent(answers):
    ladder = answers[:4]
    return all(not (low is False and high is True) for low, high in itertools.combinations(ladder, 2))


_ANSWERS = st.tuples(*[st.sampled_from([True, False, None])] * 5).filter(_is_consistent)


@pytest.mark.parametrize(
    ("answers", "grade"),
    [
        ((False, False, False, False, True), "0"),
        ((True, False, False, False, True), "1a"),
        ((True, True, False, False, True), "1b"),
        ((True, True, True, False, True), "1c"),
        ((True, True, True, True, True), "2"),
        ((True, True, True, True, False), "3"),
    ],
)
def test_grades_follow_their_definitions(answers, grade):
    assessment = grade_escc(_findings(*answers))
    assert assessment.grades == (EsccGrade(grade),)


def test_a_compressed_cord_takes_the_lesser_findings_for_granted():
    assert grade_escc(EsccFindings(cord_compressed=True, csf_visible=False)).grades == (EsccGrade.G3,)


def test_unknown_csf_leaves_two_grades():
    assessment = grade_escc(EsccFindings(cord_compressed=True))
    assert assessment.grades == (EsccGrade.G2, EsccGrade.G3)
    assert assessment.severity == (Severity.HIGH,)
    assert "CSF visible" in assessment.reason


@pytest.mark.parametrize(
    ("findings", "missing"),
    [
        (EsccFindings(cord_compressed=True), "CSF visible"),
        (EsccFindings(sac_deformed=True, cord_compressed=False), "cord touched"),
        (EsccFindings(epidural_tumour=True, cord_touched=False, csf_visible=True), "sac deformed"),
        (
            EsccFindings(sac_deformed=True, cord_compressed=None, csf_visible=False),
            "cord touched, cord compressed",
        ),
    ],
)
def test_only_facts_that_others_do_not_imply_are_missing(findings, missing):
    assert grade_escc(findings).reason.endswith(f"not known: {missing}")


def test_nothing_known_is_every_grade_and_never_zero():
    assert grade_escc(EsccFindings()).grades == tuple(EsccGrade)


@pytest.mark.parametrize(
    ("grade", "severity", "at_least_1c"),
    [
        ("0", "low", False),
        ("1b", "low", False),
        ("1c", "low", True),
        ("2", "high", True),
        ("3", "high", True),
    ],
)
def test_both_published_cuts_are_reported(grade, severity, at_least_1c):
    ranks = EsccGrade(grade).rank
    answers = [index < ranks for index in range(4)]
    assessment = grade_escc(_findings(*answers, grade != "3"))
    assert assessment.grades == (EsccGrade(grade),)
    assert (assessment.severity, assessment.at_least_1c) == ((Severity(severity),), (at_least_1c,))


def test_contradictions_are_refused():
    with pytest.raises(ValueError, match="cord_compressed is stated although sac_deformed is denied"):
        EsccFindings(sac_deformed=False, cord_compressed=True)


def test_below_the_conus_the_cauda_equina_is_named():
    assessment = grade_escc(EsccFindings(cord_compressed=True, has_cord=False))
    assert assessment.cauda_equina is True
    assert "cauda equina" in assessment.reason


def test_not_gradable_is_no_grade_but_a_reason():
    assessment = not_gradable("no axial T2 at the level")
    assert not assessment.is_gradable
    assert assessment.grades == ()
    assert "no axial T2" in assessment.reason


@given(_ANSWERS)
def test_the_set_holds_the_grade_of_every_consistent_completion(answers):
    options = [(True, False) if answer is None else (answer,) for answer in answers]
    completed = {
        grade_escc(_findings(*completion)).grades[0]
        for completion in itertools.product(*options)
        if _is_consistent(completion)
    }
    assert set(grade_escc(_findings(*answers)).grades) == completed


@given(st.lists(_ANSWERS, min_size=1, max_size=4))
def test_the_worst_of_several_is_the_set_of_maxima(sections):
    assessments = [grade_escc(_findings(*answers)) for answers in sections]
    maxima = {
        max(choice, key=lambda g: g.rank) for choice in itertools.product(*(a.grades for a in assessments))
    }
    assert set(worst_of(assessments).grades) == maxima


def test_sections_that_cannot_be_graded_are_counted_not_hidden():
    worst = worst_of([not_gradable("motion"), grade_escc(EsccFindings(epidural_tumour=False))])
    assert worst.grades == (EsccGrade.G0,)
    assert "1 not gradable, so the true worst may be higher" in worst.reason
    assert not worst_of([not_gradable("motion")]).is_gradable


@given(_ANSWERS)
def test_json_round_trips(answers):
    findings = _findings(*answers)
    for record, kind in ((findings, EsccFindings), (grade_escc(findings), EsccAssessment)):
        adapter = TypeAdapter(kind)
        assert adapter.validate_json(adapter.dump_json(record)) == record
