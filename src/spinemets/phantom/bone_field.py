"""Signed distances of each vertebra on its part of the near grid, joints carved between neighbours."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Element, Level, Region
from spinemets.phantom.arch_shape import ArchPlan, arch_bars
from spinemets.phantom.bar import Bar, box_of, distance_mm, world_ends
from spinemets.phantom.body_shape import body_distance_mm
from spinemets.phantom.digital import VertebraFrame
from spinemets.phantom.grid_box import FloatArray, GridBox, box_around
from spinemets.phantom.sacrum_shape import sacral_bars
from spinemets.phantom.smooth import smooth_min
from spinemets.phantom.spec import SpineSpec, VertebraSpec
from spinemets.phantom.upper_cervical_shape import atlas_bars, axis_bars, dens_bar
from spinemets.phantom.world_noise import WorldNoise

_MARGIN_MM = 3.0
_FILLET_MM = 2.5
_OUTSIDE_MM = np.float32(99.0)
# Over this width the parts of the sacrum are filleted where they meet.
_FUSION_MM = 9.0
# No bone is a smooth solid: its surface wanders by about this much.
_UNEVEN_MM = np.float32(0.25)
# Cartilage and fluid between the bones of a facet joint (Tanno et al. 2004, J Orthop Sci: about 1 mm each
# side).
_JOINT_MM = 1.4


@dataclass(eq=False, slots=True)
class BoneField:
    """A vertebra on a box of the grid; the arrays are changed while joints are carved.

    Args:
        level: The vertebra.
        box: Part of the near grid.
        body_mm: Signed distance to the body, negative inside.
        arch_mm: Signed distance to the posterior elements.
        element: ``Element`` of the nearest bar.
        frame: The vertebra's.
        vertebra: Its specification.
        joint: The facet joints with the vertebra below; None before they are carved.
    """

    level: Level
    box: GridBox
    body_mm: FloatArray
    arch_mm: FloatArray
    element: npt.NDArray[np.uint8]
    frame: VertebraFrame
    vertebra: VertebraSpec
    joint: npt.NDArray[np.bool_] | None = None


def bone_fields(
    plans: Mapping[Level, ArchPlan], frames: Mapping[Level, VertebraFrame], grid: GridBox, uneven: WorldNoise
) -> list[BoneField]:
    """The field of every vertebra that meets the grid, head to feet, joints between them open."""
    fields = [_field(plans[level], frame, grid, uneven) for level, frame in frames.items()]
    present = [field for field in fields if field is not None]
    for upper, lower in pairwise(present):
        if upper.level.region is Region.SACRAL:
            _fuse(upper, lower)
        else:
            _carve_joint(upper, lower)
    return present


def arch_plans(spec: SpineSpec) -> dict[Level, ArchPlan]:
    """The plan of every vertebra's arch, from its own size and the disc spaces beside it."""
    space = {disc.above: disc.posterior_height_mm for disc in spec.discs}
    plans = {}
    for vertebra in spec.vertebrae:
        above = spec.numbering.above(vertebra.level)
        over = space.get(above, 4.0) if above is not None else 4.0
        plans[vertebra.level] = ArchPlan.of(vertebra, over, space.get(vertebra.level, 4.0))
    return plans


def _bars(plan: ArchPlan) -> tuple[Bar, ...]:
    level = plan.vertebra.level
    if level is Level.C1:
        return atlas_bars(plan)
    if level is Level.C2:
        return (dens_bar(plan), *axis_bars(plan))
    return sacral_bars(plan) if level.region is Region.SACRAL else arch_bars(plan)


def _field(plan: ArchPlan, frame: VertebraFrame, grid: GridBox, uneven: WorldNoise) -> BoneField | None:
    bars = _bars(plan)
    box = _box(bars, frame, grid)
    if box is None:
        return None
    field = BoneField(
        plan.vertebra.level,
        box,
        np.full(box.shape, _OUTSIDE_MM),
        np.full(box.shape, _OUTSIDE_MM),
        np.zeros(box.shape, dtype=np.uint8),
        frame,
        plan.vertebra,
    )
    if plan.vertebra.level is not Level.C1:
        _add_body(field, frame, plan.vertebra, uneven)
    for bar in bars:
        _add_bar(field, frame, bar, uneven)
    _open_canal(field, frame, plan)
    return field


def _box(bars: tuple[Bar, ...], frame: VertebraFrame, grid: GridBox) -> GridBox | None:
    body = frame.to_world_mm(_corners(frame.half_size_mm))
    ends = [(world_ends(bar, frame), max(*bar.half_start, *bar.half_end)) for bar in bars]
    low = np.min([body.min(axis=0), *(points.min(axis=0) - reach for points, reach in ends)], axis=0)
    high = np.max([body.max(axis=0), *(points.max(axis=0) + reach for points, reach in ends)], axis=0)
    return box_around(low - _MARGIN_MM, high + _MARGIN_MM, grid.affine_ras, grid.shape)


