"""SINS: published examples, and what must hold for any findings."""

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from strategies import findings

from spinemets.anatomy import BoneLesionType, Level
from spinemets.scoring import SinsClass, SinsFindings, SinsScore, Source, possible, score_sins, unknown
from spinemets.scoring.location import location_of
from spinemets.scoring.sins import Settles, class_of
from spinemets.scoring.sins_items import (
    POINTS,
    RADELEMENT_NAMES,
    Alignment,
    Collapse,
    Item,
    Location,
    Pain,
    Posterolateral,
)

_FIELD_ITEMS = {
    "pain": Item.PAIN,
    "bone": Item.BONE,
    "alignment": Item.ALIGNMENT,
    "collapse": Item.COLLAPSE,
    "posterolateral": Item.POSTEROLATERAL,
}


def _stated(level, pain, bone, alignment, collapse, posterolateral):
    values = (level, pain, bone, alignment, collapse, posterolateral)
    return SinsFindings(*(possible([value], Source.STATED) for value in values))


def _nothing_known(level):
    kinds = (Pain, BoneLesionType, Alignment, Collapse, Posterolateral)
    return SinsFindings(possible([level], Source.MEASURED), *(unknown(kind) for kind in kinds))


def _completions(given):
    """Every way of making each item certain, and its total by plain addition."""
    options = [getattr(given, field).values for field in _FIELD_ITEMS]
    for level, *values in itertools.product(given.level.values, *options):
        total = POINTS[Item.LOCATION][location_of(level, given.numbering)]
        total += sum(POINTS[item][value] for item, value in zip(_FIELD_ITEMS.values(), values, strict=True))
        yield total


# Fisher et al. 2010, table 1, written out.
_PUBLISHED = {
    Item.LOCATION: {"junctional": 3, "mobile": 2, "semirigid": 1, "rigid": 0},
    Item.PAIN: {"mechanical": 3, "occasional": 1, "none": 0},
    Item.BONE: {"lytic": 2, "mixed": 1, "blastic": 0},
    Item.ALIGNMENT: {"translation": 4, "deformity": 2, "normal": 0},
    Item.COLLAPSE: {
        "50 % or more": 3,
        "under 50 %": 2,
        "no collapse, over 50 % involved": 1,
        "none of these": 0,
    },
    Item.POSTEROLATERAL: {"bilateral": 3, "unilateral": 1, "none": 0},
}


def test_the_points_are_those_of_the_original():
    assert {item: {str(f): p for f, p in points.items()} for item, points in POINTS.items()} == _PUBLISHED
    assert sum(max(points.values()) for points in POINTS.values()) == 18


def test_figure_6_of_the_review():
    # C5, lytic, body and posterior arch involved on both sides, pathological fracture. What the figure's text
    # leaves open (pain, alignment, how much of the height is lost) stays open.
    score = score_sins(
        SinsFindings(
            level=possible([Level.C5], Source.MEASURED),
            pain=unknown(Pain),
            bone=possible([BoneLesionType.LYTIC], Source.CT),
            alignment=unknown(Alignment),
            collapse=possible([Collapse.AT_LEAST_HALF, Collapse.UNDER_HALF], Source.MEASURED, "fracture"),
            posterolateral=possible([Posterolateral.BILATERAL], Source.MEASURED, "posterior arch"),
        )
    )
    points = {item.item: item.points for item in score.items}
    assert points[Item.LOCATION] == (2,)
    assert points[Item.BONE] == (2,)
    assert points[Item.COLLAPSE] == (3, 2)
    assert points[Item.POSTEROLATERAL] == (3,)
    assert (score.minimum, score.maximum) == (9, 17)
    assert score.classes == (SinsClass.INDETERMINATE, SinsClass.UNSTABLE)
    assert score.missing[0].settles is Settles.SOMETIMES


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (0, "stable"),
        (6, "stable"),
        (7, "indeterminate"),
        (12, "indeterminate"),
        (13, "unstable"),
        (18, "unstable"),
    ],
)
def test_classes_are_cut_as_published(total, expected):
    assert class_of(total) == expected


@pytest.mark.parametrize("total", [-1, 19])
def test_totals_that_no_spine_has_are_refused(total):
    with pytest.raises(ValueError, match="no SINS total"):
        class_of(total)


def test_the_example_of_the_readme():
    score = score_sins(
        _stated(
            Level.T12,
            Pain.MECHANICAL,
            BoneLesionType.LYTIC,
            Alignment.NORMAL,
            Collapse.AT_LEAST_HALF,
            Posterolateral.BILATERAL,
        )
    )
    assert (score.minimum, score.maximum, score.classes) == (14, 14, (SinsClass.UNSTABLE,))
    assert score.missing == ()


