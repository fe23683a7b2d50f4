"""Random protocols of a whole study: which series, where, how."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spinemets.anatomy import Level
from spinemets.phantom.digital import DigitalSpine, VertebraFrame
from spinemets.phantom.protocol import (
    FatSuppression,
    Imperfections,
    PhaseAxis,
    RigidShift,
    SeriesProtocol,
    SliceGeometry,
    Station,
    Timing,
)
from spinemets.phantom.protocol_ranges import ProtocolRanges, Range, StackRanges
from spinemets.phantom.slice_placement import (
    axial_stacks,
    frames_inside,
    front_of_bodies_mm,
    room_mm,
    sagittal_axes,
    sagittal_centre,
)
from spinemets.phantom.timing_draw import DIXON_WEIGHTINGS, Scanner, draw_echo_train, draw_timing
from spinemets.study.records import Plane, Weighting

_REFERENCE_VOXEL_MM3 = 4.0
_STIR_AVERAGES = 3.5
_PHASE_ALONG_SPINE = 0.75


@dataclass(frozen=True, slots=True)
class _Visit:
    """What the series of one study share."""

    station: Station
    scanner: Scanner
    ranges: ProtocolRanges
    sagittal_phase: PhaseAxis
    front_of_bodies_mm: float
    flaws: Imperfections
    reference_noise_sd: float


def draw_protocols(
    rng: np.random.Generator,
    spine: DigitalSpine,
    station: Station,
    axial_levels: Sequence[Level],
    ranges: ProtocolRanges,
) -> tuple[SeriesProtocol, ...]:
    """Protocols of one study of one station, in order of acquisition.

    At least one sagittal series without contrast agent is always there. Axial T2 stacks cover the
    ``axial_levels`` that the station's sagittal field of view shows: one stack for each run of neighbouring
    levels, tilted as their end plates are.

    Args:
        rng: Decides everything.
        spine: The anatomy that slices are placed on, as a technologist does on the localizer.
        station: The part of the spine; the near grid covers it.
        axial_levels: Levels worth axial slices, in any order.
        ranges: What is drawn from.

    Raises:
        ValueError: If the spine has no vertebra on its near grid.
    """
    if not spine.frames:
        raise ValueError("the digital spine shows no vertebra, so no slices can be placed")
    visit = _draw_visit(rng, spine, station, ranges)
    stack = _draw_sagittal_stack(rng, spine, visit)
    series = [_sagittal(rng, visit, weighting, stack) for weighting in _draw_weightings(rng, ranges)]
    series += _axials(rng, visit, spine, stack, axial_levels)
    return _as_acquired([_moved(rng, visit, protocol, index) for index, protocol in enumerate(series)])


def _as_acquired(series: Sequence[SeriesProtocol]) -> tuple[SeriesProtocol, ...]:
    """Dixon images are made of one acquisition: they share its flaws, and where the patient lay."""
    sources = [series[place] for place in acquisition_places(series)]
    return tuple(
        replace(one, imperfections=source.imperfections, shift=source.shift)
        for one, source in zip(series, sources, strict=True)
    )


def acquisition_places(series: Sequence[SeriesProtocol]) -> tuple[int, ...]:
    """For each series the place of the one that was acquired for it: of Dixon images the first of the set."""
    places = range(len(series))
    dixon = [place for place in places if series[place].weighting in DIXON_WEIGHTINGS]
    return tuple(dixon[0] if place in dixon else place for place in places)


def _draw_visit(
    rng: np.random.Generator, spine: DigitalSpine, station: Station, ranges: ProtocolRanges
) -> _Visit:
    vendors = list(ranges.vendor_shares)
    shares = np.array([ranges.vendor_shares[vendor] for vendor in vendors])
    flaws = ranges.imperfections
    return _Visit(
        station=station,
        scanner=Scanner(
            vendor=vendors[int(rng.choice(len(vendors), p=shares / shares.sum()))],
            field_strength_t=3.0 if rng.random() < ranges.three_tesla_share else 1.5,
        ),
        ranges=ranges,
        # Mostly along the spine, which keeps ghosts of heart and bowel off the canal.
        sagittal_phase=PhaseAxis.ROW if rng.random() < _PHASE_ALONG_SPINE else PhaseAxis.COLUMN,
        front_of_bodies_mm=front_of_bodies_mm(frames_inside(spine)),
        flaws=Imperfections(
            coil_radius_mm=_uniform(rng, flaws.coil_radius_mm),
            anterior_coil=_uniform(rng, flaws.anterior_coil),
            intensity_correction=_uniform(rng, flaws.intensity_correction),
            g_factor=_uniform(rng, flaws.g_factor),
        ),
        reference_noise_sd=_uniform(rng, flaws.noise_sd),
    )


def _draw_weightings(rng: np.random.Generator, ranges: ProtocolRanges) -> list[Weighting]:
    presence = ranges.presence
    weightings = []
    if rng.random() < presence.t1:
        weightings.append(Weighting.T1)
    if rng.random() < presence.t2:
        weightings.append(Weighting.T2)
    if rng.random() < presence.fat_suppressed_t2:
        inverted = rng.random() < presence.stir_among_fat_suppressed
        weightings.append(Weighting.STIR if inverted else Weighting.T2_FS)
    if not weightings:
        weightings.append(Weighting.T2)
    if rng.random() < presence.dixon:
        weightings.extend(DIXON_WEIGHTINGS)
    if rng.random() < presence.contrast_agent:
        weightings.append(Weighting.T1_GD)
    return weightings


def _draw_sagittal_stack(rng: np.random.Generator, spine: DigitalSpine, visit: _Visit) -> SliceGeometry:
    stack = visit.ranges.sagittal[visit.station]
    frames = frames_inside(spine)
    axes = sagittal_axes(frames, rng.normal(0.0, visit.ranges.angulation_sd_deg, size=3))
    if rng.random() < 0.5:
        axes = axes * np.array([-1.0, 1.0, 1.0])
    count = int(rng.integers(stack.slice_count[0], stack.slice_count[1] + 1))
    centre = sagittal_centre(frames) + rng.normal(0.0, (1.0, 5.0, 6.0))
    template = _draw_stack(rng, stack, room_mm(spine, centre, axis=2), visit.sagittal_phase)
    return replace(template, axes_ras=axes, centre_ras_mm=centre, slice_count=count)


def _draw_stack(
    rng: np.random.Generator, stack: StackRanges, room: float, phase_axis: PhaseAxis
) -> SliceGeometry:
    """Settings of a stack that is placed nowhere yet; its field of view is no larger than ``room`` mm."""
    thickness = round(_uniform(rng, stack.thickness_mm) * 2.0) / 2.0
    extent = float(min(_uniform(rng, stack.field_of_view_mm), room) // 5.0 * 5.0)
    samples = int(rng.choice(stack.frequency_samples))
    lines = int(samples * _uniform(rng, stack.phase_share)) // 2 * 2
    pixels = max(int(rng.choice(stack.reconstructed_pixels)), samples)
    return SliceGeometry(
        centre_ras_mm=np.zeros(3),
        axes_ras=np.eye(3),
        slice_count=1,
        thickness_mm=thickness,
        gap_mm=round(thickness * _uniform(rng, stack.gap_share), 1),
        field_of_view_mm=(extent, extent),
        acquired_matrix=(lines, samples) if phase_axis is PhaseAxis.ROW else (samples, lines),
        reconstructed_matrix=(pixels, pixels),
    )


def _sagittal(
    rng: np.random.Generator, visit: _Visit, weighting: Weighting, stack: SliceGeometry
) -> SeriesProtocol:
    timing = draw_timing(rng, visit.scanner, weighting, visit.ranges)
    return _series(rng, visit, Plane.SAGITTAL, weighting, timing, stack, visit.sagittal_phase, "")


def _axials(
    rng: np.random.Generator,
    visit: _Visit,
    spine: DigitalSpine,
    sagittal: SliceGeometry,
    levels: Sequence[Level],
) -> list[SeriesProtocol]:
    if rng.random() >= visit.ranges.presence.axial_t2:
        return []
    ranges = visit.ranges.axial[visit.station]
    shown = _shown_frames(spine, sagittal, levels)
    timing = draw_echo_train(rng, visit.scanner, visit.ranges.axial_t2)
    # One set of settings for every stack, as they are one programme on the scanner.
    places = axial_stacks(shown, spine.canal)
    room = min((room_mm(spine, place.centre_ras_mm, axis=0) for place in places), default=np.inf)
    template = _draw_stack(rng, ranges, room, PhaseAxis.COLUMN)
    series = []
    for number, place in enumerate(places, start=1):
        tilt = rng.normal(0.0, visit.ranges.angulation_sd_deg, size=2)
        extent = place.length_mm + _uniform(rng, visit.ranges.axial_extra_mm)
        stack = replace(
            template,
            centre_ras_mm=place.centre_ras_mm,
            axes_ras=place.axes(tilt),
            slice_count=max(ranges.slice_count[0], round(extent / template.spacing_mm[0])),
        )
        series.append(
            _series(rng, visit, Plane.AXIAL, Weighting.T2, timing, stack, PhaseAxis.COLUMN, f"_{number}")
        )
    return series


def _shown_frames(
    spine: DigitalSpine, sagittal: SliceGeometry, levels: Sequence[Level]
) -> list[VertebraFrame]:
    half_mm = sagittal.field_of_view_mm[0] / 2.0
    middle = sagittal.centre_ras_mm[2]
    wanted = set(levels)
    return [
        frame
        for frame in spine.frames
        if frame.level in wanted and abs(frame.origin_ras_mm[2] - middle) < half_mm
    ]


def _series(
    rng: np.random.Generator,
    visit: _Visit,
    plane: Plane,
    weighting: Weighting,
    timing: Timing,
    stack: SliceGeometry,
    phase_axis: PhaseAxis,
    suffix: str,
) -> SeriesProtocol:
    short = {Plane.SAGITTAL: "sag", Plane.AXIAL: "ax"}[plane]
    name = f"{visit.station}_{short}_{weighting.value.replace('+', '-')}{suffix}"
    return SeriesProtocol(
        name=name,
        station=visit.station,
        plane=plane,
        weighting=weighting,
        vendor=visit.scanner.vendor,
        field_strength_t=visit.scanner.field_strength_t,
        timing=timing,
        geometry=stack,
        phase_axis=phase_axis,
        imperfections=_draw_flaws(rng, visit, plane, timing, stack),
    )


def _draw_flaws(
    rng: np.random.Generator, visit: _Visit, plane: Plane, timing: Timing, stack: SliceGeometry
) -> Imperfections:
    ranges = visit.ranges.imperfections
    before = visit.front_of_bodies_mm - float(stack.centre_ras_mm[1])
    saturated = plane is Plane.SAGITTAL and rng.random() < ranges.saturation_probability
    return replace(
        visit.flaws,
        noise_sd=_noise_sd(visit, timing, stack) * float(np.exp(rng.normal(0.0, ranges.noise_spread))),
        shading=_uniform(rng, ranges.shading),
        ghosting=_uniform(rng, ranges.ghosting),
        flow_void=_uniform(rng, ranges.flow_void),
        wrap=bool(rng.random() < ranges.wrap_probability),
        chemical_shift=timing.fat_suppression is not FatSuppression.DIXON,
        anterior_saturation_mm=_uniform(rng, ranges.saturation_mm) + before if saturated else None,
    )


def _noise_sd(visit: _Visit, timing: Timing, stack: SliceGeometry) -> float:
    # Signal grows with the voxel and the field; a technologist buys back what small voxels lose with
    # averages, but only in part (square root of time).
    rows, columns = stack.acquired_matrix
    height, width = stack.field_of_view_mm
    voxel_mm3 = height / rows * width / columns * stack.thickness_mm
    bandwidth = np.sqrt(timing.pixel_bandwidth_hz / 200.0)
    field = np.sqrt(1.5 / visit.scanner.field_strength_t)
    voxel = np.sqrt(_REFERENCE_VOXEL_MM3 / voxel_mm3)
    # Inversion takes most of the signal: such series are always averaged, three to four times.
    averages = 1.0 if timing.inversion_time_ms is None else _STIR_AVERAGES
    return float(visit.reference_noise_sd * voxel * bandwidth * field / np.sqrt(averages))


def _moved(rng: np.random.Generator, visit: _Visit, protocol: SeriesProtocol, index: int) -> SeriesProtocol:
    ranges = visit.ranges.imperfections
    moved = rng.random() < ranges.shift_probability
    translation = rng.normal(0.0, ranges.shift_sd_mm, size=3)
    rotation = rng.normal(0.0, ranges.shift_sd_deg, size=3)
    # The first series defines where the patient lies.
    if index == 0 or not moved:
        return protocol
    x, y, z = (float(value) for value in translation)
    about_x, about_y, about_z = (float(value) for value in rotation)
    return replace(protocol, shift=RigidShift((x, y, z), (about_x, about_y, about_z)))


def _uniform(rng: np.random.Generator, limits: Range) -> float:
    return float(rng.uniform(*limits))
