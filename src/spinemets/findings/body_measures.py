"""The body of each vertebra: heights, their loss, what lesions fill of it, and its posterior wall."""

from collections.abc import Mapping, Set

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Anatomy, Level
from spinemets.findings.body_sections import BodySection, body_sections
from spinemets.findings.element_frame import element_frames
from spinemets.findings.maps import StationMaps
from spinemets.findings.measurement import Measurement, Trace, Unit
from spinemets.findings.records import BodyFindings, WallShape
from spinemets.findings.usual_heights import usual_height_mm
from spinemets.scoring.collapse import genant_grade

Floats = npt.NDArray[np.float64]

# Ours: a wall whose middle bulges by so much beyond the line of its corners is convex (of intact simulated
# bodies 1 in 100 bulges by 1 mm); one end so far behind the other is a pushed-out corner.
_CONVEX_MM, _RETROPULSED_MM = 1.3, 2.0
# A body that is lower at a third than the references' median by this share (mild deformity of Genant et al.
# 1993, J Bone Miner Res 8:1137) is broken itself, without tumour, and no reference; of fewer nobody can tell.
_BROKEN_SHARE, _FEWEST_TO_TELL = 0.2, 3
_CUT = "the image cuts the body"
_AXIS = "it may be C2, whose dens stands in the place of an end plate"
_ALONE = "no uninvolved neighbour is wholly seen"


def measure_bodies(
    maps: StationMaps,
    uninvolved: frozenset[int],
    whole: Mapping[int, bool],
    levels: Mapping[int, tuple[Level, ...]] | None = None,
) -> dict[int, BodyFindings]:
    """Findings of every body that is seen, by the vertebra's number.

    Heights are taken at the centres of the anterior, middle and posterior third, in a strip along the middle.
    A loss is against the height interpolated, by number, between the nearest uninvolved whole bodies above
    and below; where only one is seen, against that one's. What is interpolated is the height over the usual
    one of the level, as bodies grow from neck to loin. Ours, as SINS (Fisher et al. 2010) has no rule.

    Args:
        maps: Of the station.
        uninvolved: Numbers of vertebrae whose heights may serve as reference.
        whole: Whether a body lies wholly within the image, by number.
        levels: That each number may be, the most likely first; where it is None or lacks a number, bodies
            count as equally high.
    """
    may_be = {} if levels is None else levels
    frames = element_frames(maps)
    sections = body_sections(maps, frames)
    notes = {number: _AXIS if Level.C2 in may_be.get(number, ()) else _CUT for number in frames}
    usable = {
        number: section
        for number, section in sections.items()
        if whole.get(number, False) and notes[number] is _CUT
    }
    relative = _relative_heights(usable, may_be)
    references = _unbroken(uninvolved & usable.keys(), relative)
    return {number: _findings(number, maps, usable, relative, references, notes[number]) for number in frames}


def _relative_heights(
    sections: Mapping[int, BodySection], may_be: Mapping[int, tuple[Level, ...]]
) -> dict[int, Floats]:
    """(3,) heights over the usual one of the most likely level, by number; in mm where a level has none."""
    usual = {number: usual_height_mm(may_be[number][0]) for number in sections if may_be.get(number)}
    known = len(usual) == len(sections) and None not in usual.values()
    return {
        number: np.array(section.heights_mm) / ((usual[number] or 1.0) if known else 1.0)
        for number, section in sections.items()
    }


def _unbroken(numbers: Set[int], relative: Mapping[int, Floats]) -> list[int]:
    """Those of the uninvolved bodies that are not broken for another reason, in order."""
    if len(numbers) < _FEWEST_TO_TELL:
        return sorted(numbers)
    least = (1.0 - _BROKEN_SHARE) * np.median([relative[number] for number in numbers], axis=0)
    return sorted(number for number in numbers if (relative[number] >= least).all())


def _findings(
    number: int,
    maps: StationMaps,
    sections: Mapping[int, BodySection],
    relative: Mapping[int, Floats],
    references: list[int],
    unmeasured: str,
) -> BodyFindings:
    own = sections.get(number)
    nearest = _nearest(number, references)
    heights = _heights(own, unmeasured, maps)
    losses = _losses(number, nearest, relative, unmeasured, maps)
    known = [loss.value for loss in losses if loss.value is not None]
    return BodyFindings(
        height_anterior=heights[0],
        height_middle=heights[1],
        height_posterior=heights[2],
        loss_anterior=losses[0],
        loss_middle=losses[1],
        loss_posterior=losses[2],
        references=nearest,
        involved=_involved(number, own is None and unmeasured is _CUT, maps),
        wall_offset=_wall_offset(number, sections, unmeasured, maps),
        wall_shape=None if own is None else _wall_shape(own),
        genant=genant_grade(max(known)) if known else None,
    )


