"""Outlines in millimetres: they lie where the mask lies, and close at the image's edge."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinemets.anatomy import Anatomy, Level
from spinemets.report.overlay import outline, slice_overlay

_PIXEL_MM = (2.0, 0.5)


def _rings(path):
    """(point, (x, y)) of every closed line of a path."""
    return [
        np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", ring), dtype=float)
        for ring in re.findall(r"M([^Z]+)Z", path)
    ]


def _area(path):
    total = 0.0
    for ring in _rings(path):
        x, y = ring.T
        total += (x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
    return abs(total)


def test_outline_lies_on_the_border_of_the_mask():
    mask = np.zeros((20, 40), bool)
    mask[5:10, 8:28] = True
    (ring,) = _rings(outline(mask, _PIXEL_MM))
    np.testing.assert_allclose(ring.min(axis=0), (4.0, 10.0), atol=0.06)
    np.testing.assert_allclose(ring.max(axis=0), (14.0, 20.0), atol=0.06)


@given(st.integers(0, 2**30))
def test_outline_holds_about_the_area_of_a_blob(seed):
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:50, :60]
    radius = rng.uniform(6, 15)
    mask = (rows - rng.uniform(20, 30)) ** 2 + (columns - rng.uniform(20, 40)) ** 2 < radius**2
    assert _area(outline(mask, (1.0, 1.0))) == pytest.approx(mask.sum(), rel=0.1)


def test_mask_at_the_edge_of_the_image_is_closed():
    assert _area(outline(np.ones((6, 8), bool), (1.0, 1.0))) == pytest.approx(48, rel=0.06)


def test_single_pixel_is_still_seen():
    mask = np.zeros((5, 5), bool)
    mask[2, 2] = True
    (ring,) = _rings(outline(mask, (1.0, 1.0)))
    np.testing.assert_allclose(ring.mean(axis=0), (2.5, 2.5), atol=0.06)


def test_empty_mask_has_no_outline():
    assert outline(np.zeros((5, 5), bool), _PIXEL_MM) == ""


@pytest.fixture
def overlay():
    anatomy, levels = np.zeros((30, 40), np.uint8), np.zeros((30, 40), np.uint8)
    lesions = np.zeros((30, 40), np.uint16)
    for row, level in ((2, Level.T12), (14, Level.L1)):
        anatomy[row : row + 8, 12:24] = Anatomy.VERTEBRAL_BODY
        anatomy[row : row + 4, 30:36] = Anatomy.POSTERIOR_ELEMENTS
        levels[row : row + 8, 12:] = level.code
    lesions[4:8, 18:26] = 300
    words = {Level.T12.code: "T12 or L1"}
    return slice_overlay(anatomy, levels, lesions, words, (1.0, 1.0))


def test_names_stand_before_their_bodies_at_their_height(overlay):
    assert [name.text for name in overlay.names] == ["T12 or L1", "?"]
    assert all(name.x_mm < 12.0 for name in overlay.names)
    assert [name.y_mm for name in overlay.names] == [6.0, 18.0]


def test_lesion_is_outlined_with_its_number(overlay):
    (lesion,) = overlay.lesions
    assert lesion.name.text == "300"
    assert _area(lesion.path) == pytest.approx(32, rel=0.1)
    assert len(_rings(overlay.bodies)) == 2
    assert overlay.canal == ""
