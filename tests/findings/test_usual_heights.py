import itertools

from spinemets.anatomy import Level, Region
from spinemets.findings.usual_heights import usual_height_mm

_BODIES = [level for level in Level if level.region in (Region.CERVICAL, Region.THORACIC, Region.LUMBAR)]


def test_every_body_with_two_end_plates_has_a_height():
    without = {level for level in _BODIES if usual_height_mm(level) is None}
    assert without == {Level.C1, Level.C2}
    assert usual_height_mm(Level.S1) is None


def test_neighbours_are_alike():
    known = [height for level in _BODIES if (height := usual_height_mm(level)) is not None]
    assert all(0.9 < lower / upper < 1.2 for upper, lower in itertools.pairwise(known))


def test_published_values():
    """Panjabi et al. 1991 and 1992, Spine: posterior heights."""
    assert [usual_height_mm(level) for level in (Level.C3, Level.T12, Level.L5)] == [11.6, 22.7, 22.9]
