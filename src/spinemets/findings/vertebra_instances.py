"""Vertebrae of a station told apart: numbers from head to feet, and what is known of each."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.segmentation import watershed

from spinemets.anatomy import Anatomy
from spinemets.findings.records import Point
from spinemets.findings.spine_column import column_pieces, sacrum_piece
from spinemets.findings.spine_curve import fit_curve
from spinemets.findings.vertebra_arches import assign_arches
from spinemets.findings.vertebra_facts import gaps_mm, heights_mm, vertebra_facts
from spinemets.findings.vertebra_spans import ColumnVoxels, Span, body_spans
from spinemets.volume import Volume

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

# Limits are ours. Smaller pieces of body or disc are no part of a spine, and smaller bodies, against those
# of their neighbours, no vertebrae.
_LEAST_PIECE_ML, _LEAST_BODY_ML = 0.08, 0.3
# Of the bodies beside it: a collapsed one has more; the first and the last are whole, or cut by the image.
_LEAST_SHARE, _LEAST_CUT_SHARE, _LEAST_END_SHARE = 0.12, 0.05, 0.3
# Pieces further from the spine's curve are something else.
_ASTRAY_MM = 30.0
# The middle of a body: this near to the curve and in this part of its stretch of it.
_CORE_MM, _CORE_PART = 8.0, 0.25


@dataclass(frozen=True, slots=True, eq=False)
class VertebraInstances:
    """The vertebrae of a station, head to feet; tuples hold a value for each.

    Args:
        labels: uint8, numbers from 1 on bodies and posterior elements, the last one on the sacrum where that
            is seen; 0 elsewhere.
        level: float32, the coordinate map that they were read with.
        is_sacrum: True for the last one only, if for any.
        centres_ras_mm: Of the body; of the sacrum's voxels.
        whole: Whether neither the image's upper, lower, front nor back border cuts the body. Outer slices
            may cut its sides, as many narrow stacks do, but not its middle. False for the sacrum.
        coordinate: Median of the level map over the body; NaN where the map says nothing.
        spread: Robust standard deviation of the same.
        volume_ml: Of body and posterior elements.
        gap_above_mm: Space between the body and the one above, 0 for the first.
        height_mm: Of the body along the spine.
    """

    labels: Volume
    level: Volume
    is_sacrum: tuple[bool, ...]
    centres_ras_mm: tuple[Point, ...]
    whole: tuple[bool, ...]
    coordinate: tuple[float, ...]
    spread: tuple[float, ...]
    volume_ml: tuple[float, ...]
    gap_above_mm: tuple[float, ...]
    height_mm: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.is_sacrum)


def split_vertebrae(anatomy: Volume, level: Volume) -> VertebraInstances:
    """Tell the vertebrae of a station apart.

    A curve is laid through bodies and discs; along it, discs and narrow places part the bodies, and the usual
    pitch where these are missing; a watershed on the distance to the outline draws the border between bodies
    that touch. Posterior elements follow the bone that joins them to a body.

    Args:
        anatomy: uint8, codes of ``Anatomy``, ``LIP`` orientation, oblique or not.
        level: float32, ``Level.coordinate`` on vertebrae, same grid.

    Raises:
        ValueError: If the grids differ.
    """
    if not anatomy.has_grid_of(level):
        raise ValueError("anatomy and level must lie on one grid")
    bodies = _filled(anatomy.array)
    column = _without_small(bodies | (anatomy.array == Anatomy.DISC), _LEAST_PIECE_ML, anatomy)
    column = column_pieces(column, anatomy)
    sacrum = sacrum_piece(anatomy, column)
    labels = np.zeros(anatomy.shape, dtype=np.uint8)
    if (bodies & column).any():
        labels = _labelled(bodies & column, column, sacrum, anatomy, level)
    if sacrum.any():
        labels[sacrum] = int(labels.max()) + 1
    return _described(labels, anatomy, level)


def _downwards(grid: Volume) -> Floats:
    """Unit vector along the rows, in RAS."""
    return np.asarray(grid.affine_ras[:3, 1] / grid.spacing_mm[1])


def _filled(anatomy: npt.NDArray[np.uint8]) -> Mask:
    """Bodies without holes in their slices."""
    bodies = anatomy == Anatomy.VERTEBRAL_BODY
    filled = np.stack([ndimage.binary_fill_holes(one) for one in bodies])
    return np.asarray(bodies | (filled & (anatomy == Anatomy.BACKGROUND)))


def _without_small(mask: Mask, least_ml: float, grid: Volume) -> Mask:
    pieces, count = ndimage.label(mask, np.ones((3, 3, 3)))
    if count == 0:
        return mask
    large = np.bincount(pieces.ravel()) * grid.voxel_volume_ml >= least_ml
    large[0] = False
    return np.asarray(large[pieces])


def _labelled(bodies: Mask, column: Mask, sacrum: Mask, anatomy: Volume, level: Volume) -> Labels:
    curve = fit_curve(anatomy.voxel_to_world(np.argwhere(column)), _downwards(anatomy))
    voxels = np.argwhere(column)
    points = anatomy.voxel_to_world(voxels)
    place, distance = curve.project(points)
    index = tuple(voxels.T)
    near = distance <= _ASTRAY_MM
    bodies = bodies.copy()
    bodies[tuple(voxels[~near].T)] = False
    front = -anatomy.affine_ras[:3, 2] / anatomy.spacing_mm[2]
    is_body = bodies[index]
    forward = (points - curve.points_ras_mm[np.clip((2.0 * place).astype(int), 0, None)]) @ front
    found = ColumnVoxels(
        place[near],
        distance[near],
        forward[near],
        ~is_body[near],
        level.array[index][near].astype(np.float64),
        1000.0 * anatomy.voxel_volume_ml,
    )
    spans = body_spans(found)
    places = np.full(bodies.shape, np.nan)
    places[index] = place
    core = np.zeros(bodies.shape, dtype=bool)
    core[index] = distance <= _CORE_MM
    labels = _watershed(bodies, places, core, spans, anatomy)
    labels = _kept(labels, sacrum, anatomy)
    arches = anatomy.array == Anatomy.POSTERIOR_ELEMENTS
    return labels + assign_arches(labels, arches, anatomy.spacing_mm, curve, anatomy.affine_ras)


def _watershed(bodies: Mask, places: Floats, core: Mask, spans: tuple[Span, ...], grid: Volume) -> Labels:
    """Numbers of stretches on the bodies, grown from the middle of each."""
    markers = np.zeros(bodies.shape, dtype=np.int32)
    slit = np.zeros(bodies.shape, dtype=bool)
    thin = max(grid.spacing_mm[1], 1.0)
    for number, span in enumerate(spans, start=1):
        inside = bodies & (places >= span.start_mm) & (places < span.end_mm)
        central = inside & core
        if not central.any():
            continue
        low, high = np.quantile(places[central], (_CORE_PART, 1.0 - _CORE_PART))
        markers[central & (places >= low) & (places <= high)] = number
        if number < len(spans):
            slit |= bodies & (np.abs(places - span.end_mm) < 0.6 * thin)
    depth = ndimage.distance_transform_edt(bodies & ~slit, sampling=grid.spacing_mm)
    grown = watershed(-depth, markers, mask=bodies)  # type: ignore[no-untyped-call]
    return np.asarray(grown, dtype=np.uint8)


def _kept(labels: Labels, sacrum: Mask, grid: Volume) -> Labels:
    """Numbers from 1 without gaps, of what is large enough and does not lie within the sacrum's height."""
    lowest = np.argwhere(sacrum)[:, 1].mean() if sacrum.any() else math.inf
    boxes = {
        number: box[1]
        for number, box in enumerate(ndimage.find_objects(labels), start=1)
        if box is not None and (box[1].start + box[1].stop) / 2.0 <= lowest
    }
    sizes = np.bincount(labels.ravel()) * grid.voxel_volume_ml
    large: list[int] = []
    for place, (number, rows) in enumerate(boxes.items()):
        near = list(boxes)[max(place - 2, 0) : place + 3]
        share = _LEAST_END_SHARE if place in (0, len(boxes) - 1) else _LEAST_SHARE
        if rows.start == 0 or rows.stop == labels.shape[1]:
            share = _LEAST_CUT_SHARE
        if sizes[number] >= max(_LEAST_BODY_ML, share * float(np.median(sizes[near]))):
            large.append(number)
    table = np.zeros(len(sizes), dtype=np.uint8)
    table[large] = np.arange(1, len(large) + 1)
    return np.asarray(table[labels])


def _described(labels: Labels, anatomy: Volume, level: Volume) -> VertebraInstances:
    numbered = Volume(labels, anatomy.affine_ras)
    facts = vertebra_facts(numbered, anatomy, level)
    return VertebraInstances(
        labels=numbered,
        level=level,
        is_sacrum=tuple(one.is_sacrum for one in facts),
        centres_ras_mm=tuple(one.centre for one in facts),
        whole=tuple(one.whole for one in facts),
        coordinate=tuple(one.coordinate for one in facts),
        spread=tuple(one.spread for one in facts),
        volume_ml=tuple(one.volume_ml for one in facts),
        gap_above_mm=gaps_mm(facts),
        height_mm=heights_mm(facts, _downwards(anatomy)),
    )
