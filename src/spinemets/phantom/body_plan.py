"""Lines along the spine by height: what the soft tissue around it is hung on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from spinemets.anatomy import Level, Region
from spinemets.phantom.arch_shape import ArchPlan, arch_bars
from spinemets.phantom.bar import world_ends
from spinemets.phantom.digital import VertebraFrame
from spinemets.phantom.spec import SpineSpec
from spinemets.phantom.upper_cervical_shape import axis_bars

Floats = npt.NDArray[np.float64]

_STEP_MM = 1.0
_BEYOND_MM = 260.0
# Above the atlas and below the sacrum the level coordinate goes on by one in this distance.
_LEVEL_MM = 16.0


@dataclass(frozen=True, slots=True, eq=False)
class BodyPlan:
    """World coordinates (RAS mm) of lines along the spine, each a function of height.

    Args:
        height_mm: Superior coordinates, rising, (heights,).
        middle_mm: Right coordinate of the bodies' centres.
        body_mm: Anterior coordinate of the bodies' centres.
        front_mm: Anterior coordinate of the anterior wall of bodies and discs.
        half_width_mm: Half width of the bodies.
        roof_mm: Anterior coordinate of the dorsal border of the canal.
        tip_mm: Anterior coordinate of the tips of the spinous processes.
        fascia_mm: The same, smoothed: where muscle ends and subcutaneous fat begins.
        level: ``Level.coordinate``, falling with height.
    """

    height_mm: Floats
    middle_mm: Floats
    body_mm: Floats
    front_mm: Floats
    half_width_mm: Floats
    roof_mm: Floats
    tip_mm: Floats
    fascia_mm: Floats
    level: Floats

    def at(self, values: Floats, height_mm: Floats) -> Floats:
        """A line's values at other heights."""
        return np.interp(height_mm, self.height_mm, values)


def body_plan(
    spec: SpineSpec, frames: Mapping[Level, VertebraFrame], plans: Mapping[Level, ArchPlan]
) -> BodyPlan:
    """Lines through all vertebrae of a specification, continued straight beyond both ends."""
    levels = [level for level in spec.numbering.levels if level in frames][::-1]
    origin = np.array([frames[level].origin_ras_mm for level in levels])
    height = np.arange(origin[:, 2].min() - _BEYOND_MM, origin[:, 2].max() + _BEYOND_MM, _STEP_MM)
    front = np.array([_at(frames[each], 0.0, frames[each].half_size_mm[1]) for each in levels])
    roof = np.array([_at(frames[each], 0.0, plans[each].back) for each in levels])
    tips = np.array([_tip(plans[each], frames[each]) for each in levels if each is not Level.C1])
    tip = gaussian_filter1d(_line(tips, height), 4.0)
    return BodyPlan(
        height_mm=height,
        middle_mm=_smooth(origin, 0, height, 6.0),
        body_mm=_smooth(origin, 1, height, 6.0),
        front_mm=gaussian_filter1d(_line(front, height), 6.0),
        half_width_mm=_of_levels(origin, np.array([frames[each].half_size_mm[0] for each in levels]), height),
        roof_mm=gaussian_filter1d(_line(roof, height), 5.0),
        tip_mm=tip,
        fascia_mm=gaussian_filter1d(np.minimum(tip, gaussian_filter1d(tip, 25.0)), 18.0),
        level=_level_line(origin[:, 2], np.array([each.coordinate for each in levels]), height),
    )


def _at(frame: VertebraFrame, right_mm: float, anterior_mm: float) -> Floats:
    return np.asarray(frame.to_world_mm(np.array([right_mm, anterior_mm, 0.0])))


def _tip(plan: ArchPlan, frame: VertebraFrame) -> Floats:
    level = plan.vertebra.level
    if level.region is Region.SACRAL:
        return _at(frame, 0.0, plan.wall - plan.vertebra.spinous_length_mm)
    bar = axis_bars(plan)[-1] if level is Level.C2 else arch_bars(plan)[-1]
    return np.asarray(world_ends(bar, frame)[1] - np.array([0.0, min(bar.half_end[1], 4.0), 0.0]))


def _line(points: Floats, height: Floats) -> Floats:
    """Anterior coordinate through points, by height."""
    order = np.argsort(points[:, 2])
    return np.asarray(np.interp(height, points[order, 2], points[order, 1]))


def _smooth(points: Floats, axis: int, height: Floats, sigma_mm: float) -> Floats:
    return np.asarray(gaussian_filter1d(np.interp(height, points[:, 2], points[:, axis]), sigma_mm))


def _of_levels(points: Floats, values: Floats, height: Floats) -> Floats:
    order = np.argsort(points[:, 2])
    return np.asarray(np.interp(height, points[order, 2], values[order]))


def _level_line(place: Floats, coordinate: Floats, height: Floats) -> Floats:
    """Level coordinates by height, going on beyond both ends of the spine at a steady rate."""
    order = np.argsort(place)
    ends = [place.min() - _BEYOND_MM, *place[order], place.max() + _BEYOND_MM]
    beyond = _BEYOND_MM / _LEVEL_MM
    values = [coordinate.max() + beyond, *coordinate[order], coordinate.min() - beyond]
    return np.asarray(np.interp(height, ends, values))
