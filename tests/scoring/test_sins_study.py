"""The study's SINS is its worst level's, over all that is possible."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from strategies import findings

from spinemets.anatomy import Level
from spinemets.scoring import HighestSins, highest_sins, score_sins
from spinemets.scoring.sins_text import findings_from_text

_SCORES = st.lists(findings().map(score_sins), min_size=1, max_size=4)


def _scored(**values):
    return score_sins(findings_from_text(values))


@settings(max_examples=100)
@given(_SCORES)
def test_it_is_the_set_of_maxima(scores):
    ends = list(itertools.product(*((score.minimum, score.maximum) for score in scores)))
    highest = highest_sins(scores)
    assert highest.minimum == min(map(max, ends))
    assert highest.maximum == max(map(max, ends))
    order = ("stable", "indeterminate", "unstable")
    worst = {max(choice, key=order.index) for choice in itertools.product(*(s.classes for s in scores))}
    assert highest.classes == tuple(each for each in order if each in worst)


@given(_SCORES, st.randoms(use_true_random=False))
def test_the_order_of_levels_never_matters(scores, draw):
    shuffled = scores.copy()
    draw.shuffle(shuffled)
    first, second = highest_sins(scores), highest_sins(shuffled)
    assert (first.minimum, first.maximum, first.classes) == (second.minimum, second.maximum, second.classes)
    assert sorted(first.levels) == sorted(second.levels)


def test_it_names_every_level_that_may_be_the_worst():
    known = {"bone": "lytic", "alignment": "normal", "posterolateral": "none", "involved": "0"}
    low = _scored(level="T5", pain="none", collapse="0", **known)
    high = _scored(level="T12", pain="mechanical", collapse="60", **known)
    perhaps = _scored(level="L3", pain="unknown", collapse="60", **(known | {"posterolateral": "bilateral"}))
    highest = highest_sins([low, high, perhaps])
    assert (high.minimum, perhaps.minimum, perhaps.maximum) == (11, 10, 13)
    assert (highest.minimum, highest.maximum) == (11, 13)
    assert highest.levels == ((Level.T12,), (Level.L3,))
    assert highest.classes == ("indeterminate", "unstable")


def test_a_study_without_involved_levels_has_no_score():
    with pytest.raises(ValueError, match="no level was scored"):
        highest_sins([])


@given(_SCORES)
def test_json_round_trips(scores):
    adapter = TypeAdapter(HighestSins)
    highest = highest_sins(scores)
    assert adapter.validate_json(adapter.dump_json(highest)) == highest
