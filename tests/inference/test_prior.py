"""An earlier study beside this one: chosen, compared by level, with what limits the comparison."""

from dataclasses import replace

import pytest

from inference.visits import LUMBAR, PITCHES_MM, SETTINGS, Spot, station, sure
from report.small_assessment import small_assessment
from spinemets.anatomy import Level
from spinemets.findings.measurement import Measurement, Trace, Unit
from spinemets.findings.records import AlignmentFindings
from spinemets.inference.clinical import PriorAlignment
from spinemets.inference.prior import EarlierStudy, choose_prior, compare_with
from spinemets.inference.prior_alignment import answer_alignment
from spinemets.inference.prior_records import Direction, Involvement
from spinemets.scoring.sins_items import Alignment

_SURE = tuple(map(sure, LUMBAR))
_FRONT = (0.0, 24.0, 4.0)
_RESULT = small_assessment().result
_LEVEL = _RESULT.levels[0]


def _levels(of):
    return tuple(
        replace(_LEVEL, station=of.name, vertebra=one.number, belief=one.belief)
        for one in of.findings.vertebrae
        if one.involved
    )


def _result(*stations, **changes):
    levels = tuple(level for one in stations for level in _levels(one))
    return replace(_RESULT, study="earlier", stations=stations, levels=levels, **changes)


def _compared(now, *then, days=90, provenance=_RESULT.provenance, **of_then):
    prior = choose_prior([now], [EarlierStudy(_result(*then, **of_then), days)])
    return compare_with(prior, _levels(now), [now], provenance, SETTINGS)


def _involvements(now, then):
    return {str(one.belief.most_likely): one.involvement for one in _compared(now, then).levels}


def test_without_an_earlier_study_there_is_no_prior():
    assert choose_prior([station(_SURE)], []) is None


def test_the_latest_study_that_shows_a_vertebra_of_this_one_is_taken():
    neck = EarlierStudy(replace(_result(station((sure(Level.C3), sure(Level.C4)))), study="neck"), 30)
    old = EarlierStudy(_result(station(_SURE)), 400)
    chosen = choose_prior([station(_SURE)], [neck, old])
    assert (chosen.study.result.study, chosen.study.days) == ("earlier", 400)
    assert choose_prior([station(_SURE)], [neck]).study.result.study == "neck"


def test_levels_are_new_kept_or_no_longer_involved():
    now = station(_SURE, [Spot(1, _FRONT, 2.0), Spot(2, _FRONT, 1.0)])
    then = station(_SURE, [Spot(2, _FRONT, 1.0), Spot(4, _FRONT, 1.0)])
    assert _involvements(now, then) == {
        "T12": Involvement.NEW,
        "L1": Involvement.BOTH,
        "L3": Involvement.ENDED,
    }


def test_levels_that_the_other_study_does_not_show_are_not_compared():
    now, then = station(_SURE[:4], [Spot(1, _FRONT, 1.0)]), station(_SURE[1:], [Spot(4, _FRONT, 1.0)])
    assert set(_involvements(now, then).values()) == {Involvement.NOT_COMPARABLE}


def test_a_level_whose_lesion_lies_outside_the_earlier_images_is_not_new():
    now = station(_SURE, [Spot(2, (30.0, -10.0, 0.0), 1.0)])
    (level,) = _compared(now, station(_SURE, grid="narrow")).levels
    assert level.involvement is Involvement.NOT_COMPARABLE
    assert "place of a lesion" in level.reason


def test_grades_and_points_are_compared_where_a_level_had_and_has_tumour():
    one = station(_SURE, [Spot(2, _FRONT, 1.0)])
    (level,) = _compared(one, one).levels
    assert (level.level_now, level.station_then, level.vertebra_then) == (0, "lumbar", 2)
    # Two grades are possible then and now, and pain is known at neither time.
    assert set(level.escc.directions) == set(level.sins.total.directions) == set(Direction)


