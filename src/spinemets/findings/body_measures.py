"""The body of each vertebra: heights, their loss, what lesions fill of it, and its posterior wall."""

from collections.abc import Mapping

import numpy as np

from spinemets.anatomy import Anatomy
from spinemets.findings.body_sections import BodySection, body_sections
from spinemets.findings.element_frame import element_frames
from spinemets.findings.maps import StationMaps
from spinemets.findings.measurement import Measurement, Trace, Unit
from spinemets.findings.records import BodyFindings, WallShape
from spinemets.scoring.collapse import genant_grade

# Ours: a wall whose middle bulges by so much beyond the line of its ends is convex; one end so far behind
# the other, beyond what the neighbours' line explains, is a pushed-out corner.
_CONVEX_MM, _RETROPULSED_MM = 1.5, 3.0
_CUT = "the image cuts the body"
_ALONE = "no uninvolved neighbour is wholly seen"


def measure_bodies(
    maps: StationMaps, uninvolved: frozenset[int], whole: Mapping[int, bool]
) -> dict[int, BodyFindings]:
    """Findings of every body that is seen, by the vertebra's number.

    Heights are taken at the centres of the anterior, middle and posterior third, in a strip along the middle.
    A loss is against the height interpolated, by number, between the nearest uninvolved whole bodies above
    and below; where only one is seen, against that one's. Ours, as SINS (Fisher et al. 2010) has no rule.

    Args:
        maps: Of the station.
        uninvolved: Numbers of vertebrae whose heights may serve as reference.
        whole: Whether a body lies wholly within the image, by number.
    """
    frames = element_frames(maps)
    sections = body_sections(maps, frames)
    usable = {number: one for number, one in sections.items() if whole.get(number, False)}
    references = sorted(uninvolved & usable.keys())
    return {number: _findings(number, maps, usable, references) for number in frames}


def _findings(
    number: int, maps: StationMaps, sections: Mapping[int, BodySection], references: list[int]
) -> BodyFindings:
    own = sections.get(number)
    nearest = _nearest(number, references)
    heights = _heights(own, maps)
    losses = _losses(number, own, sections, nearest, maps)
    known = [loss.value for loss in losses if loss.value is not None]
    return BodyFindings(
        height_anterior=heights[0],
        height_middle=heights[1],
        height_posterior=heights[2],
        loss_anterior=losses[0],
        loss_middle=losses[1],
        loss_posterior=losses[2],
        references=nearest,
        involved=_involved(number, maps),
        wall_offset=_wall_offset(number, sections, maps),
        wall_shape=None if own is None else _wall_shape(own),
        genant=genant_grade(max(known)) if known else None,
    )


def _nearest(number: int, references: list[int]) -> tuple[int, ...]:
    above = [one for one in references if one < number]
    below = [one for one in references if one > number]
    return (*above[-1:], *below[:1])


def _heights(own: BodySection | None, maps: StationMaps) -> list[Measurement]:
    trace = _trace("body.height", maps)
    if own is None:
        return [Measurement(None, Unit.MILLIMETRE, trace, note=_CUT)] * 3
    return [Measurement(value, Unit.MILLIMETRE, trace) for value in own.heights_mm]


def _losses(
    number: int,
    own: BodySection | None,
    sections: Mapping[int, BodySection],
    nearest: tuple[int, ...],
    maps: StationMaps,
) -> list[Measurement]:
    trace = _trace("body.loss", maps)
    if own is None or not nearest:
        note = _CUT if own is None else _ALONE
        return [Measurement(None, Unit.PERCENT, trace, note=note)] * 3
    table = np.array([sections[one].heights_mm for one in nearest])
    intact = [float(np.interp(number, nearest, table[:, third])) for third in range(3)]
    note = "" if len(nearest) == 2 else "against one neighbour only"
    return [
        Measurement(100.0 * (1.0 - height / wanted), Unit.PERCENT, trace, note=note)
        for height, wanted in zip(own.heights_mm, intact, strict=True)
    ]


def _involved(number: int, maps: StationMaps) -> Measurement:
    body = (maps.vertebrae.array == number) & (maps.anatomy.array == Anatomy.VERTEBRAL_BODY)
    share = np.count_nonzero(body & (maps.lesions.array > 0)) / max(int(np.count_nonzero(body)), 1)
    return Measurement(100.0 * share, Unit.PERCENT, _trace("body.involved", maps))


def _wall_offset(number: int, sections: Mapping[int, BodySection], maps: StationMaps) -> Measurement:
    """How far the wall's hindmost part lies behind the line from the wall above to the wall below."""
    trace = _trace("body.wall_offset", maps)
    own, above, below = (sections.get(number + step) for step in (0, -1, 1))
    if own is None or above is None or below is None:
        note = _CUT if own is None else "a neighbour is not wholly seen"
        return Measurement(None, Unit.MILLIMETRE, trace, note=note)
    start = above.wall_point_ras_mm(above.back_mm[2], upper=False)
    end = below.wall_point_ras_mm(below.back_mm[0], upper=True)
    upper = own.wall_point_ras_mm(own.back_mm[0], upper=True)
    lower = own.wall_point_ras_mm(own.back_mm[2], upper=False)
    forwards = own.frame.axes_ras[:, 1]
    points = [upper, lower, (upper + lower) / 2.0 - forwards * _bulge_mm(own)]
    along = (end - start) / np.linalg.norm(end - start)
    behind = [float(-((point - start) - ((point - start) @ along) * along) @ forwards) for point in points]
    return Measurement(max(behind), Unit.MILLIMETRE, trace)


def _bulge_mm(section: BodySection) -> float:
    """How far the middle of the posterior wall lies behind the line of its ends."""
    upper, middle, lower = section.back_mm
    return (upper + lower) / 2.0 - middle


def _wall_shape(section: BodySection) -> WallShape | None:
    upper, _, lower = section.back_mm
    if not np.isfinite(section.back_mm).all():
        return None
    if abs(upper - lower) >= _RETROPULSED_MM:
        return WallShape.RETROPULSED
    return WallShape.CONVEX if _bulge_mm(section) >= _CONVEX_MM else WallShape.STRAIGHT


def _trace(rule: str, maps: StationMaps) -> Trace:
    return Trace(rule, (maps.reference_series,), weights_sha256=maps.weights_sha256)
