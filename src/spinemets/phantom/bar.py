"""Tapered bars with elliptic cross-sections, of which the processes of a vertebra are joined."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Element
from spinemets.phantom.digital import VertebraFrame
from spinemets.phantom.grid_box import FloatArray, GridBox, box_around

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar between two points of a vertebra's frame, in mm.

    Args:
        element: The part that it draws.
        start, end: Ends of its axis (right, anterior, superior).
        across: Direction of the first half axis; made perpendicular to the bar.
        half_start, half_end: Half axes along ``across`` and perpendicular to it, at both ends.
        cap: Length of the rounded ends over the smaller half axis.
    """

    element: Element
    start: Point
    end: Point
    across: Point
    half_start: tuple[float, float]
    half_end: tuple[float, float]
    cap: float = 1.0


def mirrored(bars: tuple[Bar, ...]) -> tuple[Bar, ...]:
    """The bars of the patient's right with those of the left added."""
    return bars + tuple(
        Bar(
            _LEFT_OF[bar.element],
            (-bar.start[0], *bar.start[1:]),
            (-bar.end[0], *bar.end[1:]),
            (-bar.across[0], *bar.across[1:]),
            bar.half_start,
            bar.half_end,
            bar.cap,
        )
        for bar in bars
    )


_LEFT_OF = {
    Element.RIGHT_PEDICLE: Element.LEFT_PEDICLE,
    Element.RIGHT_FACET: Element.LEFT_FACET,
    Element.RIGHT_LAMINA: Element.LEFT_LAMINA,
    Element.RIGHT_TRANSVERSE_PROCESS: Element.LEFT_TRANSVERSE_PROCESS,
    Element.SPINOUS_PROCESS: Element.SPINOUS_PROCESS,
    Element.BODY: Element.BODY,
}


def world_ends(bar: Bar, frame: VertebraFrame) -> npt.NDArray[np.float64]:
    """Both ends in world coordinates, (2, 3)."""
    return np.asarray(frame.to_world_mm(np.array([bar.start, bar.end])))


def box_of(bar: Bar, frame: VertebraFrame, grid: GridBox, margin_mm: float) -> GridBox | None:
    """The part of a grid's box that a bar can fill; None if they do not meet."""
    ends = world_ends(bar, frame)
    reach = max(*bar.half_start, *bar.half_end) + margin_mm
    return box_around(ends.min(axis=0) - reach, ends.max(axis=0) + reach, grid.affine_ras, grid.shape)


def distance_mm(bar: Bar, frame: VertebraFrame, box: GridBox) -> FloatArray:
    """Signed distance to a bar's surface, negative inside; first-order exact near the surface.

    Args:
        bar: In the frame.
        frame: The vertebra's.
        box: Where to evaluate.
    """
    ends = world_ends(bar, frame)
    length = float(np.linalg.norm(ends[1] - ends[0]))
    along = (ends[1] - ends[0]) / length
    across = frame.axes_ras @ np.array(bar.across, dtype=np.float64)
    across -= (across @ along) * along
    across /= np.linalg.norm(across)
    axes = np.column_stack([along, across, np.cross(along, across)])
    t, p, q = box.coordinates_mm(ends[0], axes)
    share = np.clip(t / np.float32(length), 0.0, 1.0)
    over = t - share * np.float32(length)
    halves = [
        np.float32(a) + share * np.float32(b - a) for a, b in zip(bar.half_start, bar.half_end, strict=True)
    ]
    cap = np.float32(bar.cap) * np.minimum(halves[0], halves[1])
    scaled = (p / halves[0], q / halves[1], over / cap)
    radius = np.sqrt(scaled[0] ** 2 + scaled[1] ** 2 + scaled[2] ** 2)
    slope = np.sqrt((scaled[0] / halves[0]) ** 2 + (scaled[1] / halves[1]) ** 2 + (scaled[2] / cap) ** 2)
    # On the very axis the quotient is undefined; the depth there is the smaller half axis.
    smaller = np.minimum(halves[0], halves[1])
    small = np.float32(1e-3)
    return np.asarray((radius - 1.0) * (radius + small) / (slope + small / smaller), dtype=np.float32)
