import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinemets.anatomy import Level
from spinemets.evaluation.levels import evaluate_levels
from spinemets.evaluation.pairs import LevelPair
from spinemets.evaluation.resampling import Bootstrap
from spinemets.findings.measurement import Unit

BOOTSTRAP = Bootstrap(200, seed=0)
levels = st.sampled_from(Level)
pairs = st.builds(
    LevelPair,
    case=st.sampled_from(["a", "b"]),
    patient=st.sampled_from(["p", "q"]),
    reference=levels,
    most_likely=st.none() | levels,
    credible=st.lists(levels, max_size=3, unique=True).map(tuple),
    distance_mm=st.none() | st.floats(0, 50),
)


def pair(reference, found, *also, case="a", distance_mm=0.0):
    """A vertebra found as one level, or as one that may be others too; or not at all."""
    credible = () if found is None else (Level(found), *map(Level, also))
    most_likely = credible[0] if credible else None
    return LevelPair(case, f"patient of {case}", Level(reference), most_likely, credible, distance_mm)


def figures(some):
    return {figure.name: figure for figure in evaluate_levels(some, BOOTSTRAP)}


def test_vertebrae_right_wrong_open_and_missed():
    found = figures(
        [
            pair("T11", "T11", distance_mm=1.0),
            pair("T12", "L1", "T12", distance_mm=25.0),
            pair("L1", "L3", distance_mm=None),
            pair("L2", None, distance_mm=None),
        ]
    )
    assert found["identification rate"].value == pytest.approx(1 / 4)
    assert found["off by one"].value == pytest.approx(1 / 4)
    assert found["not found"].value == pytest.approx(1 / 4)
    assert found["left open"].value == pytest.approx(1 / 3)
    assert found["set holds the truth"].value == pytest.approx(2 / 3)
    assert found["mean error"].value == pytest.approx(13.0)
    assert (found["mean error"].unit, found["mean error"].n) == (Unit.MILLIMETRE, 2)


@pytest.mark.parametrize(
    ("true", "found"), [("T12", "L1"), ("T12", "T13"), ("L5", "L6"), ("L5", "S1"), ("C1", "C2")]
)
def test_neighbours_are_off_by_one(true, found):
    assert figures([pair(true, found)])["off by one"].value == 1
    assert figures([pair(found, true)])["off by one"].value == 1


def test_two_away_is_not_off_by_one():
    assert figures([pair("T12", "L2"), pair("L1", "L1")])["off by one"].value == 0


def test_a_study_counts_where_every_level_is_right():
    found = figures(
        [pair("L1", "L1"), pair("L2", "L2"), pair("L1", "L1", case="b"), pair("L2", "L3", case="b")]
    )
    assert found["every level right"].value == pytest.approx(1 / 2)
    assert (found["every level right"].n, found["every level right"].method) == (2, "Wilson")


@given(st.lists(pairs, max_size=8))
def test_any_pairs_have_figures_or_reasons(some):
    assert all(figure.value is not None or figure.reason for figure in evaluate_levels(some, BOOTSTRAP))
