"""Drawn people: normal variation within published limits."""

from dataclasses import replace

import numpy as np
import pytest

from spinemets.anatomy import Level, Numbering, Region
from spinemets.phantom.chain import frames_of
from spinemets.phantom.healthy import (
    body_wedge_deg,
    disc_wedge_deg,
    draw_healthy_spec,
    fit_curve,
    laid_down,
)
from spinemets.phantom.spec import SpineSpec, VertebraSpec

PEOPLE = [draw_healthy_spec(np.random.default_rng(seed)) for seed in range(60)]


def _values(level: Level, field: str) -> np.ndarray:
    return np.array(
        [getattr(_vertebra(spec, level), field) for spec in PEOPLE if level in spec.numbering.levels]
    )


def _vertebra(spec: SpineSpec, level: Level) -> VertebraSpec:
    return next(each for each in spec.vertebrae if each.level is level)


def test_same_state_gives_same_person():
    assert draw_healthy_spec(np.random.default_rng(5)) == draw_healthy_spec(np.random.default_rng(5))


def test_people_differ():
    assert len({spec.seed for spec in PEOPLE}) == len(PEOPLE)


@pytest.mark.parametrize("spec", PEOPLE[:10], ids=range(10))
def test_every_vertebra_of_the_numbering_is_there_in_order(spec: SpineSpec):
    assert tuple(each.level for each in spec.vertebrae) == spec.numbering.levels[1:]


@pytest.mark.parametrize("spec", PEOPLE[:10], ids=range(10))
def test_every_disc_lies_between_two_bodies(spec: SpineSpec):
    assert [each.above for each in spec.discs] == [each.level for each in spec.vertebrae[1:-1]]


# Means and SDs in mm of both sexes together: lumbar from Zhou et al. 2000 (Eur Spine J 9:242), thoracic from
# Panjabi et al. 1991 (Spine 16:888), cervical from Panjabi et al. 1991 (Spine 16:861).
@pytest.mark.parametrize(
    ("level", "field", "mean", "sd"),
    [
        (Level.L3, "depth_mm", 34.5, 3.0),
        (Level.L3, "width_mm", 44.5, 3.5),
        (Level.L5, "depth_mm", 34.5, 3.0),
        (Level.L3, "posterior_height_mm", 28.0, 2.5),
        (Level.T6, "depth_mm", 26.0, 2.5),
        (Level.T12, "posterior_height_mm", 24.5, 2.5),
        (Level.T8, "canal_depth_mm", 15.9, 1.5),
        (Level.C5, "depth_mm", 15.8, 1.8),
        (Level.C5, "canal_width_mm", 24.9, 2.0),
    ],
)
def test_dimensions_are_those_published(level: Level, field: str, mean: float, sd: float):
    values = _values(level, field)
    assert abs(values.mean() - mean) < 0.6 * sd
    assert 0.2 * sd < values.std() < 1.5 * sd
    assert (np.abs(values - mean) < 3.5 * sd).all()


def test_dimensions_of_one_person_go_together():
    depth, width = _values(Level.L2, "depth_mm"), _values(Level.L4, "width_mm")
    # A person without L4 does not occur: four lumbar vertebrae are the fewest.
    assert np.corrcoef(depth, width)[0, 1] > 0.6


def test_unusual_numberings_occur_but_rarely():
    usual = sum(spec.numbering == Numbering() for spec in PEOPLE)
    assert 0.7 * len(PEOPLE) < usual < len(PEOPLE)


@pytest.mark.parametrize("spec", PEOPLE[:10], ids=range(10))
@pytest.mark.parametrize("region", [Region.CERVICAL, Region.THORACIC, Region.LUMBAR])
def test_angles_add_up_to_the_curve(spec: SpineSpec, region: Region):
    wanted = {
        Region.CERVICAL: spec.curve.cervical_lordosis_deg,
        Region.THORACIC: -spec.curve.thoracic_kyphosis_deg,
        Region.LUMBAR: spec.curve.lumbar_lordosis_deg,
    }[region]
    bodies = [each for each in spec.vertebrae if each.level.region is region]
    bodies = [each for each in bodies if each.level not in (Level.C1, Level.C2)]
    # Each body here with the disc above it; lumbar lordosis ends at S1, so its last disc belongs to it too.
    above = {spec.numbering.above(each.level) for each in bodies}
    if region is Region.LUMBAR:
        above.add(bodies[-1].level)
    total = sum(body_wedge_deg(each) for each in bodies)
    total += sum(disc_wedge_deg(each, spec.vertebrae) for each in spec.discs if each.above in above)
    assert total == pytest.approx(wanted, abs=6.0)


def test_worn_discs_are_lower():
    heights = {grade: [] for grade in range(1, 6)}
    for spec in PEOPLE:
        for disc in spec.discs:
            if disc.above in (Level.L3, Level.L4):
                heights[disc.pfirrmann].append((disc.anterior_height_mm + disc.posterior_height_mm) / 2)
    assert np.mean(heights[5]) < 0.75 * np.mean(heights[2])


@pytest.mark.parametrize("spec", PEOPLE[:10], ids=range(10))
def test_a_person_lies_flat(spec: SpineSpec):
    frames = frames_of(laid_down(spec))
    sacrum = frames[Level.S2].to_world_mm(np.array([0.0, -35.0, 0.0]))[1]
    thorax = min(frames[Level(f"T{n}")].to_world_mm(np.array([0.0, -75.0, 0.0]))[1] for n in range(5, 9))
    assert abs(sacrum - thorax) < 12.0


def test_fitting_a_fitted_curve_changes_nothing():
    spec = PEOPLE[0]
    vertebrae, discs = fit_curve(spec.vertebrae, spec.discs, spec.curve)
    for before, after in zip(spec.discs, discs, strict=True):
        assert after.anterior_height_mm == pytest.approx(before.anterior_height_mm, abs=0.6)
    for before, after in zip(spec.vertebrae, vertebrae, strict=True):
        assert after == replace(before, anterior_height_mm=after.anterior_height_mm)
