"""A vertebra that two stations show counts once."""

import pytest

from spinemets.anatomy import Level
from spinemets.findings.level_belief import LevelBelief, LevelProbability
from spinemets.findings.records import StationFindings, Vertebra
from spinemets.inference.merging import StationVertebrae, involved_vertebrae


def _vertebra(level, height_mm, whole=True, involved=True):
    belief = LevelBelief((LevelProbability(level, 1.0),))
    return Vertebra(1, belief, (0.0, 0.0, height_mm), whole, involved, (), None, None, None, None)


def _station(name, *vertebrae, frame="scanner"):
    return StationVertebrae(name, frame, StationFindings(vertebrae, ()))


def test_stations_that_overlap_show_a_vertebra_once_and_the_whole_one_counts():
    upper = _station("thoracic", _vertebra(Level.T11, 30), _vertebra(Level.L1, -30, whole=False))
    lower = _station("lumbar", _vertebra(Level.L1, -27), _vertebra(Level.L2, -60))
    found = involved_vertebrae([upper, lower])
    assert [(one.station, one.vertebra.belief.words) for one in found] == [
        ("thoracic", "T11"),
        ("lumbar", "L1"),
        ("lumbar", "L2"),
    ]


def test_neighbours_stay_two():
    upper, lower = _station("a", _vertebra(Level.T11, 10)), _station("b", _vertebra(Level.T12, -10))
    assert len(involved_vertebrae([upper, lower])) == 2


@pytest.mark.parametrize(("level", "count"), [(Level.L1, 1), (Level.L2, 2)])
def test_without_common_coordinates_the_level_decides(level, count):
    upper = _station("a", _vertebra(Level.L1, 500), frame="one")
    lower = _station("b", _vertebra(level, 0), frame="other")
    assert len(involved_vertebrae([upper, lower])) == count


def test_vertebrae_without_tumour_are_left_out():
    assert involved_vertebrae([_station("a", _vertebra(Level.L1, 0, involved=False))]) == ()
