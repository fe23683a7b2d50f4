"""Kyphosis, wedge and slip of spines whose alignment is known by construction."""

from dataclasses import replace

import numpy as np
import pytest

from findings.block_spine import block_maps
from findings.test_body_measures import GRIDS, WHOLE, carved
from spinemets.findings.alignment_measures import measure_alignment
from spinemets.findings.body_measures import measure_bodies
from spinemets.volume import Volume


def measured(maps, whole=WHOLE):
    bodies = measure_bodies(maps, frozenset({1, 3}), whole)
    return measure_alignment(maps, bodies)


@pytest.mark.parametrize("grid", GRIDS)
def test_a_straight_spine_is_straight(grid):
    found = measured(block_maps(**grid))[2]
    for angle in (found.kyphosis, found.wedge, found.scoliosis):
        assert angle.value == pytest.approx(0.0, abs=2.5)
    assert found.slip.value == pytest.approx(0.0, abs=0.8)


@pytest.mark.parametrize("grid", GRIDS)
def test_a_wedge_is_kyphotic_where_the_front_is_low(grid):
    slope = np.tan(np.radians(15.0))
    maps = carved(block_maps(**grid), 2, lambda right, front, up: up > 12.0 - slope * (front + 15.0))
    assert measured(maps)[2].wedge.value == pytest.approx(15.0, abs=3.0)


def test_kyphosis_is_between_the_end_plates_of_the_neighbours():
    slope = np.tan(np.radians(10.0))
    maps = carved(block_maps(), 1, lambda right, front, up: up > 12.0 - slope * (front + 15.0))
    maps = carved(maps, 3, lambda right, front, up: up < -12.0 + slope * (front + 15.0))
    assert measured(maps)[2].kyphosis.value == pytest.approx(20.0, abs=3.0)


@pytest.mark.parametrize("shift_mm", [6, -6])
def test_a_body_before_its_neighbour_has_slipped_forwards(shift_mm):
    """All above the lowest disc is moved by whole columns, which run to the back, 1 mm each."""
    maps = block_maps()
    moved = {}
    for name in ("anatomy", "vertebrae"):
        volume = getattr(maps, name)
        array = volume.array.copy()
        rows = int(volume.world_to_voxel([0.0, 0.0, -16.0])[1])
        array[:, :rows] = np.roll(array[:, :rows], -shift_mm, axis=2)
        moved[name] = Volume(array, volume.affine_ras)
    found = measured(replace(maps, **moved))
    assert found[2].slip.value == pytest.approx(shift_mm, abs=1.5)
    assert found[1].slip.value == pytest.approx(0.0, abs=1.5)


def test_without_both_neighbours_there_is_no_kyphosis():
    found = measured(block_maps())[1]
    assert found.kyphosis.value is None
    assert "neighbour" in found.kyphosis.note
    assert found.slip.value is not None


def test_a_cut_body_is_not_measured():
    found = measured(block_maps(), whole={1: True, 2: False, 3: True})[2]
    assert found.wedge.value is None
    assert found.slip.value is None
