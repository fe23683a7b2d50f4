from dataclasses import fields, replace

import numpy as np
import pytest

from findings.block_spine import ball, block_maps
from spinemets.anatomy import Anatomy
from spinemets.findings.compartments import COMPARTMENT_CODE, compartment_map
from spinemets.findings.posterolateral import ReplacedSide, judge_posterolateral, replaced_sides
from spinemets.findings.records import Compartment
from spinemets.scoring.possible import Source
from spinemets.scoring.sins_items import Posterolateral
from spinemets.volume import Volume, crop

_RIGHT, _LEFT = ball((15.0, -20.0, 5.0), 7.0), ball((-15.0, -20.0, 5.0), 7.0)


def _item(lesion, **grid):
    maps = block_maps(lesion, **grid)
    return judge_posterolateral(2, maps, compartment_map(maps))


@pytest.mark.parametrize(
    ("lesion", "expected"),
    [
        (None, Posterolateral.NONE),
        ([_LEFT], Posterolateral.UNILATERAL),
        ([_RIGHT], Posterolateral.UNILATERAL),
        ([_LEFT, _RIGHT], Posterolateral.BILATERAL),
        ([ball((0.0, 0.0, 0.0), 8.0)], Posterolateral.NONE),
    ],
)
def test_sides_are_counted(lesion, expected):
    found = _item(lesion)
    assert found.values == (expected,)
    assert found.source is Source.MEASURED


@pytest.mark.parametrize("stored", ["LIP", "RAS", "PIR"])
def test_the_side_is_the_patients(stored):
    evidence = _item(_LEFT, stored=stored, tilt_deg=(3.0, -5.0, 12.0)).evidence
    left, right = evidence.split(":")[1].split(",")
    assert "left 0 %" not in left
    assert "right 0 %" in right


def test_only_the_vertebra_that_is_asked_for_counts():
    maps = block_maps(_LEFT)
    assert judge_posterolateral(1, maps, compartment_map(maps)).values == (Posterolateral.NONE,)


@pytest.mark.parametrize(
    ("share", "whole", "answer"),
    [
        (0.1, True, {False}),
        (0.2, True, {False, True}),
        (0.3, True, {False, True}),
        (0.4, True, {True}),
        (0.4, False, {False, True}),
        (None, True, {False, True}),
    ],
)
def test_shares_near_the_limit_leave_the_side_open(share, whole, answer):
    assert ReplacedSide(share, whole).replaced == answer


def test_a_side_outside_the_image_is_open():
    maps = block_maps(_LEFT)
    compartments = compartment_map(maps)
    right = [COMPARTMENT_CODE[one] for one in (Compartment.RIGHT_PEDICLE, Compartment.RIGHT_FACET)]
    maps.vertebrae.array[np.isin(compartments.array, right)] = 0
    found = judge_posterolateral(2, maps, compartments)
    assert found.values == (Posterolateral.BILATERAL, Posterolateral.UNILATERAL)
    assert "right not seen" in found.evidence


def _without_right_edge(maps):
    """The maps without all that lies more than 16 mm to the patient's right, where slices begin."""
    volumes = {field.name: getattr(maps, field.name) for field in fields(maps)}
    cut = {name: crop(one, (7, 0, 0), one.shape) for name, one in volumes.items() if isinstance(one, Volume)}
    images = {channel: crop(image, (7, 0, 0), image.shape) for channel, image in maps.images.items()}
    return replace(maps, **cut, images=images)


def test_an_arch_that_the_image_cuts_is_open():
    maps = _without_right_edge(block_maps(_LEFT))
    compartments = compartment_map(maps)
    sides = replaced_sides(2, maps, compartments)
    assert sides["left"].whole
    assert not sides["right"].whole
    assert judge_posterolateral(2, maps, compartments).values == (
        Posterolateral.BILATERAL,
        Posterolateral.UNILATERAL,
    )


def test_a_vertebra_that_is_not_there_has_no_sides():
    maps = block_maps()
    assert replaced_sides(9, maps, compartment_map(maps))["left"] == ReplacedSide(None, whole=False)


def test_without_arches_nothing_is_known():
    maps = block_maps(_LEFT)
    arches = maps.anatomy.array == Anatomy.POSTERIOR_ELEMENTS
    maps.vertebrae.array[arches], maps.anatomy.array[arches] = 0, 0
    found = judge_posterolateral(2, maps, compartment_map(maps))
    assert found.source is Source.UNKNOWN
    assert found.values == tuple(Posterolateral)
