"""Intervertebral discs painted between the end plates of neighbouring bodies."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Anatomy, Level, Region
from spinemets.phantom.body_shape import BodyOutline, end_plates_mm, plan_radius
from spinemets.phantom.digital import VertebraFrame
from spinemets.phantom.grid_box import FloatArray, GridBox
from spinemets.phantom.spec import DiscSpec, SpineSpec, VertebraSpec
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue
from spinemets.phantom.world_noise import WorldNoise

Mask = npt.NDArray[np.bool_]

_MARGIN_MM = 6.0
# Discs fill the rounded edges of the bodies up to here beyond the plane of the end plate.
_OVERLAP_MM = 1.5
_BARREL_MM = 0.5
# In plan, as shares of the disc's radius: where the nucleus ends by Pfirrmann grade, and where the outer
# fibres
# begin, which are dark on every sequence (Pfirrmann et al. 2001, Spine 26:1873, figures).
_NUCLEUS_TO = {1: 0.74, 2: 0.70, 3: 0.62, 4: 0.66, 5: 0.66}
_OUTER_FIBRES_FROM = 0.95
_CARTILAGE_MM = 0.5
# The nucleus lies a little behind the middle.
_NUCLEUS_BEHIND_SHARE = 0.08
# The dark horizontal cleft of an adult nucleus; grade 1 has none, in grade 3 the border to the annulus is
# lost.
_CLEFT_HALF_MM = 0.7
_SCALE_MM = (4.0, 4.0, 2.5)


def paint_discs(
    maps: SpineMaps, spec: SpineSpec, frames: Mapping[Level, VertebraFrame], rng: np.random.Generator
) -> None:
    """Paints every disc in place where there is no bone yet.

    Args:
        maps: With the bodies.
        spec: The spine.
        frames: Every vertebra.
        rng: Draws the unevenness of the nuclei.
    """
    vertebrae = {each.level: each for each in spec.vertebrae}
    uneven = WorldNoise(rng, _SCALE_MM)
    for disc in spec.discs:
        below = spec.numbering.below(disc.above)
        if below is None or disc.above not in frames or below not in frames:
            continue
        points = np.concatenate([_plate(frames[disc.above], -1.0), _plate(frames[below], 1.0)])
        box = maps.box(points.min(axis=0) - _MARGIN_MM, points.max(axis=0) + _MARGIN_MM)
        if box is not None:
            space = _space(
                box, (vertebrae[disc.above], vertebrae[below]), (frames[disc.above], frames[below])
            )
            _paint(maps.cut(box), disc, space, uneven.on(box))


class _Space:
    """The space between two end plates on a box: plan radius, and distances from both plates (mm)."""

    def __init__(
        self,
        radius: FloatArray,
        below_upper: FloatArray,
        above_lower: FloatArray,
        forward: FloatArray,
        half_depth: float,
    ) -> None:
        self.radius, self.below_upper, self.above_lower = radius, below_upper, above_lower
        self.forward, self.half_depth = forward, half_depth


def _space(
    box: GridBox, vertebrae: tuple[VertebraSpec, VertebraSpec], frames: tuple[VertebraFrame, VertebraFrame]
) -> _Space:
    places = [box.coordinates_mm(frame.origin_ras_mm, frame.axes_ras) for frame in frames]
    outlines = [BodyOutline.of(vertebra) for vertebra in vertebrae]
    radii = [
        plan_radius(place[0], place[1], outline, outline.hollow_wall_mm * 0.6)
        for place, outline in zip(places, outlines, strict=True)
    ]
    bottom = end_plates_mm(places[0][0], places[0][1], radii[0], vertebrae[0])[1]
    top = end_plates_mm(places[1][0], places[1][1], radii[1], vertebrae[1])[0]
    half_depth = (outlines[0].half_depth_mm + outlines[1].half_depth_mm) / 2.0
    radius = (radii[0] + radii[1]) / 2.0
    return _Space(radius, bottom - places[0][2], places[1][2] - top, places[0][1], half_depth)


def _paint(part: SpineMaps, disc: DiscSpec, space: _Space, uneven: FloatArray) -> None:
    over, under = space.below_upper, space.above_lower
    between = (over > -_OVERLAP_MM) & (under > -_OVERLAP_MM) & (part.level == 0)
    # The margin is a barrel: it stands out most halfway between the end plates.
    aside = np.abs(over - under) / np.maximum(over + under, np.float32(0.5))
    stands_out = (disc.bulge_mm + _BARREL_MM) * (1.0 - np.minimum(aside, 1.0) ** 2)
    inside = between & (space.radius <= 1.0 + stands_out / np.float32(space.half_depth))
    part.tissue[inside] = Tissue.DISC_ANNULUS
    part.tissue[inside & (space.radius > _OUTER_FIBRES_FROM + 0.02 * uneven)] = Tissue.LIGAMENT
    part.anatomy[inside] = Anatomy.SACRUM if disc.above.region is Region.SACRAL else Anatomy.DISC
    centred = space.radius + np.float32(_NUCLEUS_BEHIND_SHARE / space.half_depth) * space.forward
    near_plate = np.minimum(over, under) < _CARTILAGE_MM
    nucleus = inside & ~near_plate & (centred + 0.04 * uneven < _NUCLEUS_TO[disc.pfirrmann])
    # What is left of the discs of the sacrum has no bright nucleus.
    grade = 5 if disc.above.region is Region.SACRAL else disc.pfirrmann
    _paint_nucleus(part, grade, nucleus, over - under, uneven)


def _paint_nucleus(
    part: SpineMaps, grade: int, nucleus: Mask, off_middle_mm: FloatArray, uneven: FloatArray
) -> None:
    part.tissue[nucleus] = Tissue.DISC_NUCLEUS if grade <= 2 else Tissue.DISC_DEGENERATE
    cleft = np.abs(off_middle_mm / 2.0 + 0.3 * uneven) < _CLEFT_HALF_MM
    if grade == 2:
        part.tissue[nucleus & cleft] = Tissue.DISC_ANNULUS
    if grade == 3:
        part.tissue[nucleus & ~cleft & (uneven > -0.6)] = Tissue.DISC_NUCLEUS
        part.tissue[nucleus & (uneven > 1.0)] = Tissue.DISC_DEGENERATE


def _plate(frame: VertebraFrame, sign: float) -> npt.NDArray[np.float64]:
    """Corners of the plane of an end plate in the world: the lower one for -1."""
    w, d, h = frame.half_size_mm
    corners = np.array([[x * w, y * d, sign * h] for x in (-1, 1) for y in (-1, 1)])
    return np.asarray(frame.to_world_mm(corners))
