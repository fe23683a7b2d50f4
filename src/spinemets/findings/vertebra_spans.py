"""Where along the spine's curve each vertebral body begins and ends."""

import itertools
from dataclasses import dataclass

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
# A stretch of more than this many usual pitches is two bodies or more, and neighbours of less than that
# together, of which one is short, are one body.
_MERGED, _SHORT, _ONE_TOGETHER = 1.55, 0.6, 1.35
# At the ends of the image, where bodies are cut, a rest of more than this part of a pitch is a body; the
# column ends where less than this share of body is left.
_REST, _END = 0.5, 0.25
# Pitch over the depth of the body by coordinate of the level, which a map that is off by two still tells well
# enough: measured on simulated stations. Stretches within these limits of it show what is usual in the
# station, the nearest ones count.
_PITCH_TO_DEPTH = ((4.0, 8.0, 13.0, 17.0, 19.0, 21.0, 24.0), (1.3, 1.15, 1.05, 1.1, 1.2, 1.3, 1.35))
_SINGLE, _NEAREST = (0.6, 1.45), 4
# Depth is measured this near to the middle; a body cut by the image is as deep as the next one.
_MIDDLE_MM, _DEPTH_OF_NEXT = 8.0, 0.9
# Disc between two stretches, against the usual share of body: with more, both are bodies.
_IS_DISC = 0.2
# A long stretch is cut within this part of a pitch around the place that division gives, where there is least
# body and the level changes most; weights of the two, and of the distance.
_CUT_WITHIN, _CUT_STEP, _CUT_PULL = 0.4, 0.3, 0.6


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
    """

    start_mm: float
    end_mm: float

    @property
    def pitch_mm(self) -> float:
        """Its length."""
        return self.end_mm - self.start_mm


@dataclass(frozen=True, slots=True, eq=False)
class _Profile:
    """Share of body and of disc along the curve, 1 where a body fills the surroundings; and the level."""

    places_mm: Floats
    body: Floats
    disc: Floats
    level: Floats

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
    spans = _between_dips(profile)
    spans = _joined(spans, _usual_pitches(spans, voxels, profile), profile)
    pitches = _usual_pitches(spans, voxels, profile)
    last = len(spans) - 1
    return tuple(
        part
        for index, (span, usual) in enumerate(zip(spans, pitches, strict=True))
        for part in _parts(span, usual, (index == 0, index == last), profile)
    )


def _profile(voxels: ColumnVoxels) -> _Profile:
    first = float(voxels.place_mm.min()) - 10.0
    edges = np.arange(first, float(voxels.place_mm.max()) + 10.0, _SLAB_MM)
    weight = np.exp(-0.5 * (voxels.distance_mm / _NEAR_MM) ** 2) * voxels.voxel_mm3 / _SLAB_MM
    shares = []
    for chosen in (~voxels.is_disc, voxels.is_disc):
        area = np.histogram(voxels.place_mm[chosen], edges, weights=weight[chosen])[0]
        shares.append(ndimage.gaussian_filter1d(area, _SMOOTH_MM / _SLAB_MM))
    usual = max(float(np.percentile(shares[0][shares[0] > 0], 75)), 1e-6)
    places = (edges[:-1] + edges[1:]) / 2.0
    return _Profile(places, shares[0] / usual, shares[1] / usual, _levels(voxels, weight, edges))


def _levels(voxels: ColumnVoxels, weight: Floats, edges: Floats) -> Floats:
    """The level map's mean over the body in each slab; where there is no body, that of the next one above."""
    known = ~voxels.is_disc & np.isfinite(voxels.level)
    place, weight = voxels.place_mm[known], weight[known]
    total = np.histogram(place, edges, weights=weight)[0]
    level = np.histogram(place, edges, weights=weight * voxels.level[known])[0]
    seen = np.flatnonzero(total > 1.0)
    if not len(seen):
        return np.zeros_like(total)
    means = np.interp(np.arange(len(total)), seen, level[seen] / total[seen])
    return np.asarray(ndimage.gaussian_filter1d(means, _SMOOTH_MM / _SLAB_MM))


def _between_dips(profile: _Profile) -> list[Span]:
    """Stretches around the peaks of body less disc."""
    height = profile.body - profile.disc
    peaks, _ = signal.find_peaks(height, prominence=_LEAST_DIP, height=0.0)
    if not len(peaks):
        return []
    dips = [int(a + np.argmin(height[a:b])) for a, b in itertools.pairwise(peaks)]
    has_body = np.flatnonzero(profile.body > _END)
    ends = [int(has_body[0]), *dips, int(has_body[-1]) + 1]
    places = [float(profile.places_mm[min(end, len(height) - 1)]) for end in ends]
    return [Span(a, b) for a, b in itertools.pairwise(places)]