def _nearest(number: int, references: list[int]) -> tuple[int, ...]:
    above = [one for one in references if one < number]
    below = [one for one in references if one > number]
    return (*above[-1:], *below[:1])


def _heights(own: BodySection | None, unmeasured: str, maps: StationMaps) -> list[Measurement]:
    trace = _trace("body.height", maps)
    if own is None:
        return [Measurement(None, Unit.MILLIMETRE, trace, note=unmeasured)] * 3
    return [Measurement(value, Unit.MILLIMETRE, trace) for value in own.heights_mm]


def _losses(
    number: int,
    nearest: tuple[int, ...],
    relative: Mapping[int, Floats],
    unmeasured: str,
    maps: StationMaps,
) -> list[Measurement]:
    trace = _trace("body.loss", maps)
    if number not in relative or not nearest:
        note = _ALONE if number in relative else unmeasured
        return [Measurement(None, Unit.PERCENT, trace, note=note)] * 3
    table = np.array([relative[one] for one in nearest])
    intact = [float(np.interp(number, nearest, table[:, third])) for third in range(3)]
    note = "" if len(nearest) == 2 else "against one neighbour only"
    return [
        Measurement(100.0 * (1.0 - float(height) / wanted), Unit.PERCENT, trace, note=note)
        for height, wanted in zip(relative[number], intact, strict=True)
    ]


def _involved(number: int, cut: bool, maps: StationMaps) -> Measurement:
    body = (maps.vertebrae.array == number) & (maps.anatomy.array == Anatomy.VERTEBRAL_BODY)
    share = np.count_nonzero(body & (maps.lesions.array > 0)) / max(int(np.count_nonzero(body)), 1)
    trace = _trace("body.involved", maps)
    if cut:
        note = f"{_CUT}: {100.0 * share:.0f} % of what is seen"
        return Measurement(None, Unit.PERCENT, trace, note=note)
    return Measurement(100.0 * share, Unit.PERCENT, trace)


def _wall_offset(
    number: int, sections: Mapping[int, BodySection], unmeasured: str, maps: StationMaps
) -> Measurement:
    """How far the wall's hindmost part lies behind the line from the wall above to the wall below."""
    trace = _trace("body.wall_offset", maps)
    own, above, below = (sections.get(number + step) for step in (0, -1, 1))
    if own is None or above is None or below is None:
        note = unmeasured if own is None else "a neighbour is not wholly seen"
        return Measurement(None, Unit.MILLIMETRE, trace, note=note)
    if not np.isfinite((*own.back_mm, above.back_mm[2], below.back_mm[0])).all():
        return Measurement(None, Unit.MILLIMETRE, trace, note="the posterior wall is not seen")
    start = above.wall_point_ras_mm(above.back_mm[2], upper=False)
    end = below.wall_point_ras_mm(below.back_mm[0], upper=True)
    upper = own.wall_point_ras_mm(own.back_mm[0], upper=True)
    lower = own.wall_point_ras_mm(own.back_mm[2], upper=False)
    forwards = own.frame.axes_ras[:, 1]
    behind_ends_mm = (own.back_mm[0] + own.back_mm[2]) / 2.0 - own.back_mm[1]
    points = [upper, lower, (upper + lower) / 2.0 - forwards * behind_ends_mm]
    along = (end - start) / np.linalg.norm(end - start)
    behind = [float(-((point - start) - ((point - start) @ along) * along) @ forwards) for point in points]
    return Measurement(max(behind), Unit.MILLIMETRE, trace)


def _wall_shape(section: BodySection) -> WallShape | None:
    upper, _, lower = section.back_mm
    if not np.isfinite((*section.back_mm, section.bulge_mm)).all():
        return None
    if section.bulge_mm >= _CONVEX_MM:
        return WallShape.CONVEX
    return WallShape.RETROPULSED if abs(upper - lower) >= _RETROPULSED_MM else WallShape.STRAIGHT


def _trace(rule: str, maps: StationMaps) -> Trace:
    return Trace(rule, (maps.reference_series,), weights_sha256=maps.weights_sha256)
