"""Where along the spine's curve each vertebral body begins and ends."""

import itertools
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage, signal

Floats = npt.NDArray[np.float64]

# Limits of this module are ours, set on simulated spines and on healthy and degenerate real ones.

# Bodies and discs are counted in slabs of this thickness, voxels near the curve for more than those far away
# (Gaussian), because end plates are not square to the curve.
_SLAB_MM, _NEAR_MM, _SMOOTH_MM = 1.0, 7.0, 1.2
# Between two bodies the share of body less that of disc sinks by at least this part of its usual height.
_LEAST_DIP = 0.25
# A stretch of more than this many usual pitches is two bodies or more, one of less perhaps a piece of one.
_MERGED, _PERHAPS_MERGED, _WHOLE_PAIR = 1.6, 1.4, 1.35
# Body to body, adults' pitch is about the depth of a body, and at most this much of it.
_PITCH_TO_DEPTH = 1.25
# Disc between two stretches, against the usual share of body: with more, both are bodies.
_IS_DISC = 0.2
# Where a stretch is cut: within this part of its length around the place that even division gives.
_CUT_WITHIN, _CUT_PULL = 0.25, 0.6
_NEIGHBOURS = 3


@dataclass(frozen=True, slots=True, eq=False)
class ColumnVoxels:
    """Voxels of bodies and discs by their place on the curve.

    Args:
        place_mm, distance_mm: (voxel,) along the curve and away from it.
        forward_mm: (voxel,) to the front of the curve.
        is_disc: (voxel,).
        level: (voxel,) coordinate of the level map.
        voxel_mm3: Volume of a voxel.
    """

    place_mm: Floats
    distance_mm: Floats
    forward_mm: Floats
    is_disc: npt.NDArray[np.bool_]
    level: Floats
    voxel_mm3: float


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the curve that holds one body.

    Args:
        start_mm, end_mm: Half way to the neighbours, or where bodies end.
        was_cut: Whether its end was set by the usual pitch and not by a disc.
    """

    start_mm: float
    end_mm: float
    was_cut: bool = False

    @property
    def pitch_mm(self) -> float:
        """Its length."""
        return self.end_mm - self.start_mm


@dataclass(frozen=True, slots=True, eq=False)
class _Profile:
    """Share of body and of disc along the curve, 1 where a body fills the surroundings of the curve."""

    places_mm: Floats
    body: Floats
    disc: Floats

    def within(self, start_mm: float, end_mm: float) -> slice:
        """Indices from one place to another, at least one."""
        first, last = np.searchsorted(self.places_mm, (start_mm, end_mm))
        return slice(int(first), max(int(last), int(first) + 1))


def body_spans(voxels: ColumnVoxels) -> tuple[Span, ...]:
    """Stretches of the curve with one body each, head to feet.

    Bodies end where discs or gaps lie. Stretches that are too long for one body, against their neighbours and
    against the depth of the body, are cut where the body is narrowest or the level changes; stretches that
    are too short are joined, unless a disc parts them: that is a collapsed body.

    Args:
        voxels: Of the whole column.
    """
    if voxels.is_disc.all():
        return ()
    profile = _profile(voxels)
    spans = _joined(_between_dips(profile), profile, voxels)
    return tuple(part for span in spans for part in _parts(span, spans, profile, voxels))


def _profile(voxels: ColumnVoxels) -> _Profile:
    first = float(voxels.place_mm.min()) - 10.0
    edges = np.arange(first, float(voxels.place_mm.max()) + 10.0, _SLAB_MM)
    weight = np.exp(-0.5 * (voxels.distance_mm / _NEAR_MM) ** 2) * voxels.voxel_mm3 / _SLAB_MM
    shares = []
    for chosen in (~voxels.is_disc, voxels.is_disc):
        area = np.histogram(voxels.place_mm[chosen], edges, weights=weight[chosen])[0]
        shares.append(ndimage.gaussian_filter1d(area, _SMOOTH_MM / _SLAB_MM))
    usual = max(float(np.percentile(shares[0][shares[0] > 0], 75)), 1e-6)
    return _Profile((edges[:-1] + edges[1:]) / 2.0, shares[0] / usual, shares[1] / usual)


def _between_dips(profile: _Profile) -> list[Span]:
    """Stretches around the peaks of body less disc."""
    height = profile.body - profile.disc
    peaks, _ = signal.find_peaks(height, prominence=_LEAST_DIP, height=0.0)
    if not len(peaks):
        return []
    dips = [int(a + np.argmin(height[a:b])) for a, b in itertools.pairwise(peaks)]
    has_body = np.flatnonzero(profile.body > 0.05)
    ends = [int(has_body[0]), *dips, int(has_body[-1]) + 1]
    places = [float(profile.places_mm[min(end, len(height) - 1)]) for end in ends]
    return [Span(a, b) for a, b in itertools.pairwise(places)]


def _usual_pitch(index: int, spans: list[Span], voxels: ColumnVoxels) -> float:
    """The pitch to expect of a stretch, from its neighbours and the depth of the body."""
    inner = spans[1:-1] if len(spans) > 2 else spans
    middle = index - 1 if len(spans) > 2 else index
    near = inner[max(middle - _NEIGHBOURS, 0) : middle + _NEIGHBOURS + 1] or inner
    usual = float(np.median([span.pitch_mm for span in near]))
    return min(usual, _PITCH_TO_DEPTH * _depth(spans[index], voxels))


def _depth(span: Span, voxels: ColumnVoxels) -> float:
    """Of the body, front to back."""
    own = (voxels.place_mm >= span.start_mm) & (voxels.place_mm < span.end_mm) & ~voxels.is_disc
    if not own.any():
        return span.pitch_mm
    low, high = np.percentile(voxels.forward_mm[own], (3, 97))
    return max(float(high - low), 1.0)


def _joined(spans: list[Span], profile: _Profile, voxels: ColumnVoxels) -> list[Span]:
    """Neighbours that no disc parts, and that are no longer together than one body."""
    index = 0
    while index < len(spans) - 1:
        one, other = spans[index], spans[index + 1]
        together = replace(one, end_mm=other.end_mm)
        usual = max(_usual_pitch(index, spans, voxels), _usual_pitch(index + 1, spans, voxels))
        around = profile.within(one.end_mm - 3.0, one.end_mm + 3.0)
        parted = float(profile.disc[around].max()) >= _IS_DISC
        short = min(one.pitch_mm, other.pitch_mm) < 0.6 * usual
        if short and not parted and together.pitch_mm < _WHOLE_PAIR * usual:
            spans[index : index + 2] = [together]
        else:
            index += 1
    return spans


def _parts(span: Span, spans: list[Span], profile: _Profile, voxels: ColumnVoxels) -> list[Span]:
    """The stretch, cut into as many bodies as it is long."""
    pitches = span.pitch_mm / _usual_pitch(spans.index(span), spans, voxels)
    several = pitches > _MERGED or (pitches > _PERHAPS_MERGED and _levels_within(span, voxels) > 1.4)
    if not several:
        return [span]
    count = max(round(pitches), 2)
    cuts = [_cut(span, number / count, count, profile) for number in range(1, count)]
    ends = [span.start_mm, *cuts, span.end_mm]
    return [Span(a, b, was_cut=True) for a, b in itertools.pairwise(ends)]


def _levels_within(span: Span, voxels: ColumnVoxels) -> float:
    """How many levels the level map runs through within a stretch."""
    own = (voxels.place_mm >= span.start_mm) & (voxels.place_mm < span.end_mm) & ~voxels.is_disc
    places, levels = voxels.place_mm[own], voxels.level[own]
    upper, lower = places < np.percentile(places, 20), places > np.percentile(places, 80)
    if not upper.any() or not lower.any():
        return 1.0
    return 1.0 + float(np.median(levels[lower]) - np.median(levels[upper]))


def _cut(span: Span, share: float, count: int, profile: _Profile) -> float:
    """The place near an even division where there is least body."""
    wanted = span.start_mm + share * span.pitch_mm
    reach = _CUT_WITHIN * span.pitch_mm / count * 2.0
    near = profile.within(wanted - reach, wanted + reach)
    places = profile.places_mm[near]
    cost = profile.body[near] - profile.disc[near] + _CUT_PULL * ((places - wanted) / reach) ** 2
    return float(places[np.argmin(cost)])
