"""Names on sagittal images can be read: on the image, clear of its letters and of each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinemets.report.name_places import Canvas, placed_names
from spinemets.report.overlay import Name

_CANVAS = Canvas(200.0, 300.0, 7.0)
_LONG = 0.62 * 7.0


def _span(name):
    long_mm = len(name.text) * _LONG
    return (name.x_mm, name.x_mm + long_mm) if name.from_left else (name.x_mm - long_mm, name.x_mm)


def test_a_name_with_room_stays_where_it_is():
    (name,) = placed_names([Name("T12", 80.0, 100.0)], _CANVAS)
    assert (name.x_mm, name.y_mm, name.from_left) == (80.0, 100.0, False)


def test_a_name_without_room_starts_at_the_border():
    (name,) = placed_names([Name("T12 or L1", 10.0, 100.0)], _CANVAS)
    assert (name.x_mm, name.from_left) == (1.0, True)


def test_the_letter_of_the_border_stays_free():
    (name,) = placed_names([Name("L3 or L4", 40.0, 152.0)], _CANVAS)
    assert _span(name)[0] >= 1.8 * 7.0
    assert name.from_left


@pytest.mark.parametrize("y_mm", [1.0, 299.0])
def test_the_letters_of_head_and_feet_stay_free(y_mm):
    (middle,) = placed_names([Name("L5 or S1", 120.0, y_mm)], _CANVAS)
    assert 15.0 < middle.y_mm < 285.0
    (aside,) = placed_names([Name("L5", 60.0, y_mm)], _CANVAS)
    assert min(aside.y_mm, 300.0 - aside.y_mm) == pytest.approx(4.2)


@given(st.lists(st.tuples(st.floats(-20.0, 200.0), st.floats(0.0, 250.0)), max_size=8))
def test_no_name_covers_another(places):
    names = placed_names([Name("L5 or L6", x, y) for x, y in places], _CANVAS)
    for number, one in enumerate(names):
        for other in names[number + 1 :]:
            apart = _span(one)[1] <= _span(other)[0] or _span(other)[1] <= _span(one)[0]
            assert apart or abs(one.y_mm - other.y_mm) >= 7.0
