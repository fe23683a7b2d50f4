"""Heights, losses and walls of bodies whose sizes are known by construction, on oblique grids."""

from dataclasses import replace

import numpy as np
import pytest

from findings.block_spine import ball, block_maps
from spinemets.anatomy import Anatomy, Level
from spinemets.findings.body_measures import measure_bodies
from spinemets.findings.records import WallShape
from spinemets.scoring.collapse import Genant
from spinemets.volume import Volume

WHOLE = {1: True, 2: True, 3: True}
GRIDS = [
    {},
    {"tilt_deg": (6.0, -5.0, 7.0)},
    {"stored": "RAS", "centre": (30.0, -20.0, 400.0)},
    {"stored": "PIR", "tilt_deg": (-10.0, 0.0, 0.0)},
]


def carved(maps, number, away):
    """The maps without the voxels of a body where ``away(right, anterior, superior)`` of its centre holds."""
    body = (maps.vertebrae.array == number) & (maps.anatomy.array == Anatomy.VERTEBRAL_BODY)
    index = np.argwhere(body)
    world = maps.anatomy.voxel_to_world(index)
    axes = maps.anatomy.affine_ras[:3, :3] / np.array(maps.anatomy.spacing_mm)
    # Slices run to the left, rows to the feet, columns to the back.
    left, down, back = ((world - world.mean(axis=0)) @ axes).T
    gone = tuple(index[away(-left, -back, -down)].T)
    anatomy, vertebrae = maps.anatomy.array.copy(), maps.vertebrae.array.copy()
    anatomy[gone], vertebrae[gone] = 0, 0
    affine = maps.anatomy.affine_ras
    return replace(maps, anatomy=Volume(anatomy, affine), vertebrae=Volume(vertebrae, affine))


def measured(maps, uninvolved=(1, 3), whole=WHOLE, levels=None):
    return measure_bodies(maps, frozenset(uninvolved), whole, levels)[2]


def losses(body):
    return [one.value for one in (body.loss_anterior, body.loss_middle, body.loss_posterior)]


@pytest.mark.parametrize("grid", GRIDS)
def test_heights_of_an_intact_body(grid):
    body = measured(block_maps(**grid))
    for height in (body.height_anterior, body.height_middle, body.height_posterior):
        assert height.value == pytest.approx(24.0, abs=1.6)
    assert losses(body) == pytest.approx([0, 0, 0], abs=6.0)
    assert body.genant is Genant.NONE
    assert body.references == (1, 3)
    assert body.wall_shape is WallShape.STRAIGHT
    assert abs(body.wall_offset.value) < 1.0


@pytest.mark.parametrize("grid", GRIDS)
def test_a_body_that_has_lost_half_its_height(grid):
    maps = carved(block_maps(**grid), 2, lambda right, front, up: np.abs(up) > 5.8)
    body = measured(maps)
    # Surfaces are known to half a voxel of 1 mm.
    assert losses(body) == pytest.approx([51, 51, 51], abs=7.0)
    assert body.genant is Genant.SEVERE


def test_a_wedge_loses_height_in_front():
    maps = carved(block_maps(), 2, lambda right, front, up: up > 12.0 - 0.4 * (front + 15.0))
    front, middle, back = losses(measured(maps))
    assert front == pytest.approx(41, abs=7)
    assert front > middle > back


def test_without_an_uninvolved_neighbour_nothing_is_lost_or_kept():
    body = measured(block_maps(), uninvolved=())
    assert losses(body) == [None, None, None]
    assert "neighbour" in body.loss_middle.note
    assert body.genant is None


def test_one_neighbour_serves_where_the_other_is_involved():
    body = measured(block_maps(), uninvolved=(3,))
    assert body.references == (3,)
    assert "one neighbour" in body.loss_middle.note


def test_a_body_that_the_image_cuts_has_no_height():
    body = measured(block_maps(), whole={1: True, 2: False, 3: True})
    assert body.height_middle.value is None
    assert "cuts" in body.height_middle.note


def test_heights_of_different_levels_are_compared_through_the_usual_ones():
    """Blocks are equally high; of T10, T11 and T12 the middle one should lie between the others."""
    levels = {1: (Level.T10,), 2: (Level.T11, Level.T10), 3: (Level.T12,)}
    alone = measured(block_maps(), uninvolved=(1,), levels=levels)
    assert alone.loss_middle.value == pytest.approx(100 * (1 - 20.2 / 21.3), abs=1.0)
    both = measured(block_maps(), levels=levels)
    assert both.loss_middle.value == pytest.approx(0.0, abs=1.0)


def test_a_neighbour_without_tumour_that_is_broken_is_no_reference():
    maps = carved(block_maps(), 3, lambda right, front, up: up > 4.0)
    assert measured(maps, uninvolved=(1, 2, 3)).references == (1,)


def test_what_may_be_c2_is_not_measured():
    levels = {1: (Level.C2,), 2: (Level.C3, Level.C2), 3: (Level.C4,)}
    body = measured(block_maps(), levels=levels)
    assert body.height_middle.value is None
    assert "C2" in body.height_middle.note
    assert body.involved.value == 0.0


def front_half(x, y, z):
    return (np.abs(x) < 20) & (y > 0) & (y < 15) & (np.abs(z) < 12)


def test_the_involved_part_of_a_body():
    assert measured(block_maps(front_half)).involved.value == pytest.approx(50, abs=4)
    assert measured(block_maps(ball((0.0, 0.0, 33.0), 5.0))).involved.value == 0.0


def test_the_involved_part_of_a_cut_body_is_not_known():
    involved = measured(block_maps(front_half), whole={1: True, 2: False, 3: True}).involved
    assert involved.value is None
    assert "of what is seen" in involved.note


def _with_bone(inside):
    """The middle body with more bone where ``inside`` says."""
    maps = block_maps()
    anatomy, vertebrae = maps.anatomy.array.copy(), maps.vertebrae.array.copy()
    world = np.moveaxis(maps.anatomy.voxel_to_world(np.moveaxis(np.indices(anatomy.shape), 0, -1)), -1, 0)
    more = inside(*world)
    anatomy[more], vertebrae[more] = Anatomy.VERTEBRAL_BODY, 2
    affine = maps.anatomy.affine_ras
    return measured(replace(maps, anatomy=Volume(anatomy, affine), vertebrae=Volume(vertebrae, affine)))


def test_a_wall_that_bulges_is_convex():
    def bulge(x, y, z):
        return (np.abs(x) < 18) & (y > -15 - 6 * np.cos(np.pi * z / 24)) & (y < 0) & (np.abs(z) < 12)

    body = _with_bone(bulge)
    assert body.wall_shape is WallShape.CONVEX
    assert body.wall_offset.value == pytest.approx(6.0, abs=1.5)


def test_a_corner_that_is_pushed_back_is_retropulsed():
    def corner(x, y, z):
        return (np.abs(x) < 18) & (y > -20) & (y < 0) & (z > 3) & (z < 12)

    body = _with_bone(corner)
    assert body.wall_shape is WallShape.RETROPULSED
    assert body.wall_offset.value == pytest.approx(5.0, abs=1.5)


def test_a_plain_wall_is_straight():
    body = measured(block_maps())
    assert body.wall_shape is WallShape.STRAIGHT
    assert body.wall_offset.value == pytest.approx(0.0, abs=1.0)
