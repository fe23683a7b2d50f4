"""Random protocols: within their ranges, placed on the anatomy, complete."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spinemets.anatomy import Level
from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.protocol import SeriesProtocol, Station
from spinemets.phantom.protocol_draw import acquisition_places, draw_protocols
from spinemets.phantom.protocol_ranges import OUTSIDE_RANGES, TRAINING_RANGES, PresenceRanges
from spinemets.phantom.timing_draw import DIXON_WEIGHTINGS
from spinemets.study.records import Plane, Weighting

STATIONS = st.sampled_from(list(Station))
SEEDS = st.integers(0, 2**31)
FIXTURE_IS_FROZEN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
EVERYTHING = replace(
    TRAINING_RANGES,
    presence=PresenceRanges(1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 1.0, 1.0),
)


def _draw(
    spine: DigitalSpine, seed: int, station: Station = Station.LUMBAR, everything: bool = False
) -> tuple[SeriesProtocol, ...]:
    ranges = EVERYTHING if everything else TRAINING_RANGES
    return draw_protocols(np.random.default_rng(seed), spine, station, (Level.L1, Level.L2), ranges)


@FIXTURE_IS_FROZEN
@given(SEEDS, STATIONS)
def test_there_is_always_a_sagittal_without_contrast_agent(
    block_spine: DigitalSpine, seed: int, station: Station
) -> None:
    protocols = _draw(block_spine, seed, station)
    assert any(p.plane is Plane.SAGITTAL and not p.timing.contrast_agent for p in protocols)


@FIXTURE_IS_FROZEN
@given(SEEDS, STATIONS)
def test_spin_echo_timing_is_possible(block_spine: DigitalSpine, seed: int, station: Station) -> None:
    for protocol in _draw(block_spine, seed, station, everything=True):
        timing = protocol.timing
        assert timing.train_ms < timing.repetition_time_ms
        assert timing.echo_time_ms <= timing.train_ms + 1e-6


@FIXTURE_IS_FROZEN
@given(SEEDS, STATIONS)
def test_axes_are_orthonormal_and_planes_are_as_named(
    block_spine: DigitalSpine, seed: int, station: Station
) -> None:
    normal_axis = {Plane.SAGITTAL: 0, Plane.AXIAL: 2}
    for protocol in _draw(block_spine, seed, station):
        axes = protocol.geometry.axes_ras
        np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-9)
        assert int(np.argmax(np.abs(axes[:, 0]))) == normal_axis[protocol.plane]


@FIXTURE_IS_FROZEN
@given(SEEDS)
def test_images_are_shown_as_radiologists_expect(block_spine: DigitalSpine, seed: int) -> None:
    for protocol in _draw(block_spine, seed):
        _, row, column = protocol.geometry.axes_ras.T
        if protocol.plane is Plane.SAGITTAL:
            assert row[2] < 0, "rows run to the feet"
            assert column[1] < 0, "columns run to the back"
        else:
            assert row[1] < 0, "rows run to the back"
            assert column[0] < 0, "columns run to the patient's left"


@FIXTURE_IS_FROZEN
@given(SEEDS)
def test_the_field_of_view_ends_within_the_anatomy(block_spine: DigitalSpine, seed: int) -> None:
    for protocol in _draw(block_spine, seed):
        axis, extent = (2, 0) if protocol.plane is Plane.SAGITTAL else (0, 1)
        half = protocol.geometry.field_of_view_mm[extent] / 2.0
        low = block_spine.far_affine_ras[axis, 3]
        high = low + 3.0 * (block_spine.far_tissue.shape[axis] - 1)
        centre = protocol.geometry.centre_ras_mm[axis]
        assert low <= centre - half
        assert centre + half <= high


@FIXTURE_IS_FROZEN
@given(SEEDS)
def test_names_are_unique(block_spine: DigitalSpine, seed: int) -> None:
    names = [protocol.name for protocol in _draw(block_spine, seed, everything=True)]
    assert len(set(names)) == len(names)


@FIXTURE_IS_FROZEN
@given(SEEDS)
def test_the_first_series_is_where_the_patient_lies(block_spine: DigitalSpine, seed: int) -> None:
    assert _draw(block_spine, seed)[0].shift.translation_ras_mm == (0.0, 0.0, 0.0)


def test_a_run_of_levels_is_one_axial_stack_that_covers_it(block_spine: DigitalSpine) -> None:
    axials = [p for p in _draw(block_spine, 3, everything=True) if p.plane is Plane.AXIAL]
    assert len(axials) == 1
    geometry = axials[0].geometry
    half = geometry.slice_count * geometry.spacing_mm[0] / 2.0
    heights = [block_spine.frame(level).origin_ras_mm[2] for level in (Level.L1, Level.L2)]
    assert geometry.centre_ras_mm[2] + half > max(heights) + 10
    assert geometry.centre_ras_mm[2] - half < min(heights) - 10


def test_a_complete_protocol_holds_every_weighting(block_spine: DigitalSpine) -> None:
    drawn = {protocol.weighting for protocol in _draw(block_spine, 0, everything=True)}
    assert drawn >= {Weighting.T1, Weighting.T2, Weighting.STIR, Weighting.T1_GD, Weighting.DIXON_WATER}


def test_the_same_seed_draws_the_same(block_spine: DigitalSpine) -> None:
    first, second = _draw(block_spine, 11), _draw(block_spine, 11)
    assert [p.timing for p in first] == [p.timing for p in second]


def test_outside_ranges_are_noisier_than_any_training_draw() -> None:
    assert OUTSIDE_RANGES.imperfections.noise_sd[0] > TRAINING_RANGES.imperfections.noise_sd[1]


def test_without_vertebrae_nothing_can_be_placed(block_spine: DigitalSpine) -> None:
    with pytest.raises(ValueError, match="no vertebra"):
        _draw(replace(block_spine, frames=()), 0)


@FIXTURE_IS_FROZEN
@given(SEEDS)
def test_images_of_a_dixon_set_share_flaws_and_the_place_of_the_patient(
    block_spine: DigitalSpine, seed: int
) -> None:
    protocols = _draw(block_spine, seed, everything=True)
    first, *others = [one for one in protocols if one.weighting in DIXON_WEIGHTINGS]
    assert len(others) == 3
    for one in others:
        assert (one.imperfections, one.shift) == (first.imperfections, first.shift)
    places = acquisition_places(protocols)
    assert {protocols[place].name for place in places} == {
        one.name for one in protocols if one.weighting not in DIXON_WEIGHTINGS[1:]
    }
