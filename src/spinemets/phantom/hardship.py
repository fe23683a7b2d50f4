"""One property of a phantom study made worse, all else as it was: what stress tests vary."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np

from spinemets.anatomy import Level, Region
from spinemets.phantom.protocol import Imperfections, RigidShift, SeriesProtocol, SliceGeometry
from spinemets.phantom.protocol_ranges import (
    TRAINING_RANGES,
    ImperfectionRanges,
    PresenceRanges,
)
from spinemets.phantom.spec import LookalikeKind, LookalikeSpec, SpineSpec
from spinemets.study.records import Plane, Weighting

Severity = float | str


class Hardship(StrEnum):
    """What is made worse."""

    SLICES = "slices"
    PIXELS = "pixels"
    NOISE = "noise"
    GHOSTS = "ghosts"
    MOVEMENT = "movement"
    SHADING = "shading"
    FIELD_OF_VIEW = "field_of_view"
    SEQUENCES = "sequences"
    LEVELS = "levels"
    METAL = "metal"


# Every study has all sequences, and nothing else is wrong with it.
CALM_RANGES = replace(
    TRAINING_RANGES,
    presence=PresenceRanges(
        t1=1.0,
        t2=1.0,
        fat_suppressed_t2=1.0,
        stir_among_fat_suppressed=1.0,
        contrast_agent=0.0,
        dixon=0.0,
        axial_t2=1.0,
    ),
    imperfections=ImperfectionRanges(
        noise_sd=(0.01, 0.01),
        noise_spread=0.0,
        coil_radius_mm=(100.0, 100.0),
        anterior_coil=(0.35, 0.35),
        intensity_correction=(0.5, 0.5),
        shading=(0.05, 0.05),
        g_factor=(1.0, 1.0),
        ghosting=(0.04, 0.04),
        flow_void=(0.2, 0.2),
        wrap_probability=0.0,
        saturation_probability=0.0,
        shift_probability=0.0,
    ),
    sagittal={
        station: replace(ranges, thickness_mm=(4.0, 4.0), gap_share=(0.1, 0.1))
        for station, ranges in TRAINING_RANGES.sagittal.items()
    },
)
# What the scanner, or the spine, can be asked for.
_LIMITS: Mapping[Hardship, tuple[float, float]] = {
    Hardship.SLICES: (2.0, 12.0),
    Hardship.PIXELS: (1.0, 8.0),
    Hardship.NOISE: (0.0, 50.0),
    Hardship.GHOSTS: (0.0, 1.0),
    Hardship.MOVEMENT: (0.0, 40.0),
    Hardship.SHADING: (0.0, 0.9),
    Hardship.FIELD_OF_VIEW: (0.2, 1.0),
    Hardship.LEVELS: (0.0, 8.0),
    Hardship.METAL: (1.0, 4.0),
}
# The severity of a study as it is; None where it has no place among the others.
AS_DRAWN: Mapping[Hardship, float | None] = {
    Hardship.SLICES: 4.0,
    Hardship.PIXELS: 1.0,
    Hardship.NOISE: 1.0,
    Hardship.GHOSTS: 0.04,
    Hardship.MOVEMENT: 0.0,
    Hardship.SHADING: 0.05,
    Hardship.FIELD_OF_VIEW: 1.0,
    Hardship.SEQUENCES: None,
    Hardship.LEVELS: None,
    Hardship.METAL: 0.0,
}
# What is left of a station's length where it is moved along the spine, and how far apart levels are there.
_WINDOW_MM, _LEVEL_MM = 200.0, 35.0
_SCREW_MM = 6.0
# Words for sets of sagittal series that are missing.
MISSING: Mapping[str, frozenset[Weighting]] = {
    "T1": frozenset({Weighting.T1}),
    "T2": frozenset({Weighting.T2}),
    "STIR": frozenset({Weighting.STIR}),
    "all but T1": frozenset({Weighting.T2, Weighting.STIR}),
    "all but T2": frozenset({Weighting.T1, Weighting.STIR}),
    "all but STIR": frozenset({Weighting.T1, Weighting.T2}),
}


def severity_of(hardship: Hardship, value: object) -> Severity:
    """A severity as a setting gives it.

    Raises:
        ValueError: If it is none of the hardship's.
    """
    if hardship is Hardship.SEQUENCES:
        if value not in MISSING:
            raise ValueError(f"{value!r} is no set of series; allowed: {', '.join(MISSING)}")
        return str(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")
    low, high = _LIMITS[hardship]
    if not low <= value <= high:
        raise ValueError(f"{value:g} is out of range; allowed: {low:g} to {high:g}")
    return float(value)


def harden_protocols(
    protocols: Sequence[SeriesProtocol], hardship: Hardship, severity: Severity
) -> tuple[SeriesProtocol, ...]:
    """The series of a study under a hardship; metal is none of the scanner's.

    Args:
        protocols: Sagittal and axial series of one station.
        hardship: What is made worse.
        severity: Thickness of sagittal slices in mm; how many times coarser pixels are; how many times more
            noise; strength of ghosts against moving tissue; mm that the patient moves between two sagittal
            series; relative size of the shading; share of the sagittal length that is left; one of the words
            of ``MISSING``; levels that the image lies too high.

    Raises:
        ValueError: If the severity is none of the hardship's, or no sagittal series would be left.
    """
    if hardship is Hardship.SEQUENCES:
        return _without(protocols, severity)
    if isinstance(severity, str):
        raise ValueError(f"{severity!r} is no number; {hardship} takes numbers")
    if hardship is Hardship.METAL:
        return tuple(protocols)
    change = _CHANGES[hardship]
    return tuple(change(one, place, severity) for place, one in enumerate(protocols))


def with_screws(spec: SpineSpec, levels: Sequence[Level], count: int) -> SpineSpec:
    """The spine with pedicle screws at so many levels next to its largest lesion, as it would be braced.

    Levels that are free of lesions come first, the nearest before others and the lower before the higher.

    Args:
        spec: With its lesions.
        levels: Those that are imaged whole.
        count: Levels with a pair of screws.

    Raises:
        ValueError: If the spine has no lesion, or too few levels are imaged.
    """
    if not spec.lesions:
        raise ValueError("screws are placed about a lesion, and the spine has none")
    largest = max(spec.lesions, key=lambda lesion: lesion.volume_ml)
    taken = {lesion.level for lesion in spec.lesions}
    order = {level: place for place, level in enumerate(spec.numbering.levels)}
    braced = [
        level for level in set(levels) - {largest.level} if level.region in (Region.THORACIC, Region.LUMBAR)
    ]
    if len(braced) < count:
        raise ValueError(
            f"{len(braced)} levels beside the lesion are imaged; screws are asked for at {count}"
        )

    def distance(level: Level) -> tuple[bool, int, int]:
        return level in taken, abs(order[level] - order[largest.level]), -order[level]

    nearest = sorted(braced, key=distance)
    screws = tuple(LookalikeSpec(level, LookalikeKind.METAL, _SCREW_MM, 0) for level in nearest[:count])
    # A screw takes the place of whatever else mimics tumour there.
    kept = tuple(one for one in spec.lookalikes if one.level not in nearest[:count])
    return replace(spec, lookalikes=(*kept, *screws))


def _without(protocols: Sequence[SeriesProtocol], severity: Severity) -> tuple[SeriesProtocol, ...]:
    if severity not in MISSING:
        raise ValueError(f"{severity!r} is no set of series; allowed: {', '.join(MISSING)}")
    lost = MISSING[str(severity)]
    kept = tuple(one for one in protocols if one.plane is not Plane.SAGITTAL or one.weighting not in lost)
    if not any(one.plane is Plane.SAGITTAL for one in kept):
        raise ValueError(f"without {severity} no sagittal series is left")
    return kept


def _slices(protocol: SeriesProtocol, place: int, thickness_mm: float) -> SeriesProtocol:
    """Thicker slices over the same width; thicker ones have less noise."""
    geometry = protocol.geometry
    if protocol.plane is not Plane.SAGITTAL:
        return protocol
    gap_mm = geometry.gap_mm * thickness_mm / geometry.thickness_mm
    width_mm = geometry.slice_count * geometry.spacing_mm[0]
    count = max(round(width_mm / (thickness_mm + gap_mm)), 3)
    thick = replace(geometry, thickness_mm=thickness_mm, gap_mm=gap_mm, slice_count=count)
    return _with_noise(replace(protocol, geometry=thick), geometry.thickness_mm / thickness_mm)


def _pixels(protocol: SeriesProtocol, place: int, factor: float) -> SeriesProtocol:
    """A smaller matrix over the same field of view; larger pixels have less noise."""
    geometry = protocol.geometry
    acquired, reconstructed = (
        _halved(matrix, factor) for matrix in (geometry.acquired_matrix, geometry.reconstructed_matrix)
    )
    coarse = replace(geometry, acquired_matrix=acquired, reconstructed_matrix=reconstructed)
    return _with_noise(replace(protocol, geometry=coarse), 1.0 / factor)


def _halved(matrix: tuple[int, int], factor: float) -> tuple[int, int]:
    rows, columns = (max(int(count / factor) // 2 * 2, 16) for count in matrix)
    return rows, columns


def _with_noise(protocol: SeriesProtocol, factor: float) -> SeriesProtocol:
    return _flawed(protocol, noise_sd=protocol.imperfections.noise_sd * factor)


def _flawed(protocol: SeriesProtocol, **flaws: float) -> SeriesProtocol:
    changed: Imperfections = replace(protocol.imperfections, **flaws)  # type: ignore[arg-type]
    return replace(protocol, imperfections=changed)


def _moved(protocol: SeriesProtocol, place: int, mm: float) -> SeriesProtocol:
    """The patient lies elsewhere for every second sagittal series, mostly along the body."""
    if protocol.plane is not Plane.SAGITTAL or place % 2 == 0:
        return protocol
    right, anterior, superior = (mm * np.array([0.3, 0.4, 0.866])).tolist()
    return replace(protocol, shift=RigidShift((right, anterior, superior)))


def _shorter(protocol: SeriesProtocol, place: int, share: float) -> SeriesProtocol:
    if protocol.plane is not Plane.SAGITTAL:
        return protocol
    return replace(protocol, geometry=_cut(protocol.geometry, share, 0.0))


def _higher(protocol: SeriesProtocol, place: int, levels: float) -> SeriesProtocol:
    """A short image whose lower end lies so many levels above where it was."""
    if protocol.plane is not Plane.SAGITTAL:
        return protocol
    length_mm = protocol.geometry.field_of_view_mm[0]
    share = min(_WINDOW_MM / length_mm, 1.0)
    down_mm = length_mm * (1.0 - share) / 2.0 - levels * _LEVEL_MM
    return replace(protocol, geometry=_cut(protocol.geometry, share, down_mm))


def _cut(geometry: SliceGeometry, share: float, down_mm: float) -> SliceGeometry:
    """A share of the rows, with pixels as they were, moved towards the feet."""
    if not 0.1 <= share <= 1.0:
        raise ValueError(f"a share of {share} of the length cannot be imaged; allowed: 0.1 to 1")
    rows = max(round(geometry.reconstructed_matrix[0] * share) // 2 * 2, 16)
    share = rows / geometry.reconstructed_matrix[0]
    return replace(
        geometry,
        field_of_view_mm=(geometry.field_of_view_mm[0] * share, geometry.field_of_view_mm[1]),
        reconstructed_matrix=(rows, geometry.reconstructed_matrix[1]),
        acquired_matrix=(max(round(geometry.acquired_matrix[0] * share), 16), geometry.acquired_matrix[1]),
        centre_ras_mm=geometry.centre_ras_mm + down_mm * geometry.axes_ras[:, 1],
    )


_CHANGES: Mapping[Hardship, Callable[[SeriesProtocol, int, float], SeriesProtocol]] = {
    Hardship.SLICES: _slices,
    Hardship.PIXELS: _pixels,
    Hardship.NOISE: lambda protocol, place, factor: _with_noise(protocol, factor),
    Hardship.GHOSTS: lambda protocol, place, strength: _flawed(protocol, ghosting=strength),
    Hardship.MOVEMENT: _moved,
    Hardship.SHADING: lambda protocol, place, size: _flawed(protocol, shading=size),
    Hardship.FIELD_OF_VIEW: _shorter,
    Hardship.LEVELS: _higher,
}
