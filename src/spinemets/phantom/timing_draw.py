"""Random pulse sequence timing of a weighting."""

from dataclasses import dataclass, replace

import numpy as np

from spinemets.phantom.protocol import FatSuppression, SequenceKind, Timing, Vendor
from spinemets.phantom.protocol_ranges import ProtocolRanges, Range, TimingRanges
from spinemets.study.records import Weighting

DIXON_WEIGHTINGS = (
    Weighting.DIXON_IN,
    Weighting.DIXON_OPPOSED,
    Weighting.DIXON_WATER,
    Weighting.DIXON_FAT,
)
# Two-point Dixon gradient echoes: in and opposed phase of fat at 220 Hz per 1.5 T.
_DIXON_TR_MS, _DIXON_FLIP_DEG, _DIXON_BANDWIDTH_HZ = 160.0, 70.0, 500.0
_DIXON_TE_MS = {1.5: (4.6, 2.3), 3.0: (2.46, 1.23)}
_FAT_SATURATION = (0.8, 0.97)
# Refocusing flip angles that headers of turbo spin echoes report.
_REFOCUSING_DEG = {Vendor.SIEMENS: 150.0, Vendor.GE: 111.0, Vendor.PHILIPS: 90.0, Vendor.CANON: 90.0}


@dataclass(frozen=True, slots=True)
class Scanner:
    """What decides timing apart from the weighting."""

    vendor: Vendor
    field_strength_t: float


def draw_timing(
    rng: np.random.Generator, scanner: Scanner, weighting: Weighting, ranges: ProtocolRanges
) -> Timing:
    """Timing of a sagittal series.

    Args:
        rng: Decides everything.
        scanner: Vendor and field strength.
        weighting: T1, T2, STIR, T2-FS, T1+Gd or a Dixon image.
        ranges: What is drawn from.
    """
    if weighting in DIXON_WEIGHTINGS:
        return _dixon_timing(scanner, weighting)
    by_weighting = {
        Weighting.T1: ranges.t1,
        Weighting.T1_GD: ranges.t1,
        Weighting.T2: ranges.t2,
        Weighting.T2_FS: ranges.t2_fs,
        Weighting.STIR: ranges.stir,
    }
    timing = draw_echo_train(rng, scanner, by_weighting[weighting])
    saturated = weighting is Weighting.T2_FS or (
        weighting is Weighting.T1_GD and rng.random() < ranges.presence.fat_saturated_after_contrast
    )
    if saturated:
        timing = replace(
            timing, fat_suppression=FatSuppression.SPECTRAL, fat_saturation=_uniform(rng, _FAT_SATURATION)
        )
    return replace(timing, contrast_agent=weighting is Weighting.T1_GD)


def draw_echo_train(rng: np.random.Generator, scanner: Scanner, ranges: TimingRanges) -> Timing:
    """Timing of a turbo spin echo, with inversion where the ranges have an inversion time."""
    low, high = ranges.echo_train_length
    inversion_ms = None
    if ranges.inversion_time_ms is not None:
        inversion_ms = round(_uniform(rng, ranges.inversion_time_ms[scanner.field_strength_t > 2.0]))
    inverted = inversion_ms is not None
    length = int(rng.integers(low, high + 1))
    spacing_ms = round(_uniform(rng, ranges.echo_spacing_ms), 1)
    # The centre of k-space is at an echo of the train, at the latest its last.
    echo_ms = min(_uniform(rng, ranges.echo_time_ms), length * spacing_ms)
    # Bandwidth is raised with the field, so that fat is displaced by as many pixels.
    bandwidth_hz = _uniform(rng, ranges.pixel_bandwidth_hz) * scanner.field_strength_t / 1.5
    return Timing(
        kind=SequenceKind.INVERSION_RECOVERY if inverted else SequenceKind.SPIN_ECHO,
        repetition_time_ms=float(round(_uniform(rng, ranges.repetition_time_ms))),
        echo_time_ms=round(echo_ms, 1),
        flip_angle_deg=_REFOCUSING_DEG[scanner.vendor],
        echo_train_length=length,
        echo_spacing_ms=spacing_ms,
        pixel_bandwidth_hz=float(round(bandwidth_hz)),
        inversion_time_ms=inversion_ms,
        fat_suppression=FatSuppression.INVERSION if inverted else FatSuppression.NONE,
    )


def _dixon_timing(scanner: Scanner, weighting: Weighting) -> Timing:
    in_phase_ms, opposed_ms = _DIXON_TE_MS[scanner.field_strength_t]
    return Timing(
        kind=SequenceKind.GRADIENT_ECHO,
        repetition_time_ms=_DIXON_TR_MS,
        echo_time_ms=opposed_ms if weighting is Weighting.DIXON_OPPOSED else in_phase_ms,
        flip_angle_deg=_DIXON_FLIP_DEG,
        echo_train_length=1,
        echo_spacing_ms=in_phase_ms,
        pixel_bandwidth_hz=_DIXON_BANDWIDTH_HZ,
        fat_suppression=FatSuppression.DIXON,
    )


def _uniform(rng: np.random.Generator, limits: Range) -> float:
    return float(rng.uniform(*limits))
