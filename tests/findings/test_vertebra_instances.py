"""Vertebrae are told apart where discs are missing, bodies collapsed, spines bent and grids turned."""

from dataclasses import replace

import numpy as np
import pytest

from findings.body_column import Column, column_maps, number_at
from spinemets.anatomy import Anatomy
from spinemets.findings.vertebra_instances import split_vertebrae
from spinemets.volume import Volume


def found(column, **changes):
    column = replace(column, **changes)
    return column, split_vertebrae(*column_maps(column))


def assert_in_order(column, instances):
    assert sum(not one for one in instances.is_sacrum) == len(column.heights)
    for index in range(len(column.heights)):
        centre = column.centre_ras_mm(index)
        assert number_at(instances.labels, centre) == index + 1
        if not column.cut_top:
            assert instances.centres_ras_mm[index] == pytest.approx(centre, abs=3.0)


def test_numbers_run_from_head_to_feet():
    column, instances = found(Column())
    assert_in_order(column, instances)
    assert instances.coordinate == (20.0, 21.0, 22.0, 23.0, 24.0)
    assert instances.is_sacrum == (False,) * 5
    assert all(instances.whole)
    assert instances.height_mm == pytest.approx([24.0] * 5, abs=2.0)
    assert instances.gap_above_mm[1:] == pytest.approx([8.0] * 4, abs=2.0)


def test_the_sacrum_is_the_last_one():
    _, instances = found(Column(), sacrum=True)
    assert instances.is_sacrum == (False,) * 5 + (True,)
    assert not instances.whole[-1]


@pytest.mark.parametrize("without", [(1,), (2,), (1, 2), (0, 3)])
def test_bodies_without_a_disc_between_them_are_parted(without):
    assert_in_order(*found(Column((24.0,) * 7), without_disc=without, sacrum=True))


@pytest.mark.parametrize("index", [1, 2, 4])
def test_a_collapsed_body_stays_one(index):
    heights = [24.0] * 6
    heights[index] = 8.0
    column, instances = found(Column(tuple(heights)))
    assert_in_order(column, instances)
    assert instances.height_mm[index] < 13.0


@pytest.mark.parametrize("bend", [-25.0, 25.0])
def test_a_scoliotic_spine(bend):
    assert_in_order(*found(Column((24.0,) * 8), bend=bend))


@pytest.mark.parametrize("stored", ["LIP", "RAS", "SPR", "PIR"])
def test_any_orientation_and_oblique(stored):
    assert_in_order(*found(Column(), stored=stored, tilt_deg=(12.0, -9.0, 7.0), sacrum=True))


@pytest.mark.parametrize("count", [1, 2, 24])
def test_any_number_of_vertebrae(count):
    column, instances = found(Column((18.0,) * count), spacing=(5.0, 1.5, 1.5))
    assert_in_order(column, instances)


def test_islands_are_no_vertebrae():
    islands = ((0.0, 25.0, 60.0, 4.0), (30.0, -60.0, 20.0, 5.0), (0.0, -10.0, 168.0, 5.0))
    column, instances = found(Column(), islands=islands)
    assert_in_order(column, instances)
    assert number_at(instances.labels, np.array([0.0, -10.0, -168.0])) == 0


def test_a_body_that_the_image_cuts_is_not_whole():
    _, instances = found(Column(), cut_top=10.0)
    assert instances.whole == (False, True, True, True, True)


def test_a_hole_in_a_body_does_not_split_it():
    column = Column()
    anatomy, level = column_maps(column)
    z, y, x = np.round(anatomy.world_to_voxel(column.centre_ras_mm(2))).astype(int)
    anatomy.array[z - 2 : z + 3, y - 4 : y + 5, x - 6 : x + 7] = Anatomy.BACKGROUND
    instances = split_vertebrae(anatomy, level)
    assert_in_order(column, instances)


@pytest.mark.parametrize("pedicles", [True, False])
def test_posterior_elements_go_to_their_own_body(pedicles):
    column = Column(pedicles=pedicles)
    anatomy, level = column_maps(column)
    labels = split_vertebrae(anatomy, level).labels.array
    arches = anatomy.array == Anatomy.POSTERIOR_ELEMENTS
    own = labels[arches] == level.array[arches] - 19
    assert own.mean() > (0.95 if pedicles else 0.9)


def test_nothing_and_the_sacrum_alone():
    anatomy, level = column_maps(Column(sacrum=True))
    empty = Volume(np.zeros_like(anatomy.array), anatomy.affine_ras)
    assert len(split_vertebrae(empty, level)) == 0
    alone = Volume(np.where(anatomy.array == 4, 4, 0).astype(np.uint8), anatomy.affine_ras)
    assert split_vertebrae(alone, level).is_sacrum == (True,)


def test_refuses_two_grids():
    anatomy, level = column_maps(Column())
    with pytest.raises(ValueError, match="one grid"):
        split_vertebrae(anatomy, Volume(level.array[:-1], level.affine_ras))
