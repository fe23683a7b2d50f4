"""Scores of a level: what is not known stays open, and what the table says counts."""

import pytest

from spinemets.anatomy import BoneLesionType, EsccGrade, Level
from spinemets.findings.level_belief import LevelBelief, LevelProbability
from spinemets.findings.records import SinsImaging
from spinemets.inference.clinical import NOTHING_KNOWN, ClinicalFacts, PriorAlignment
from spinemets.inference.sins_levels import score_level
from spinemets.scoring.escc import assessment_of, not_gradable
from spinemets.scoring.pathway import Fact, FirstStep
from spinemets.scoring.possible import Source, possible, unknown
from spinemets.scoring.sins_items import Alignment, Collapse, Item, Pain, Posterolateral

ESCC = assessment_of([EsccGrade.G1A], "graded")


def _belief(*levels):
    each = 1.0 / len(levels)
    return LevelBelief(tuple(LevelProbability(level, each) for level in levels))


def _imaging(**changes):
    items = {
        "bone": possible([BoneLesionType.LYTIC], Source.MEASURED),
        "alignment": possible([Alignment.NORMAL], Source.MEASURED),
        "collapse": possible([Collapse.NEITHER], Source.MEASURED),
        "posterolateral": possible([Posterolateral.NONE], Source.MEASURED),
    }
    return SinsImaging(**(items | changes))


def _pain(value):
    return ClinicalFacts(possible([value], Source.CLINICAL))


def _item(score, item):
    return next(one for one in score.items if one.item is item)


def test_unknown_pain_leaves_an_interval():
    score = score_level(_belief(Level.L3), _imaging(), NOTHING_KNOWN, ESCC).sins
    assert (score.minimum, score.maximum) == (4, 7)
    assert score.missing[0].item is Item.PAIN


def test_known_pain_closes_it():
    score = score_level(_belief(Level.L3), _imaging(), _pain(Pain.MECHANICAL), ESCC).sins
    assert (score.minimum, score.maximum) == (7, 7)


@pytest.mark.parametrize(
    ("levels", "points"), [((Level.T10, Level.T11), {1, 3}), ((Level.L3, Level.L4), {2})]
)
def test_an_uncertain_level_reaches_the_item_of_location(levels, points):
    score = score_level(_belief(*levels), _imaging(), _pain(Pain.NONE), ESCC).sins
    assert set(_item(score, Item.LOCATION).points) == points


@pytest.mark.parametrize("level", [Level.L6, Level.T13])
def test_rare_levels_are_scored(level):
    score = score_level(_belief(level), _imaging(), _pain(Pain.NONE), ESCC).sins
    assert _item(score, Item.LOCATION).findings == ("junctional",)


def test_the_tables_lesion_type_overrules_the_image_and_says_where_they_differ():
    bone = possible([BoneLesionType.BLASTIC], Source.CLINICAL)
    facts = ClinicalFacts(unknown(Pain), bone=bone)
    item = _item(score_level(_belief(Level.L3), _imaging(), facts, ESCC).sins, Item.BONE)
    assert item.findings == ("blastic",)
    assert item.needs_confirmation
    assert "lytic" in item.evidence


@pytest.mark.parametrize(
    ("prior", "found"), [(PriorAlignment.NORMAL, "deformity"), (PriorAlignment.ABNORMAL, "normal")]
)
def test_a_deformity_counts_where_it_is_new(prior, found):
    seen = possible([Alignment.DEFORMITY], Source.MEASURED, "kyphosis 14 deg", needs_confirmation=True)
    facts = ClinicalFacts(unknown(Pain), prior_alignment=prior)
    score = score_level(_belief(Level.L3), _imaging(alignment=seen), facts, ESCC).sins
    item = _item(score, Item.ALIGNMENT)
    assert item.findings == (found,)
    assert not item.needs_confirmation


def test_a_translation_counts_whatever_the_prior_study():
    seen = possible([Alignment.TRANSLATION], Source.MEASURED)
    facts = ClinicalFacts(unknown(Pain), prior_alignment=PriorAlignment.ABNORMAL)
    score = score_level(_belief(Level.L3), _imaging(alignment=seen), facts, ESCC).sins
    assert _item(score, Item.ALIGNMENT).findings == ("translation",)


def test_without_a_grade_the_pathway_stays_open():
    pathway = score_level(_belief(Level.L3), _imaging(), NOTHING_KNOWN, not_gradable("no axial T2")).pathway
    assert pathway.first_steps == tuple(FirstStep)
    assert Fact.ESCC in pathway.missing
