"""Hardships: each changes one property of the images, by as much as is asked, and nothing else."""

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest

from spinemets.anatomy import BoneLesionType, Level
from spinemets.phantom.disease_request import with_lesion
from spinemets.phantom.hardship import (
    AS_DRAWN,
    MISSING,
    Hardship,
    harden_protocols,
    severity_of,
    with_screws,
)
from spinemets.phantom.healthy import draw_healthy_spec
from spinemets.phantom.spec import LookalikeKind
from spinemets.study.records import Plane, Weighting

_LEVELS = (Level.T11, Level.T12, Level.L1, Level.L2, Level.L3, Level.L4, Level.L5)


@pytest.fixture(scope="module")
def series(ideal_t1, ideal_t2, ideal_stir):
    """Sagittal T1, T2, STIR, and axial T2."""
    axial = replace(ideal_t2, plane=Plane.AXIAL, name="ax")
    return replace(ideal_t1, name="t1"), replace(ideal_t2, name="t2"), replace(ideal_stir, name="stir"), axial


def _length_mm(protocol):
    """From the upper edge of the image to the lower one, as superior coordinates of the middle column."""
    geometry = protocol.geometry
    half = geometry.field_of_view_mm[0] / 2.0
    down = geometry.axes_ras[:, 1]
    return tuple(float((geometry.centre_ras_mm + sign * half * down)[2]) for sign in (-1, 1))


def _changed(before, after):
    """Names of what differs, within geometry and imperfections."""
    names = set()
    for one in fields(before):
        first, second = getattr(before, one.name), getattr(after, one.name)
        if one.name in ("geometry", "imperfections"):
            names |= {
                each.name
                for each in fields(first)
                if not np.array_equal(getattr(first, each.name), getattr(second, each.name))
            }
        elif first != second:
            names.add(one.name)
    return names


@pytest.mark.parametrize(
    ("hardship", "severity", "changes", "axial_too"),
    [
        (Hardship.NOISE, 4.0, {"noise_sd"}, True),
        (Hardship.GHOSTS, 0.3, {"ghosting"}, True),
        (Hardship.SHADING, 0.3, {"shading"}, True),
        (Hardship.SLICES, 8.0, {"thickness_mm", "slice_count", "noise_sd"}, False),
        (Hardship.PIXELS, 2.0, {"acquired_matrix", "reconstructed_matrix", "noise_sd"}, True),
    ],
)
def test_one_property_is_changed(series, hardship, severity, changes, axial_too):
    noisy = tuple(replace(one, imperfections=replace(one.imperfections, noise_sd=0.01)) for one in series)
    after = harden_protocols(noisy, hardship, severity)
    for before, one in zip(noisy, after, strict=True):
        expected = changes if before.plane is Plane.SAGITTAL or axial_too else set()
        assert _changed(before, one) <= expected | {"gap_mm"}
        assert expected <= _changed(before, one) | {"gap_mm"}


def test_larger_voxels_have_less_noise_and_thick_slices_cover_as_much(series):
    noisy = replace(series[1], imperfections=replace(series[1].imperfections, noise_sd=0.02))
    (thick,) = harden_protocols([noisy], Hardship.SLICES, 2.0 * noisy.geometry.thickness_mm)
    assert thick.imperfections.noise_sd == pytest.approx(0.01)
    width = noisy.geometry.slice_count * noisy.geometry.spacing_mm[0]
    assert thick.geometry.slice_count * thick.geometry.spacing_mm[0] == pytest.approx(width, rel=0.3)
    (coarse,) = harden_protocols([noisy], Hardship.PIXELS, 2.0)
    assert coarse.geometry.spacing_mm[1] == pytest.approx(2.0 * noisy.geometry.spacing_mm[1], rel=0.05)
    assert coarse.imperfections.noise_sd == pytest.approx(0.01)


