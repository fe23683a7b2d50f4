"""Ribs and iliac wings: bone that is not spine, painted into soft tissue."""

from collections.abc import Mapping

from spinemets.anatomy import Element, Level, Region
from spinemets.phantom.arch_shape import ArchPlan
from spinemets.phantom.bar import Bar, box_of, distance_mm
from spinemets.phantom.digital import Codes, VertebraFrame
from spinemets.phantom.grid_box import GridBox
from spinemets.phantom.tissue import Tissue

_CORTEX_MM = 1.0
_SHORT_RIBS = (Level.T11, Level.T12, Level.T13)


def paint_ribs(
    codes: Codes, grid: GridBox, plans: Mapping[Level, ArchPlan], frames: Mapping[Level, VertebraFrame]
) -> None:
    """Heads, necks and the dorsal part of the shafts of all ribs, and both iliac wings, in place."""
    for level, frame in frames.items():
        bars: tuple[Bar, ...] = ()
        if level.region is Region.THORACIC:
            bars = _rib(plans[level], 1.0) + _rib(plans[level], -1.0)
        elif level in (Level.S1, Level.S2):
            bars = (_ilium(plans[level], 1.0), _ilium(plans[level], -1.0))
        for bar in bars:
            _paint(codes, grid, bar, frame)


def _paint(codes: Codes, grid: GridBox, bar: Bar, frame: VertebraFrame) -> None:
    box = box_of(bar, frame, grid, 1.0)
    if box is None:
        return
    distance = distance_mm(bar, frame, box)
    part = codes[box.index]
    marrow = part == Tissue.POSTERIOR_MARROW
    part[(distance <= 0) & ~marrow] = Tissue.CORTICAL_BONE
    part[distance <= -_CORTEX_MM] = Tissue.POSTERIOR_MARROW


def _rib(plan: ArchPlan, side: float) -> tuple[Bar, ...]:
    """Head at the upper border of the body, neck along the transverse process, shaft outwards and down."""
    v = plan.vertebra
    half_width, span = v.width_mm / 2.0, v.transverse_span_mm / 2.0
    low = v.level in _SHORT_RIBS
    head = (side * (half_width + 2.5), plan.wall + 4.0, plan.height - 1.0)
    tubercle = (side * (span + 1.0), plan.back - 3.0, plan.height - 3.0)
    angle = (side * (span + 24.0), plan.back - 15.0, plan.height - 14.0)
    shaft = (side * (span + (45.0 if low else 62.0)), plan.back - 4.0, plan.height - (34.0 if low else 44.0))
    stout, slim = (3.6, 3.4), (5.5, 3.2)
    return (
        Bar(Element.NONE, head, tubercle, (0, 0, 1), (4.8, 4.2), stout),
        Bar(Element.NONE, tubercle, angle, (0, 0, 1), stout, slim),
        Bar(Element.NONE, angle, shaft, (0, 0, 1), slim, slim),
    )


def _ilium(plan: ArchPlan, side: float) -> Bar:
    span = plan.vertebra.transverse_span_mm / 2.0
    start = (side * (span + 3.0), plan.depth(1.2), -4.0)
    end = (side * (span + 42.0), plan.wall + 62.0, 18.0)
    return Bar(Element.NONE, start, end, (0, 0, 1), (20.0, 7.0), (26.0, 4.5))
