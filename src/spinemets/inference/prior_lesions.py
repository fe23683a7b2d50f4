"""Lesions of this study beside those of an earlier one: which is which, and what has become of each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from spinemets.findings.measurement import Measurement, Trace, Unit
from spinemets.inference.prior_places import PlacedLesion, distances_mm, is_imaged, place_lesions
from spinemets.inference.prior_records import LesionChange, LesionChangeKind, LesionReference
from spinemets.inference.prior_vertebrae import Shown, SpinesBeside
from spinemets.inference.settings import ChangeSettings

Floats = npt.NDArray[np.float64]

# A pair of lesions twice as large, or half, is as unlikely as one that lies so much further apart; ours.
_MM_FOR_A_DOUBLING = 2.0
# A lesion whose centre lies at most so far outside another, taken as a ball, is a part of it: lesions merge
# and split.
_PART_OF_IT_MM = 3.0
_NO_PAIR = 1e6


@dataclass(slots=True)
class _Group:
    """Lesions of both studies that are one, or that have merged or split."""

    now: list[PlacedLesion] = field(default_factory=list)
    then: list[PlacedLesion] = field(default_factory=list)
    distance_mm: float | None = None


def compare_lesions(spines: SpinesBeside, settings: ChangeSettings) -> tuple[LesionChange, ...]:
    """What has become of every lesion: the worst first, then from head to feet.

    Two lesions may be one if their vertebrae are, for certain, and their centres lie, in the axes of that
    vertebra, within ``settings.place_mm`` plus the difference of their radii (as balls of their volumes) of
    each other. Of these the pairs with the least sum of distances and differences of volume are taken
    (Hungarian method). What is left over and lies within a lesion of the other study has merged or split.

    Args:
        spines: Of both studies.
        settings: What counts as a change.
    """
    here = place_lesions(spines.now, spines.matches)
    there = place_lesions(spines.then, spines.matches_then)
    groups = _groups(here, there, distances_mm(here, there, spines.then), settings)
    changes = [_change(group, spines.now, spines.then, settings) for group in groups]
    order = list(LesionChangeKind)
    every = (*changes, *_astray(spines.now))
    return tuple(sorted(every, key=lambda one: (order.index(one.kind), _height(one))))


def _height(change: LesionChange) -> float:
    return math.inf if change.belief is None else change.belief.most_likely.coordinate


def _groups(
    here: Sequence[PlacedLesion], there: Sequence[PlacedLesion], distance: Floats, settings: ChangeSettings
) -> list[_Group]:
    pairs = _pairs(here, there, distance, settings)
    by_now = {i: _Group([here[i]], [there[j]], float(distance[i, j])) for i, j in pairs.items()}
    by_then = {j: by_now[i] for i, j in pairs.items()}
    for i, one in enumerate(here):
        if i not in by_now:
            by_now[i] = _joined(one, distance[i], there, by_then) or _Group()
            by_now[i].now.append(one)
    for j, one in enumerate(there):
        if j not in by_then:
            by_then[j] = _joined(one, distance[:, j], here, by_now) or _Group()
            by_then[j].then.append(one)
    return list({id(group): group for group in (*by_now.values(), *by_then.values())}.values())


def _pairs(
    here: Sequence[PlacedLesion], there: Sequence[PlacedLesion], distance: Floats, settings: ChangeSettings
) -> dict[int, int]:
    if not (here and there):
        return {}
    now, then = (np.array([one.volume_ml for one in each]) for each in (here, there))
    reach = settings.place_mm + np.abs(_radius_mm(now)[:, None] - _radius_mm(then)[None, :])
    doublings = np.abs(np.log2(now[:, None] / then[None, :]))
    cost = np.where(distance <= reach, distance + _MM_FOR_A_DOUBLING * doublings, _NO_PAIR)
    chosen = zip(*linear_sum_assignment(cost), strict=True)
    return {int(i): int(j) for i, j in chosen if cost[i, j] < _NO_PAIR}


def _joined(
    own: PlacedLesion, distance: Floats, others: Sequence[PlacedLesion], groups: dict[int, _Group]
) -> _Group | None:
    """The group of the nearest lesion of the other study that one lies within, or that lies within it."""
    near = [
        (float(distance[place]), place)
        for place, other in enumerate(others)
        if place in groups
        and distance[place] <= _PART_OF_IT_MM + _radius_mm(np.array(max(own.volume_ml, other.volume_ml)))
    ]
    return groups[min(near)[1]] if near else None


def _radius_mm(volume_ml: Floats) -> Floats:
    """Radius of a ball of this volume."""
    return np.asarray(np.cbrt(750.0 * volume_ml / math.pi))


def _change(
    group: _Group, now: Sequence[Shown], then: Sequence[Shown], settings: ChangeSettings
) -> LesionChange:
    volume_now, volume_then = _total(group.now), _total(group.then)
    percent: float | None = None
    if volume_now is None:
        kind, reason = _found_once(group.then[0], now, LesionChangeKind.GONE)
    elif volume_then is None:
        kind, reason = _found_once(group.now[0], then, LesionChangeKind.NEW)
    elif volume_now.at_least or volume_then.at_least:
        kind, reason = LesionChangeKind.NOT_COMPARABLE, "the image cuts it in one of the studies"
    else:
        before, after = (sum(one.volume_ml for one in each) for each in (group.then, group.now))
        percent = 100.0 * (after / before - 1.0)
        kind, reason = _kind(before, after, settings), _parts(group)
    leading = max(group.now or group.then, key=lambda one: one.volume_ml)
    return LesionChange(
        kind=kind,
        now=tuple(one.reference for one in group.now),
        then=tuple(one.reference for one in group.then),
        belief=leading.shown.vertebra.belief,
        volume_now=volume_now,
        volume_then=volume_then,
        change_percent=percent,
        distance_mm=group.distance_mm,
        reason=reason,
    )


def _kind(before_ml: float, after_ml: float, settings: ChangeSettings) -> LesionChangeKind:
    ratio = 1.0 + settings.limit_percent(max(before_ml, after_ml)) / 100.0
    if after_ml >= ratio * before_ml:
        return LesionChangeKind.GROWN
    return LesionChangeKind.SHRUNK if before_ml >= ratio * after_ml else LesionChangeKind.STABLE


def _parts(group: _Group) -> str:
    if len(group.now) == len(group.then) == 1:
        return ""
    return f"{len(group.then)} then and {len(group.now)} now, taken together: merged or split"


def _found_once(
    one: PlacedLesion, others: Sequence[Shown], kind: LesionChangeKind
) -> tuple[LesionChangeKind, str]:
    """Whether a lesion of one study is missing in the other, or its place cannot be looked at there."""
    where = "earlier" if kind is LesionChangeKind.NEW else "later"
    twin, *more = one.twins
    if more:
        return LesionChangeKind.NOT_COMPARABLE, f"which vertebra of the {where} study it is, is not certain"
    if twin is None:
        return LesionChangeKind.NOT_COMPARABLE, f"the {where} study does not show its vertebra"
    if not is_imaged(one, others[twin]):
        return LesionChangeKind.NOT_COMPARABLE, f"the {where} study does not show its place"
    return kind, f"none was found at its place in the {where} study"


def _total(lesions: Sequence[PlacedLesion]) -> Measurement | None:
    volumes = [one.lesion.volume for one in lesions]
    if len(volumes) <= 1:
        return volumes[0] if volumes else None
    series = tuple(dict.fromkeys(key for one in volumes for key in one.trace.series))
    trace = Trace("lesion.volume", series, weights_sha256=volumes[0].trace.weights_sha256)
    value = sum(one.value or 0.0 for one in volumes)
    return Measurement(value, Unit.MILLILITRE, trace, any(one.at_least for one in volumes), "sum of lesions")


def _astray(now: Sequence[Shown]) -> list[LesionChange]:
    """Lesions that lie at no vertebra, and so at no place that can be found again."""
    kind, reason = LesionChangeKind.NOT_COMPARABLE, "it lies at no vertebra"
    return [
        LesionChange(
            kind, (LesionReference(name, one.number),), (), None, one.volume, None, None, None, reason
        )
        for name, station in {each.station.name: each.station for each in now}.items()
        for one in station.findings.lesions
        if one.vertebra is None
    ]