def _corners(half_size_mm: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1], indexing="ij")).reshape(3, 8).T
    return np.asarray(signs * (np.array(half_size_mm) * 1.15 + _MARGIN_MM))


def _add_body(field: BoneField, frame: VertebraFrame, vertebra: VertebraSpec, uneven: WorldNoise) -> None:
    points = frame.to_world_mm(_corners(frame.half_size_mm))
    part = box_around(points.min(axis=0), points.max(axis=0), field.box.affine_ras, field.box.shape)
    if part is not None:
        x, y, z = part.coordinates_mm(frame.origin_ras_mm, frame.axes_ras)
        field.body_mm[part.index] = body_distance_mm(x, y, z, vertebra) + _UNEVEN_MM * uneven.on(part)


def _add_bar(field: BoneField, frame: VertebraFrame, bar: Bar, uneven: WorldNoise) -> None:
    part = box_of(bar, frame, field.box, _MARGIN_MM)
    if part is None:
        return
    distance = distance_mm(bar, frame, part) + 1.6 * _UNEVEN_MM * uneven.on(part)
    if bar.element is Element.BODY:
        field.body_mm[part.index] = smooth_min(field.body_mm[part.index], distance, _FILLET_MM)
        return
    before = field.arch_mm[part.index]
    field.element[part.index] = np.where(distance < before, np.uint8(bar.element), field.element[part.index])
    field.arch_mm[part.index] = smooth_min(before, distance, _FILLET_MM)


def _open_canal(field: BoneField, frame: VertebraFrame, plan: ArchPlan) -> None:
    """No posterior element reaches into the vertebral foramen."""
    x, y, _ = field.box.coordinates_mm(frame.origin_ras_mm, frame.axes_ras)
    half_width, half_depth = plan.vertebra.canal_width_mm / 2.0, plan.vertebra.canal_depth_mm / 2.0
    radius = np.sqrt(
        (x / np.float32(half_width)) ** 2 + ((y - np.float32(plan.depth(0.5))) / np.float32(half_depth)) ** 2
    )
    np.maximum(field.arch_mm, (1.0 - radius) * np.float32(half_depth), out=field.arch_mm)


def _carve_joint(upper: BoneField, lower: BoneField) -> None:
    """Opens a joint of even width where two vertebrae meet, each giving way to the middle."""
    first, second = _overlap(upper.box, lower.box)
    if first is None or second is None:
        return
    half_gap = np.float32(_JOINT_MM / 2.0)
    above = np.minimum(upper.arch_mm[first], upper.body_mm[first])
    below = np.minimum(lower.arch_mm[second], lower.body_mm[second])
    difference = (above - below) / 2.0
    upper.joint = np.zeros(upper.box.shape, dtype=bool)
    upper.joint[first] = (np.abs(difference) < half_gap) & (np.maximum(above, below) < 0.3)
    for mine, index, sign in ((upper, first, 1.0), (lower, second, -1.0)):
        limit = np.float32(sign) * difference + half_gap
        mine.arch_mm[index] = np.maximum(mine.arch_mm[index], limit)


def _fuse(upper: BoneField, lower: BoneField) -> None:
    """Joins the lateral masses and arches of two sacral vertebrae; each keeps what is nearer to it."""
    first, second = _overlap(upper.box, lower.box)
    if first is None or second is None:
        return
    above, below = upper.arch_mm[first].copy(), lower.arch_mm[second].copy()
    joined = smooth_min(above, below, _FUSION_MM)
    upper.arch_mm[first] = np.where(above <= below, joined, _OUTSIDE_MM)
    lower.arch_mm[second] = np.where(above <= below, _OUTSIDE_MM, joined)
    for mine, index in ((upper, first), (lower, second)):
        unnamed = (mine.element[index] == 0) & (mine.arch_mm[index] <= 0)
        mine.element[index][unnamed] = Element.SPINOUS_PROCESS


def _overlap(
    first: GridBox, second: GridBox
) -> tuple[tuple[slice, slice, slice] | None, tuple[slice, slice, slice] | None]:
    """The common part of two boxes of one grid, as indices into each."""
    pairs = list(zip(first.index, second.index, strict=True))
    start = [max(a.start, b.start) for a, b in pairs]
    stop = [min(a.stop, b.stop) for a, b in pairs]
    if any(low >= high for low, high in zip(start, stop, strict=True)):
        return None, None
    a, b = (
        tuple(
            slice(low - own.start, high - own.start)
            for low, high, own in zip(start, stop, box.index, strict=True)
        )
        for box in (first, second)
    )
    return a, b  # type: ignore[return-value]