def test_days_and_name_of_the_earlier_study_are_kept():
    compared = _compared(station(_SURE), station(_SURE), days=None)
    assert (compared.study, compared.days) == ("earlier", None)
    assert compared.lesions == compared.levels == compared.statements == ()


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (station((sure(Level.C3), sure(Level.C4))), "no vertebra of this study"),
        (
            station(_SURE, pitches=tuple(0.8 * one for one in PITCHES_MM)),
            "check that both are of one patient",
        ),
        (replace(station(_SURE), channels={"T1": "a", "T2": "b"}), "T1, T2 then, T2 now"),
    ],
)
def test_what_limits_the_comparison_is_said(then, words):
    assert any(words in one for one in _compared(station(_SURE), then).statements)


def test_vertebrae_that_may_be_two_are_counted():
    other = replace(station(_SURE, name="neck"), findings=station((sure(Level.C3),)).findings)
    prior = choose_prior([station(_SURE)], [EarlierStudy(_result(station(_SURE), other), 10)])
    spines = replace(prior.spines, matches=((0,), (1, 2), (2, 3), (3,), (None,)))
    compared = compare_with(replace(prior, spines=spines), (), [station(_SURE)], _RESULT.provenance, SETTINGS)
    assert any("of 2 vertebrae" in one for one in compared.statements)


def test_other_weights_or_settings_then_are_said():
    one, made = station(_SURE), _RESULT.provenance
    other = (replace(made.weights[0], sha256="0" * 64), *made.weights[1:])
    (statement,) = _compared(one, one, provenance=replace(made, weights=other)).statements
    assert "other weights" in statement
    (statement,) = _compared(one, one, provenance=replace(made, config_sha256="0")).statements
    assert "other settings" in statement


def _alignment(wedge_deg):
    def value(number, unit=Unit.DEGREE):
        return Measurement(number, unit, Trace("test"))

    return AlignmentFindings(value(0.0), value(wedge_deg), value(0.0), value(0.0, Unit.MILLIMETRE))


def _bent(wedge_deg=20.0):
    (vertebra, *_) = _RESULT.stations[0].findings.vertebrae
    return replace(vertebra, alignment=_alignment(wedge_deg))


def test_the_earlier_study_answers_what_is_new():
    old = answer_alignment(_bent(), _alignment(20.0), None)
    assert old.sins.alignment.values == (Alignment.NORMAL,)
    assert answer_alignment(_bent(), _alignment(0.0), None).sins.alignment.values == (Alignment.DEFORMITY,)
    assert answer_alignment(_bent(), None, None).sins == _bent().sins


@pytest.mark.parametrize(
    ("word", "then_deg", "warns"),
    [
        (PriorAlignment.NORMAL, 20.0, True),
        (PriorAlignment.NORMAL, 0.0, False),
        (PriorAlignment.NORMAL, 9.0, False),
        (PriorAlignment.ABNORMAL, 0.0, True),
        (PriorAlignment.ABNORMAL, 20.0, False),
    ],
)
def test_the_tables_word_counts_and_a_contradiction_is_said(word, then_deg, warns):
    answered = answer_alignment(_bent(), _alignment(then_deg), word)
    assert answered.sins == _bent().sins
    assert ("the table counts" in answered.warning) is warns


def test_alignment_then_is_that_of_the_same_vertebra():
    then = station(_SURE)
    bent = replace(then.findings.vertebrae[3], alignment=_alignment(20.0))
    vertebrae = (*then.findings.vertebrae[:3], bent, *then.findings.vertebrae[4:])
    then = replace(then, findings=replace(then.findings, vertebrae=vertebrae))
    prior = choose_prior([station(_SURE[2:])], [EarlierStudy(_result(then), 10)])
    assert prior.alignment_of("lumbar", 2) == _alignment(20.0)
    assert prior.alignment_of("lumbar", 1) is None
    assert prior.alignment_of("nowhere", 2) is None