def _usual_pitches(spans: list[Span], voxels: ColumnVoxels, profile: _Profile) -> list[float]:
    """The pitch to expect of each stretch: its body's depth, times what its neighbours' pitch is of theirs.

    Bodies differ in size from neck to sacrum, and two that are drawn as one are twice as long as deep.
    """
    levels = [float(np.median(profile.level[profile.within(one.start_mm, one.end_mm)])) for one in spans]
    depths = np.array(_depths(spans, voxels)) * np.interp(levels, *_PITCH_TO_DEPTH)
    shares = np.array([span.pitch_mm / depth for span, depth in zip(spans, depths, strict=True)])
    single = (shares > _SINGLE[0]) & (shares < _SINGLE[1])
    # The image may cut the outer ones.
    if single[1:-1].any():
        single[[0, -1]] = False
    usual = []
    for index, depth in enumerate(depths):
        known = np.flatnonzero(single)
        near = known[np.argsort(np.abs(known - index), kind="stable")][:_NEAREST]
        usual.append(float(depth * (np.median(shares[near]) if len(near) else 1.0)))
    return usual


def _depths(spans: list[Span], voxels: ColumnVoxels) -> list[float]:
    """Of the bodies, front to back, in their middle."""
    aside = voxels.distance_mm**2 - voxels.forward_mm**2 < _MIDDLE_MM**2
    depths = []
    for span in spans:
        own = (voxels.place_mm >= span.start_mm) & (voxels.place_mm < span.end_mm) & ~voxels.is_disc & aside
        low, high = np.percentile(voxels.forward_mm[own], (3, 97)).tolist() if own.any() else (0.0, 0.0)
        depths.append(float(high - low))
    if len(depths) > 1:
        depths[0] = max(depths[0], _DEPTH_OF_NEXT * depths[1])
        depths[-1] = max(depths[-1], _DEPTH_OF_NEXT * depths[-2])
    return [max(depth, 10.0) for depth in depths]


def _joined(spans: list[Span], pitches: list[float], profile: _Profile) -> list[Span]:
    """Stretches, with those joined that no disc parts and that are together no longer than one body."""
    joined = spans[:1]
    for span, usual in zip(spans[1:], pitches[1:], strict=True):
        last = joined[-1]
        around = profile.within(last.end_mm - 3.0, last.end_mm + 3.0)
        parted = float(profile.disc[around].max()) >= _IS_DISC
        short = min(last.pitch_mm, span.pitch_mm) < _SHORT * usual
        if short and not parted and span.end_mm - last.start_mm < _ONE_TOGETHER * usual:
            joined[-1] = Span(last.start_mm, span.end_mm)
        else:
            joined.append(span)
    return joined


def _parts(span: Span, usual_mm: float, at_end: tuple[bool, bool], profile: _Profile) -> list[Span]:
    """The stretch, cut into as many bodies as it is long.

    Args:
        span: The stretch.
        usual_mm: Pitch to expect of its bodies.
        at_end: Whether it is the first and the last one of the station.
        profile: Of the station.
    """
    pitches = span.pitch_mm / usual_mm
    first, last = at_end
    if pitches < (1.0 + _REST if first or last else _MERGED):
        return [span]
    if first and not last:
        # From below, as the image may cut the uppermost body.
        wanted = np.arange(span.end_mm - usual_mm, span.start_mm + _REST * usual_mm, -usual_mm)[::-1]
    elif last and not first:
        wanted = np.arange(span.start_mm + usual_mm, span.end_mm - _REST * usual_mm, usual_mm)
    else:
        wanted = np.linspace(span.start_mm, span.end_mm, max(round(pitches), 2) + 1)[1:-1]
    ends = [span.start_mm, *(_cut(float(place), usual_mm, profile) for place in wanted), span.end_mm]
    return [Span(a, b) for a, b in itertools.pairwise(ends)]


def _cut(wanted_mm: float, usual_mm: float, profile: _Profile) -> float:
    """The place near a division where there is least body, and where the level changes."""
    reach = _CUT_WITHIN * usual_mm
    near = profile.within(wanted_mm - reach, wanted_mm + reach)
    places = profile.places_mm[near]
    change = np.gradient(profile.level)[near] * usual_mm / _SLAB_MM
    # An even ramp of levels, which tells nothing of where discs are, changes by 1 in a pitch.
    steps = np.clip((change - 1.0) / 3.0, 0.0, 1.0)
    away = (places - wanted_mm) / reach
    cost = profile.body[near] - profile.disc[near] - _CUT_STEP * steps + _CUT_PULL * away**2
    return float(places[np.argmin(cost)])