def test_every_second_sagittal_series_is_moved(series):
    after = harden_protocols(series, Hardship.MOVEMENT, 5.0)
    moved = [float(np.linalg.norm(one.shift.translation_ras_mm)) for one in after]
    assert moved == pytest.approx([0.0, 5.0, 0.0, 0.0], abs=0.01)


@pytest.mark.parametrize("share", [0.75, 0.5])
def test_a_short_field_of_view_keeps_its_middle_and_its_pixels(series, share):
    (after,) = harden_protocols(series[1:2], Hardship.FIELD_OF_VIEW, share)
    top, bottom = _length_mm(series[1])
    short_top, short_bottom = _length_mm(after)
    assert short_top - short_bottom == pytest.approx(share * (top - bottom), rel=0.05)
    assert short_top + short_bottom == pytest.approx(top + bottom, abs=0.1)
    assert after.geometry.spacing_mm == pytest.approx(series[1].geometry.spacing_mm)


def test_an_image_that_is_too_high_loses_its_lower_end(series):
    ends = [
        _length_mm(harden_protocols(series[1:2], Hardship.LEVELS, levels)[0]) for levels in (0.0, 1.0, 2.0)
    ]
    assert ends[0][1] == pytest.approx(_length_mm(series[1])[1], abs=1.0)
    for lower, higher in pairwise(ends):
        assert np.subtract(higher, lower) == pytest.approx(35.0, abs=0.1)


@pytest.mark.parametrize("words", list(MISSING))
def test_missing_series_are_missing_and_axial_ones_stay(series, words):
    left = harden_protocols(series, Hardship.SEQUENCES, words)
    assert {one.weighting for one in left if one.plane is Plane.SAGITTAL} == {
        Weighting.T1,
        Weighting.T2,
        Weighting.STIR,
    } - MISSING[words]
    assert left[-1] == series[-1]


def test_without_any_sagittal_series_there_is_no_test(series):
    with pytest.raises(ValueError, match="no sagittal series is left"):
        harden_protocols(series[:1], Hardship.SEQUENCES, "T1")


@pytest.mark.parametrize("hardship", [each for each in Hardship if AS_DRAWN[each] is not None])
def test_the_usual_severity_is_one_that_may_be_asked_for(hardship):
    if hardship is not Hardship.METAL:
        assert severity_of(hardship, AS_DRAWN[hardship]) == AS_DRAWN[hardship]


@pytest.mark.parametrize(
    ("hardship", "value", "words"),
    [
        (Hardship.NOISE, "loud", "is no number"),
        (Hardship.NOISE, True, "is no number"),
        (Hardship.FIELD_OF_VIEW, 0.01, "allowed: 0.2 to 1"),
        (Hardship.SEQUENCES, "T3", "is no set of series"),
        (Hardship.SEQUENCES, 2, "is no set of series"),
        (Hardship.METAL, 0, "allowed: 1 to 4"),
    ],
)
def test_impossible_severities_are_refused(hardship, value, words):
    with pytest.raises(ValueError, match=words):
        severity_of(hardship, value)


def _spine(*levels):
    spec = draw_healthy_spec(np.random.default_rng(3))
    for seed, level in enumerate(levels):
        spec = with_lesion(spec, level, BoneLesionType.LYTIC, 4.0 - seed, seed=seed)
    return spec


def _screws(spec):
    return [one.level for one in spec.lookalikes if one.kind is LookalikeKind.METAL]


def test_screws_stand_beside_the_largest_lesion():
    assert _screws(with_screws(_spine(Level.L2), _LEVELS, 2)) == [Level.L3, Level.L1]
    assert _screws(with_screws(_spine(Level.L2, Level.L3), _LEVELS, 2)) == [Level.L1, Level.L4]


def test_screws_need_a_lesion_and_levels():
    with pytest.raises(ValueError, match="has none"):
        with_screws(_spine(), _LEVELS, 1)
    with pytest.raises(ValueError, match="asked for at 4"):
        with_screws(_spine(Level.L2), (Level.L1, Level.L2), 4)
