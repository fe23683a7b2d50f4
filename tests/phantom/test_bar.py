"""Bars: signed distances of tapered ellipses."""

import numpy as np
import pytest

from spinemets.anatomy import Element, Level
from spinemets.phantom.bar import Bar, box_of, distance_mm, mirrored
from spinemets.phantom.digital import VertebraFrame
from spinemets.phantom.grid_box import GridBox

FRAME = VertebraFrame(Level.L3, np.zeros(3), np.eye(3), (20.0, 15.0, 13.0))
BAR = Bar(Element.RIGHT_PEDICLE, (10.0, 0.0, 0.0), (30.0, 0.0, 0.0), (0, 0, 1), (6.0, 4.0), (6.0, 4.0))


def _grid() -> GridBox:
    affine = np.eye(4)
    affine[:3, 3] = -40.0
    return GridBox((slice(0, 81), slice(0, 81), slice(0, 81)), affine, (81, 81, 81))


@pytest.mark.parametrize(
    ("point", "expected"), [((20, 0, 6), 0.0), ((20, 4, 0), 0.0), ((20, 6, 0), 2.0), ((20, 0, 9), 3.0)]
)
def test_distance_is_zero_on_the_surface_and_true_beside_it(point: tuple[int, int, int], expected: float):
    distance = distance_mm(BAR, FRAME, _grid())
    assert distance[tuple(np.array(point) + 40)] == pytest.approx(expected, abs=0.35)


def test_inside_is_negative_everywhere_along_the_axis():
    assert (distance_mm(BAR, FRAME, _grid())[50:71, 40, 40] < -3.0).all()


def test_volume_is_that_of_an_elliptic_rod_with_round_ends():
    voxels = np.count_nonzero(distance_mm(BAR, FRAME, _grid()) <= 0)
    assert voxels == pytest.approx(np.pi * 24.0 * 20.0 + 4 / 3 * np.pi * 6 * 4 * 4, rel=0.05)


def test_box_holds_all_of_the_bar():
    box = box_of(BAR, FRAME, _grid(), 1.0)
    assert box is not None
    inside = np.argwhere(distance_mm(BAR, FRAME, _grid()) <= 0)
    starts = [span.start for span in box.index]
    stops = [span.stop for span in box.index]
    assert (inside >= starts).all()
    assert (inside < stops).all()


def test_mirrored_bars_swap_side_and_name():
    right, left = mirrored((BAR,))
    assert right is BAR
    assert left.element is Element.LEFT_PEDICLE
    assert left.end == (-30.0, 0.0, 0.0)
