"""Poses of vertebrae: order, rigidity, and what collapse and slip do to the spine above."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinemets.anatomy import Level, Numbering
from spinemets.phantom.chain import frames_of
from spinemets.phantom.healthy import draw_healthy_spec
from spinemets.phantom.spec import CollapseSpec, SpineSpec

SPEC = draw_healthy_spec(np.random.default_rng(0))


def _with(spec: SpineSpec, level: Level, **changes: object) -> SpineSpec:
    return replace(
        spec,
        vertebrae=tuple(replace(v, **changes) if v.level is level else v for v in spec.vertebrae),
    )


def _pitch_deg(axes: np.ndarray) -> float:
    return float(np.degrees(np.arctan2(axes[1, 2], axes[2, 2])))


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_frames_are_rigid_right_handed_and_in_order(seed: int):
    spec = draw_healthy_spec(np.random.default_rng(seed))
    frames = frames_of(spec)
    assert tuple(frames) == spec.numbering.levels[1:]
    heights = [frame.origin_ras_mm[2] for frame in frames.values()]
    assert all(np.diff(heights) < 0)
    for frame in frames.values():
        assert np.allclose(frame.axes_ras.T @ frame.axes_ras, np.eye(3), atol=1e-9)
        assert np.linalg.det(frame.axes_ras) == pytest.approx(1.0)


@given(st.integers(0, 1000), st.lists(st.floats(-80, 80), min_size=3, max_size=3))
@settings(max_examples=25, deadline=None)
def test_local_coordinates_return_to_the_world(seed: int, point: list[float]):
    for frame in list(frames_of(draw_healthy_spec(np.random.default_rng(seed))).values())[::6]:
        world = frame.to_world_mm(np.array(point))
        assert np.allclose(frame.to_local_mm(world), point, atol=1e-9)


def test_right_is_the_patients_right():
    # RAS: coordinates grow to the patient's right.
    assert all(frame.axes_ras[0, 0] > 0.9 for frame in frames_of(SPEC).values())


def test_origin_is_the_third_lumbar_body():
    assert np.allclose(frames_of(SPEC)[Level.L3].origin_ras_mm, 0.0)


@pytest.mark.parametrize(
    "numbering", [Numbering(11, 5), Numbering(13, 5), Numbering(12, 4), Numbering(12, 6)]
)
def test_numbering_variants_have_their_vertebrae(numbering: Numbering):
    seed = next(
        seed for seed in range(2000) if draw_healthy_spec(np.random.default_rng(seed)).numbering == numbering
    )
    assert tuple(frames_of(draw_healthy_spec(np.random.default_rng(seed)))) == numbering.levels[1:]


def test_wedge_collapse_tilts_the_spine_above_by_its_angle():
    broken = _with(SPEC, Level.L1, collapse=CollapseSpec(50.0, 30.0, 10.0))
    vertebra = next(each for each in SPEC.vertebrae if each.level is Level.L1)
    lost = 0.5 * vertebra.anterior_height_mm - 0.1 * vertebra.posterior_height_mm
    expected = np.degrees(np.arctan(lost / vertebra.depth_mm))
    before, after = (frames_of(each)[Level.T10].axes_ras for each in (SPEC, broken))
    assert _pitch_deg(after) - _pitch_deg(before) == pytest.approx(expected, abs=1.5)


def test_collapse_moves_nothing_below():
    broken = _with(SPEC, Level.T8, collapse=CollapseSpec(50.0, 50.0, 50.0))
    before, after = frames_of(SPEC), frames_of(broken)
    for level in (Level.T9, Level.L1, Level.S1):
        assert np.allclose(before[level].origin_ras_mm, after[level].origin_ras_mm)


def test_even_collapse_lowers_the_spine_by_what_is_lost():
    broken = _with(SPEC, Level.T8, collapse=CollapseSpec(40.0, 40.0, 40.0))
    vertebra = next(each for each in SPEC.vertebrae if each.level is Level.T8)
    before, after = frames_of(SPEC), frames_of(broken)
    lowered = np.linalg.norm(before[Level.T6].origin_ras_mm - after[Level.T6].origin_ras_mm)
    assert lowered == pytest.approx(0.4 * vertebra.posterior_height_mm, abs=1.0)


@given(st.floats(1.0, 8.0))
@settings(max_examples=10, deadline=None)
def test_slip_moves_the_vertebra_and_all_above_to_the_front(slip_mm: float):
    slipped = frames_of(_with(SPEC, Level.L4, slip_mm=slip_mm))
    still = frames_of(SPEC)
    # L3 is the world's origin, so the vertebrae below move backwards instead.
    moved = slipped[Level.L5].origin_ras_mm - still[Level.L5].origin_ras_mm
    assert moved @ still[Level.L4].axes_ras[:, 1] == pytest.approx(-slip_mm, abs=1e-6)
    assert np.allclose(slipped[Level.T12].origin_ras_mm, still[Level.T12].origin_ras_mm)


def test_scoliosis_has_the_cobb_angle_asked_for():
    bent = replace(
        SPEC, curve=replace(SPEC.curve, scoliosis_deg=20.0, scoliosis_apex=Level.T10, tilt_deg=0.0)
    )
    tilts = [
        np.degrees(np.arctan2(frame.axes_ras[0, 2], frame.axes_ras[2, 2]))
        for level, frame in frames_of(bent).items()
        if Level.T4.coordinate <= level.coordinate <= Level.L3.coordinate
    ]
    assert max(tilts) - min(tilts) == pytest.approx(20.0, abs=2.0)
