"""How each vertebra stands to its neighbours: kyphosis, wedge, scoliosis, slip."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from spinemets.findings.body_sections import BodySection, body_sections
from spinemets.findings.element_frame import element_frames
from spinemets.findings.maps import StationMaps
from spinemets.findings.measurement import Measurement, Trace, Unit
from spinemets.findings.records import AlignmentFindings, BodyFindings

_ALONE = "a neighbour is not wholly seen"
_CUT = "the body is not wholly seen"
Floats = npt.NDArray[np.float64]


def measure_alignment(maps: StationMaps, bodies: Mapping[int, BodyFindings]) -> dict[int, AlignmentFindings]:
    """Alignment of every vertebra whose body is seen, by its number.

    Args:
        maps: Of the station.
        bodies: Of the same vertebrae; those whose heights are known are wholly seen.
    """
    every = body_sections(maps, element_frames(maps))
    whole = {
        number: section
        for number, section in every.items()
        if number in bodies and bodies[number].height_middle.value is not None
    }
    offsets = _offsets_mm(whole)
    return {number: _alignment(number, whole, offsets, maps) for number in bodies}


def _alignment(
    number: int,
    sections: Mapping[int, BodySection],
    offsets_mm: Mapping[tuple[int, int], float],
    maps: StationMaps,
) -> AlignmentFindings:
    own, above, below = (sections.get(number + step) for step in (0, -1, 1))
    kyphosis = scoliosis = None
    if own is not None and above is not None and below is not None:
        kyphosis, scoliosis = _kyphosis_deg(above, own, below), _scoliosis_deg(above, own, below)
    beside = [offset for pair, offset in offsets_mm.items() if number in pair]
    note = _CUT if own is None else _ALONE
    return AlignmentFindings(
        kyphosis=_measurement(kyphosis, Unit.DEGREE, "alignment.kyphosis", note, maps),
        wedge=_measurement(
            None if own is None else own.wedge_deg, Unit.DEGREE, "alignment.wedge", _CUT, maps
        ),
        scoliosis=_measurement(scoliosis, Unit.DEGREE, "alignment.scoliosis", note, maps),
        slip=_measurement(
            max(beside, key=abs) if beside else None, Unit.MILLIMETRE, "alignment.slip", note, maps
        ),
    )


def _kyphosis_deg(above: BodySection, own: BodySection, below: BodySection) -> float:
    """Between the upper end plate of the vertebra above and the lower one of that below, in the own frame."""
    rise = [
        _angle_deg(own.frame.axes_ras[:, 1], own.frame.axes_ras[:, 2], direction)
        for direction in (above.plate_direction_ras(upper=True), below.plate_direction_ras(upper=False))
    ]
    return rise[1] - rise[0]


def _scoliosis_deg(above: BodySection, own: BodySection, below: BodySection) -> float:
    """Between the axes of the neighbours in the coronal plane, convex to the left positive."""
    right, up = own.frame.axes_ras[:, 0], own.frame.axes_ras[:, 2]
    lean = [_angle_deg(up, right, each.frame.axes_ras[:, 2]) for each in (above, below)]
    return lean[0] - lean[1]


def _angle_deg(along: Floats, across: Floats, direction: Floats) -> float:
    return float(np.degrees(np.arctan2(direction @ across, direction @ along)))


def _offsets_mm(sections: Mapping[int, BodySection]) -> dict[tuple[int, int], float]:
    """How far each body stands before (+) the one below: what both walls share, so no corner counts.

    A broken body may lie behind, or before, both neighbours that are in line themselves: what its two
    offsets, of opposite signs, share is its shape and no displacement.
    """
    offsets = {
        (number, number + 1): _offset_mm(sections[number], sections[number + 1])
        for number in sections
        if number + 1 in sections
    }
    for number in sections:
        above, below = (number - 1, number), (number, number + 1)
        if above in offsets and below in offsets and offsets[above] * offsets[below] < 0:
            shared = min(abs(offsets[above]), abs(offsets[below]))
            for pair in (above, below):
                offsets[pair] -= float(np.sign(offsets[pair])) * shared
    return offsets


def _offset_mm(upper: BodySection, lower: BodySection) -> float:
    forwards = upper.frame.axes_ras[:, 1] + lower.frame.axes_ras[:, 1]
    forwards = forwards / np.linalg.norm(forwards)
    walls = ((upper.back_mm[2], lower.back_mm[0]), (upper.front_mm[1], lower.front_mm[0]))
    found = []
    for above_mm, below_mm in walls:
        above = upper.wall_point_ras_mm(above_mm, upper=False)
        below = lower.wall_point_ras_mm(below_mm, upper=True)
        found.append(float((above - below) @ forwards))
    return min(found, key=abs) if found[0] * found[1] > 0 else 0.0


def _measurement(value: float | None, unit: Unit, rule: str, note: str, maps: StationMaps) -> Measurement:
    trace = Trace(rule, (maps.reference_series,), weights_sha256=maps.weights_sha256)
    return Measurement(value, unit, trace, note=note if value is None else "")
