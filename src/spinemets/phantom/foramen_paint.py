"""Neural foramina: fat around the roots that leave the canal under each pedicle."""

from collections.abc import Mapping

import numpy as np

from spinemets.anatomy import Anatomy, Element, Level, Region
from spinemets.phantom.arch_shape import ArchPlan
from spinemets.phantom.bar import Bar, box_of, distance_mm
from spinemets.phantom.digital import VertebraFrame
from spinemets.phantom.grid_box import FloatArray, GridBox
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue

_MARGIN_MM = 1.0
# Half height and half depth of the fat, and radius of the ganglion, by region (texts; our readings of
# healthy MRI).
_FAT_HALF_MM = {Region.CERVICAL: (3.4, 2.8), Region.THORACIC: (6.5, 5.0), Region.LUMBAR: (9.5, 6.5)}
# The vertebral artery runs through the transverse foramina from C6 up; its radius (texts).
_WITH_ARTERY = (Level.C2, Level.C3, Level.C4, Level.C5, Level.C6)
_ARTERY_MM = 2.2
_SACRAL_WITH_FORAMINA = (Level.S1, Level.S2, Level.S3)
_FAT_AROUND_ROOT_MM = 1.6
_GANGLION_MM = {Region.CERVICAL: 2.2, Region.THORACIC: 1.9, Region.LUMBAR: 2.9}


def paint_foramina(
    maps: SpineMaps, grid: GridBox, plans: Mapping[Level, ArchPlan], frames: Mapping[Level, VertebraFrame]
) -> None:
    """Fat and roots of both foramina below every vertebra, in place where there is neither bone nor disc.

    Args:
        maps: With bone and discs.
        grid: The grid of the maps.
        plans: Arches by level.
        frames: Vertebrae by level.
    """
    for level, frame in frames.items():
        if level.region in _FAT_HALF_MM and level is not Level.C1:
            for side in (1.0, -1.0):
                if level in _WITH_ARTERY:
                    _paint(maps, grid, _artery(plans[level], side), frame, Tissue.BLOOD_VESSEL)
                _paint(maps, grid, _fat(plans[level], side), frame, Tissue.EPIDURAL_FAT)
                for root in _root(plans[level], side):
                    _paint(maps, grid, root, frame, Tissue.NERVE_ROOT)


def paint_sacral_foramina(
    maps: SpineMaps, grid: GridBox, plans: Mapping[Level, ArchPlan], frames: Mapping[Level, VertebraFrame]
) -> None:
    """Opens the ventral foramina between the sacral vertebrae, with fat and a root in each, in place.

    Arguments as of ``paint_foramina``.
    """
    for level in _SACRAL_WITH_FORAMINA:
        if level in frames:
            for side in (1.0, -1.0):
                passage = _sacral_passage(plans[level], side)
                box = box_of(passage, frames[level], grid, _MARGIN_MM)
                if box is not None:
                    _open(maps.cut(box), distance_mm(passage, frames[level], box))


def _open(part: SpineMaps, distance_mm: FloatArray) -> None:
    free = np.isin(part.anatomy, (Anatomy.BACKGROUND, Anatomy.SACRUM)) & (part.element != Element.BODY)
    passage = free & (distance_mm <= 0)
    part.tissue[passage] = Tissue.EPIDURAL_FAT
    part.tissue[passage & (distance_mm <= -_FAT_AROUND_ROOT_MM)] = Tissue.NERVE_ROOT
    for codes in (part.anatomy, part.level, part.element):
        codes[passage] = 0


def _sacral_passage(plan: ArchPlan, side: float) -> Bar:
    v = plan.vertebra
    start = (side * 0.4 * v.canal_width_mm, plan.depth(0.4), -plan.height + 2.0)
    end = (side * (0.5 * v.width_mm + 3.0), plan.wall + 0.45 * v.depth_mm, -plan.height - 3.0)
    return Bar(Element.NONE, start, end, (0, 0, 1), (3.4, 3.0), (4.6, 4.2))


def _paint(maps: SpineMaps, grid: GridBox, bar: Bar, frame: VertebraFrame, tissue: Tissue) -> None:
    box = box_of(bar, frame, grid, _MARGIN_MM)
    if box is None:
        return
    part = maps.cut(box)
    soft = (part.level == 0) & (part.anatomy == Anatomy.BACKGROUND)
    part.tissue[soft & (distance_mm(bar, frame, box) <= 0)] = tissue


def _pedicle_floor(plan: ArchPlan) -> float:
    """Height of the lower border of the pedicle."""
    v = plan.vertebra
    middle = 1.0 if v.level.region is Region.CERVICAL else plan.height - v.pedicle_height_mm / 2.0 - 0.5
    return middle - v.pedicle_height_mm / 2.0


def _fat(plan: ArchPlan, side: float) -> Bar:
    v = plan.vertebra
    half_height, half_depth = _FAT_HALF_MM[v.level.region]
    z = _pedicle_floor(plan) - 0.75 * half_height
    inner, outer = v.canal_width_mm / 2.0 - 3.0, v.canal_width_mm / 2.0 + 0.45 * v.pedicle_width_mm + 5.0
    y = plan.depth(0.25)
    return Bar(
        Element.NONE,
        (side * inner, y, z),
        (side * outer, y + 1.5, z),
        (0, 0, 1),
        (half_height, half_depth),
        (half_height, half_depth),
        cap=0.9,
    )


def _artery(plan: ArchPlan, side: float) -> Bar:
    """The vertebral artery in the transverse foramen, and on to the next one."""
    x, y = side * (plan.vertebra.width_mm / 2.0 + 4.6), plan.wall + 1.5
    up, down = plan.height + plan.above, -plan.height - plan.below / 2.0
    half = (_ARTERY_MM, _ARTERY_MM)
    return Bar(Element.NONE, (x, y, down), (x, y, up), (1, 0, 0), half, half)


def _root(plan: ArchPlan, side: float) -> tuple[Bar, Bar]:
    v = plan.vertebra
    radius = _GANGLION_MM[v.level.region]
    z = _pedicle_floor(plan)
    inner = side * (v.canal_width_mm / 2.0 - 4.0)
    ganglion = side * (v.canal_width_mm / 2.0 + 0.4 * v.pedicle_width_mm)
    outer = side * (v.canal_width_mm / 2.0 + v.pedicle_width_mm + 12.0)
    low = z - radius - 1.5
    return (
        Bar(
            Element.NONE,
            (inner, plan.depth(0.4), z + 2.0),
            (ganglion, plan.depth(0.22), low),
            (0, 0, 1),
            (radius * 0.55, radius * 0.55),
            (radius, radius),
        ),
        Bar(
            Element.NONE,
            (ganglion, plan.depth(0.22), low),
            (outer, plan.depth(0.05), low - 12.0),
            (0, 0, 1),
            (radius, radius),
            (radius * 0.7, radius * 0.7),
        ),
    )
