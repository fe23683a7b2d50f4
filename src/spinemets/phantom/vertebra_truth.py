"""What is true of every vertebra that is wholly seen, diseased or not: its body, its alignment, its canal."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Level, Region
from spinemets.phantom.body_measure import BodyShape, intact_heights_mm, measure_bodies
from spinemets.phantom.canal_truth import CanalTruth, measure_canals
from spinemets.phantom.collapse_shape import end_plate_rims
from spinemets.phantom.digital import DigitalSpine, VertebraFrame
from spinemets.phantom.spec import VertebraSpec
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.truth import fractured_levels

Vector = npt.NDArray[np.float64]
Heights = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class VertebraTruth:
    """One vertebra whose body lies wholly in the spine's box.

    Args:
        level: Which.
        heights_mm: Of the body at its anterior, middle and posterior third.
        intact_heights_mm: That it had before it broke.
        is_reference: Whether neither tumour nor fracture has changed its bone.
        kyphosis_deg: Between the upper end plate of the vertebra above and the lower one of that below, in
            the vertebra's sagittal plane, kyphotic positive; None without both. Of the rims as they were
            drawn: on voxels the direction of so short a line is uncertain by 2 degrees.
        wall_offset_mm: How far the hindmost of upper end, middle and lower end of the posterior wall lies
            behind the line from the wall above to the wall below; None without both neighbours.
        canal: At its height; None where no canal is seen.
    """

    level: Level
    heights_mm: Heights
    intact_heights_mm: Heights
    is_reference: bool
    kyphosis_deg: float | None
    wall_offset_mm: float | None
    canal: CanalTruth | None


def measure_vertebrae(spine: DigitalSpine) -> tuple[VertebraTruth, ...]:
    """Every vertebra above the sacrum whose body is wholly seen, head to feet."""
    maps = SpineMaps.of(spine)
    shapes = measure_bodies(maps, spine.frames)
    frames = {frame.level: frame for frame in spine.frames}
    specs = {vertebra.level: vertebra for vertebra in spine.spec.vertebrae}
    canals = measure_canals(maps, spine.canal)
    tumour = (maps.lesion > 0) & (maps.level > 0)
    in_bone = {Level.from_code(code) for code in np.unique(maps.level[tumour]).tolist()}
    changed = in_bone | fractured_levels(spine)
    beside = _neighbours(spine)
    return tuple(
        VertebraTruth(
            level=level,
            heights_mm=shapes[level].heights_mm,
            intact_heights_mm=intact_heights_mm(specs[level]),
            is_reference=level not in changed,
            kyphosis_deg=_kyphosis_deg(level, beside, frames, specs),
            wall_offset_mm=_wall_offset_mm(level, beside, frames, shapes),
            canal=canals.get(level),
        )
        for level in frames
        if level in shapes and level.region is not Region.SACRAL
    )


def _neighbours(spine: DigitalSpine) -> dict[Level, tuple[Level, Level]]:
    """The levels above and below, of those that have both."""
    pairs = list(pairwise(spine.spec.numbering.levels))
    return {own: (above, below) for (above, own), (_, below) in pairwise(pairs)}


def _kyphosis_deg(
    level: Level,
    beside: Mapping[Level, tuple[Level, Level]],
    frames: Mapping[Level, VertebraFrame],
    specs: Mapping[Level, VertebraSpec],
) -> float | None:
    above, below = beside[level]
    # The dens stands in the place of the axis's upper end plate.
    if above not in frames or below not in frames or above in (Level.C1, Level.C2):
        return None
    top, bottom = end_plate_rims(specs[above]), end_plate_rims(specs[below])
    upper = np.array([0.0, specs[above].depth_mm, top.top_anterior_mm - top.top_posterior_mm])
    lower = np.array([0.0, specs[below].depth_mm, bottom.bottom_anterior_mm - bottom.bottom_posterior_mm])
    own = frames[level]
    return _rise_deg(own, frames[below].axes_ras @ lower) - _rise_deg(own, frames[above].axes_ras @ upper)


def _rise_deg(frame: VertebraFrame, direction: Vector) -> float:
    _, forwards, upwards = (direction @ frame.axes_ras).tolist()
    return float(np.degrees(np.arctan2(upwards, forwards)))


def _wall_offset_mm(
    level: Level,
    beside: Mapping[Level, tuple[Level, Level]],
    frames: Mapping[Level, VertebraFrame],
    shapes: Mapping[Level, BodyShape],
) -> float | None:
    above, below = beside[level]
    if above not in shapes or below not in shapes or above is Level.C1:
        return None
    own, frame = shapes[level], frames[level]
    start = _wall_point(frames[above], shapes[above].lower_back_mm, shapes[above].bottom_mm)
    end = _wall_point(frames[below], shapes[below].upper_back_mm, shapes[below].top_mm)
    points = (
        _wall_point(frame, own.upper_back_mm, own.top_mm),
        _wall_point(frame, own.middle_back_mm, (own.top_mm + own.bottom_mm) / 2.0),
        _wall_point(frame, own.lower_back_mm, own.bottom_mm),
    )
    along = (end - start) / np.linalg.norm(end - start)
    backwards = -(frame.axes_ras[:, 1] - (frame.axes_ras[:, 1] @ along) * along)
    backwards /= np.linalg.norm(backwards)
    return max(float((point - start) @ backwards) for point in points)


def _wall_point(frame: VertebraFrame, anterior_mm: float, superior_mm: float) -> Vector:
    return np.asarray(frame.to_world_mm(np.array([0.0, anterior_mm, superior_mm])), dtype=np.float64)
