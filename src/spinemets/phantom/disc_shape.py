"""Intervertebral discs painted between the end plates of neighbouring bodies."""

from collections.abc import Mapping

import numpy as np

from spinemets.anatomy import Anatomy, Level, Region
from spinemets.phantom.body_shape import BodyOutline, end_plates_mm, plan_radius
from spinemets.phantom.digital import VertebraFrame
from spinemets.phantom.spec import DiscSpec, SpineSpec
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue

_MARGIN_MM = 6.0
_OVERLAP_MM = 1.5
_BARREL_MM = 0.5


def paint_discs(maps: SpineMaps, spec: SpineSpec, frames: Mapping[Level, VertebraFrame]) -> None:
    """Paints every disc in place where there is no bone yet."""
    vertebrae = {each.level: each for each in spec.vertebrae}
    for disc in spec.discs:
        below = spec.numbering.below(disc.above)
        if below is not None and disc.above in frames and below in frames:
            _paint(maps, disc, vertebrae[disc.above], vertebrae[below], frames[disc.above], frames[below])


def _paint(maps, disc: DiscSpec, upper, lower, upper_frame, lower_frame) -> None:
    points = np.concatenate([_ring(upper_frame, -1.0), _ring(lower_frame, 1.0)])
    box = maps.box(points.min(axis=0) - _MARGIN_MM, points.max(axis=0) + _MARGIN_MM)
    if box is None:
        return
    part = maps.cut(box)
    a = box.coordinates_mm(upper_frame.origin_ras_mm, upper_frame.axes_ras)
    b = box.coordinates_mm(lower_frame.origin_ras_mm, lower_frame.axes_ras)
    outlines = BodyOutline.of(upper), BodyOutline.of(lower)
    radii = [
        plan_radius(c[0], c[1], o, o.hollow_wall_mm * 0.6) for c, o in zip((a, b), outlines, strict=True)
    ]
    radius = (radii[0] + radii[1]) / 2.0
    bottom = end_plates_mm(a[0], a[1], radii[0], upper)[1]
    top = end_plates_mm(b[0], b[1], radii[1], lower)[0]
    over, under = bottom - a[2], b[2] - top
    between = (over > -_OVERLAP_MM) & (under > -_OVERLAP_MM) & (part.level == 0)
    # The margin is a barrel: it stands out most halfway between the end plates.
    aside = np.abs(over - under) / np.maximum(over + under, np.float32(0.5))
    edge = 1.0 + (disc.bulge_mm + _BARREL_MM) / outlines[0].half_depth_mm * (
        1.0 - np.minimum(aside, 1.0) ** 2
    )
    inside = between & (radius <= edge)
    nucleus = inside & (radius < 0.66) & (np.minimum(over, under) > 0.4)
    worn = disc.pfirrmann >= 4
    part.tissue[inside] = Tissue.DISC_ANNULUS
    part.tissue[nucleus] = Tissue.DISC_DEGENERATE if worn else Tissue.DISC_NUCLEUS
    part.anatomy[inside] = Anatomy.SACRUM if disc.above.region is Region.SACRAL else Anatomy.DISC


def _ring(frame: VertebraFrame, sign: float):
    w, d, h = frame.half_size_mm
    return frame.to_world_mm(np.array([[x * w, y * d, sign * h] for x in (-1, 1) for y in (-1, 1)]))