def test_nothing_is_silently_zero():
    # Public SINS code sets alignment, collapse and posterolateral to 0 and calls them measured.
    score = score_sins(_nothing_known(Level.T5))
    assert (score.minimum, score.maximum) == (1, 16)
    assert all(item.source is Source.UNKNOWN for item in score.items if item.item is not Item.LOCATION)


def test_an_uncertain_lesion_type_is_not_scored_as_mixed():
    score = score_sins(_nothing_known(Level.T5))
    assert {item.item: item.points for item in score.items}[Item.BONE] == (2, 1, 0)


def test_an_uncertain_level_reaches_the_location_item():
    given_ = replace(_nothing_known(Level.T10), level=possible([Level.T10, Level.T11], Source.MEASURED))
    location = score_sins(given_).items[0]
    assert location.findings == (Location.JUNCTIONAL, Location.SEMIRIGID)
    assert location.points == (3, 1)


@settings(max_examples=150)
@given(findings())
def test_the_interval_holds_every_completion_and_is_tight(given_):
    totals = set(_completions(given_))
    score = score_sins(given_)
    assert (score.minimum, score.maximum) == (min(totals), max(totals))
    assert set(score.classes) == {class_of(total) for total in totals}


@settings(max_examples=150)
@given(findings())
def test_each_answer_gives_what_scoring_with_it_gives(given_):
    for fact in score_sins(given_).missing:
        if fact.item is Item.LOCATION:
            continue
        field = next(name for name, item in _FIELD_ITEMS.items() if item is fact.item)
        for answer in fact.answers:
            kind = type(getattr(given_, field).values[0])
            told = score_sins(replace(given_, **{field: possible([kind(answer.finding)], Source.STATED)}))
            assert (answer.minimum, answer.maximum) == (told.minimum, told.maximum)
            assert answer.classes == told.classes


@settings(max_examples=150)
@given(findings())
def test_facts_are_missing_only_where_the_class_is_open_and_say_what_they_settle(given_):
    score = score_sins(given_)
    assert bool(score.missing) == (len(score.classes) > 1)
    for fact in score.missing:
        settled = [len(answer.classes) == 1 for answer in fact.answers]
        assert (fact.settles is Settles.ALWAYS) == all(settled)
        assert (fact.settles is Settles.NEVER) == (not any(settled))
    ranks = [list(Settles).index(fact.settles) for fact in score.missing]
    assert ranks == sorted(ranks)


@given(findings(), st.sampled_from(list(_FIELD_ITEMS)), st.data())
def test_a_finding_of_more_points_never_lowers_the_score(given_, field, data):
    points = POINTS[_FIELD_ITEMS[field]]
    low, high = sorted(data.draw(st.tuples(*[st.sampled_from(list(points))] * 2)), key=points.__getitem__)
    lower, higher = (
        score_sins(replace(given_, **{field: possible([value], Source.STATED)})) for value in (low, high)
    )
    assert lower.minimum <= higher.minimum
    assert lower.maximum <= higher.maximum


@given(findings(), st.sampled_from(list(_FIELD_ITEMS)))
def test_knowing_less_never_narrows_the_score(given_, field):
    kind = type(getattr(given_, field).values[0])
    less = score_sins(replace(given_, **{field: unknown(kind)}))
    score = score_sins(given_)
    assert less.minimum <= score.minimum
    assert score.maximum <= less.maximum
    assert set(score.classes) <= set(less.classes)


@given(st.permutations(list(Collapse)), st.integers(1, 4))
def test_the_order_of_findings_never_matters(order, count):
    chosen = order[:count]
    assert (
        possible(chosen, Source.CT) == possible(sorted(chosen), Source.CT) == possible(chosen * 2, Source.CT)
    )


@given(findings())
def test_json_round_trips(given_):
    for record, kind in ((given_, SinsFindings), (score_sins(given_), SinsScore)):
        adapter = TypeAdapter(kind)
        text = adapter.dump_json(record)
        assert json.loads(text)
        assert adapter.validate_json(text) == record


def test_an_empty_set_of_findings_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        possible([], Source.MEASURED)


def test_every_finding_but_pain_has_a_radelement_name():
    for item, names in RADELEMENT_NAMES.items():
        assert set(names) == set(POINTS[item])
        assert len(set(names.values())) == len(names)
    assert set(RADELEMENT_NAMES) == set(Item) - {Item.PAIN}
