"""Every level has exactly one location class, as published."""

import pytest

from spinemets.anatomy import STANDARD_NUMBERING, Level, Numbering
from spinemets.scoring import location_of
from spinemets.scoring.sins_items import POINTS, Item, Location

# Fisher et al. 2010, table 1, written out level by level.
_PUBLISHED = {
    Location.JUNCTIONAL: "occiput C1 C2 C7 T1 T2 T11 T12 L1 L5 S1",
    Location.MOBILE: "C3 C4 C5 C6 L2 L3 L4",
    Location.SEMIRIGID: "T3 T4 T5 T6 T7 T8 T9 T10",
    Location.RIGID: "S2 S3 S4 S5",
}


@pytest.mark.parametrize(
    ("level", "location"),
    [(Level(name), location) for location, names in _PUBLISHED.items() for name in names.split()],
)
def test_standard_levels_are_as_published(level, location):
    assert location_of(level) is location


def test_the_published_table_names_every_standard_level_once():
    named = [name for names in _PUBLISHED.values() for name in names.split()]
    assert sorted(named) == sorted(STANDARD_NUMBERING.levels)


@pytest.mark.parametrize("level", ["L2", "L3", "L4"])
def test_mid_lumbar_levels_are_mobile_and_score_two(level):
    # Public SINS code scores them 0.
    assert POINTS[Item.LOCATION][location_of(Level(level))] == 2


@pytest.mark.parametrize(
    ("level", "numbering", "location"),
    [
        (Level.T13, Numbering(thoracic_count=13), Location.JUNCTIONAL),
        (Level.L6, Numbering(lumbar_count=6), Location.JUNCTIONAL),
        (Level.L5, Numbering(lumbar_count=6), Location.JUNCTIONAL),
        (Level.L4, Numbering(lumbar_count=4), Location.JUNCTIONAL),
        (Level.L4, Numbering(lumbar_count=5), Location.MOBILE),
        (Level.T11, Numbering(thoracic_count=11), Location.JUNCTIONAL),
        (Level.T10, Numbering(thoracic_count=11), Location.SEMIRIGID),
    ],
)
def test_other_numberings_keep_their_junctions(level, numbering, location):
    assert location_of(level, numbering) is location


def test_a_level_that_the_person_lacks_has_no_class():
    with pytest.raises(ValueError, match="L6 does not occur"):
        location_of(Level.L6)
