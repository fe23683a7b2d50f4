"""Levels: order, names, codes, and the people who have one more or one less."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinemets.anatomy import STANDARD_NUMBERING, EsccGrade, Level, Numbering, Region

_NUMBERINGS = [Numbering(t, n) for t in (11, 12, 13) for n in (4, 5, 6)]


def test_the_standard_spine_has_24_vertebrae_and_a_sacrum():
    levels = STANDARD_NUMBERING.levels
    assert levels[0] is Level.OCCIPUT
    assert len([level for level in levels if level.region not in (Region.SACRAL, Region.OCCIPITAL)]) == 24
    assert levels[-5:] == (Level.S1, Level.S2, Level.S3, Level.S4, Level.S5)


@pytest.mark.parametrize("numbering", _NUMBERINGS)
def test_counts_are_what_they_say(numbering):
    regions = [level.region for level in numbering.levels]
    assert regions.count(Region.THORACIC) == numbering.thoracic_count
    assert regions.count(Region.LUMBAR) == numbering.lumbar_count
    assert regions.count(Region.CERVICAL) == 7


@pytest.mark.parametrize("numbering", _NUMBERINGS)
def test_above_and_below_are_inverse_and_walk_the_whole_spine(numbering):
    for upper, lower in itertools.pairwise(numbering.levels):
        assert numbering.below(upper) is lower
        assert numbering.above(lower) is upper
    assert numbering.above(Level.OCCIPUT) is None
    assert numbering.below(Level.S5) is None


@pytest.mark.parametrize(
    ("numbering", "upper", "lower"),
    [
        (Numbering(thoracic_count=13), Level.T13, Level.L1),
        (Numbering(thoracic_count=11), Level.T11, Level.L1),
        (Numbering(lumbar_count=6), Level.L6, Level.S1),
        (Numbering(lumbar_count=4), Level.L4, Level.S1),
        (STANDARD_NUMBERING, Level.L5, Level.S1),
    ],
)
def test_neighbours_follow_the_numbering(numbering, upper, lower):
    assert numbering.below(upper) is lower


def test_a_level_that_the_person_lacks_has_no_neighbours():
    with pytest.raises(ValueError, match="T13 does not occur"):
        STANDARD_NUMBERING.above(Level.T13)


@pytest.mark.parametrize("counts", [(10, 5), (14, 5), (12, 3), (12, 7)])
def test_counts_that_do_not_occur_are_refused(counts):
    with pytest.raises(ValueError, match="allowed"):
        Numbering(*counts)


def test_codes_are_unique_and_known_by_heart():
    assert len({level.code for level in Level}) == len(Level)
    assert (Level.C1.code, Level.T1.code, Level.L1.code, Level.S1.code) == (1, 8, 20, 25)


@given(st.sampled_from(list(Level)))
def test_codes_and_names_lead_back(level):
    assert Level.from_code(level.code) is level
    assert Level.parse(level.value) is level
    assert Level.parse(f" {level.value.lower()} ") is level


@pytest.mark.parametrize(
    ("text", "level"),
    [("t03", Level.T3), ("D12", Level.T12), ("Th7", Level.T7), ("occ", Level.OCCIPUT), ("C0", Level.OCCIPUT)],
)
def test_levels_are_read_as_people_write_them(text, level):
    assert Level.parse(text) is level


@pytest.mark.parametrize("text", ["", "C8", "L7", "T14", "S6", "X1", "12", "C", "C1-C2", "T0"])
def test_what_is_no_level_is_refused(text):
    with pytest.raises(ValueError, match="allowed"):
        Level.parse(text)


@pytest.mark.parametrize("code", [0, -1, 33, 255])
def test_codes_of_no_level_are_refused(code):
    with pytest.raises(ValueError, match="not the code"):
        Level.from_code(code)


@pytest.mark.parametrize("numbering", _NUMBERINGS)
def test_coordinates_grow_towards_the_feet(numbering):
    coordinates = [level.coordinate for level in numbering.levels]
    assert coordinates == sorted(set(coordinates))
    assert (Level.C1.coordinate, Level.S1.coordinate) == (1.0, 25.0)


def test_grades_are_ordered_strings():
    assert [grade.value for grade in EsccGrade] == ["0", "1a", "1b", "1c", "2", "3"]
    assert [grade.rank for grade in EsccGrade] == [0, 1, 2, 3, 4, 5]
