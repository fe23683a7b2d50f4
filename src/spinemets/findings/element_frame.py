"""The frame of a vertebra, in which parts of its bone are told apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.anatomy import Anatomy
from spinemets.findings.maps import StationMaps
from spinemets.findings.records import BodyFrame, Point
from spinemets.findings.vertebra_facts import is_cut_aside
from spinemets.volume import Volume

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CANAL = (Anatomy.THECAL_SAC, Anatomy.CORD, Anatomy.EPIDURAL_SPACE)
# Fewer voxels than these show no shape.
_FEWEST_VOXELS = 60
# The canal is looked for this far behind the vertebra's voxels, where its arch is not seen.
_BEHIND_MM = 25.0
# Columns through less than this share of the greatest height cut a corner of a tilted body.
_WHOLE_COLUMN = 0.25
_CENTRAL_SHARE = 0.8
_WIDE_SLICE = 0.6
_REFINEMENTS = 6
# A body of which more than this share is cut shows no axes of its own.
_AXES_SEEN = 0.5
# Vertebrae turn about the spine's axis by less; more is an error of the masks.
_LARGEST_TURN_DEG = 30.0
# Of a canal that is not seen: means of lumbar canals (Panjabi et al. 1992, Spine 17:299).
_UNSEEN_HALF_WIDTH_MM, _UNSEEN_DEPTH_MM = 12.0, 17.0
_HALF_WIDTHS_MM, _DEPTHS_MM = (6.0, 20.0), (10.0, 30.0)


@dataclass(frozen=True, slots=True, eq=False)
class ElementFrame:
    """Axes of a vertebra and the sizes that its parts are measured by.

    Args:
        origin_ras_mm: On the posterior wall, in the plane that parts left from right, at half height.
        axes_ras: Columns point to the patient's right, to the front and to the head, square to each other;
            the last is normal to the end plates on average.
        depth_mm: Of the body, back to front.
        half_height_mm: Of the body.
        canal_half_width_mm, canal_depth_mm: Of the bony canal.
    """

    origin_ras_mm: Floats
    axes_ras: Floats
    depth_mm: float
    half_height_mm: float
    canal_half_width_mm: float
    canal_depth_mm: float

    def coordinates_mm(self, points_ras_mm: Floats) -> Floats:
        """Right, anterior and superior millimetres of points (..., 3) from the origin."""
        return np.asarray((points_ras_mm - self.origin_ras_mm) @ self.axes_ras)

    def points_ras_mm(self, coordinates_mm: Floats) -> Floats:
        """The inverse of ``coordinates_mm``."""
        return np.asarray(coordinates_mm @ self.axes_ras.T + self.origin_ras_mm)

    @property
    def record(self) -> BodyFrame:
        """Origin and axes as they are kept in a result."""
        return BodyFrame(*map(_point, (self.origin_ras_mm, *self.axes_ras.T)))


def _point(values: Floats) -> Point:
    right, anterior, superior = values.tolist()
    return right, anterior, superior


def element_frames(maps: StationMaps) -> dict[int, ElementFrame]:
    """The frame of every vertebra whose body is seen, by its number.

    A body that the image's upper or lower end cuts has the sizes of the nearest whole one.
    """
    frames, cut = {}, {}
    boxes = ndimage.find_objects(maps.vertebrae.array)
    upwards = _upwards(maps, boxes)
    for number, box in enumerate(boxes, start=1):
        if box is None:
            continue
        wider = _backwards(box, maps)
        anatomy = maps.anatomy.array[wider]
        body = (maps.vertebrae.array[wider] == number) & (anatomy == Anatomy.VERTEBRAL_BODY)
        if np.count_nonzero(body) >= _FEWEST_VOXELS:
            corner = np.array([index.start for index in wider])
            frames[number] = _frame(body, np.isin(anatomy, CANAL), corner, maps, upwards[number])
            rows = np.flatnonzero(body.any(axis=(0, 2))) + corner[1]
            cut[number] = int(rows[0] == 0) - int(rows[-1] == maps.vertebrae.shape[1] - 1)
    whole = [number for number in frames if not cut[number]]
    for number in frames.keys() - set(whole) if whole else ():
        nearest = min(whole, key=lambda other: abs(other - number))
        frames[number] = _completed(frames[number], frames[nearest], cut[number])
    return frames


def _completed(seen: ElementFrame, whole: ElementFrame, towards: int) -> ElementFrame:
    """The frame of a cut body with the sizes of a whole one; the end that is seen stays where it is.

    Args:
        seen: As measured on what is seen.
        whole: Of another vertebra.
        towards: 1 if the body goes on towards the head, -1 towards the feet.
    """
    missing_mm = max(whole.half_height_mm - seen.half_height_mm, 0.0)
    axes = seen.axes_ras if missing_mm <= _AXES_SEEN * whole.half_height_mm else whole.axes_ras
    origin = seen.origin_ras_mm + towards * missing_mm * axes[:, 2]
    return replace(whole, origin_ras_mm=origin, axes_ras=axes)


def _backwards(box: tuple[slice, ...], maps: StationMaps) -> tuple[slice, slice, slice]:
    """The box of a vertebra, longer to the back (columns run from front to back)."""
    across, down, back = box
    further = int(np.ceil(_BEHIND_MM / maps.vertebrae.spacing_mm[2]))
    return across, down, slice(back.start, min(back.stop + further, maps.vertebrae.shape[2]))


def _upwards(maps: StationMaps, boxes: Sequence[tuple[slice, ...] | None]) -> dict[int, Floats]:
    """Roughly the way to the head at every vertebra: along the line through the bodies beside it."""
    centres = {}
    for number, box in enumerate(boxes, start=1):
        if box is None:
            continue
        body = (maps.vertebrae.array[box] == number) & (maps.anatomy.array[box] == Anatomy.VERTEBRAL_BODY)
        if body.any():
            corner = np.array([index.start for index in box])
            centres[number] = maps.vertebrae.voxel_to_world(np.argwhere(body).mean(axis=0) + corner)
    numbers = list(centres)
    image = -maps.vertebrae.affine_ras[:3, 1] / maps.vertebrae.spacing_mm[1]
    found = {}
    for place, number in enumerate(numbers):
        near = numbers[max(place - 1, 0) : place + 2]
        along = centres[near[0]] - centres[near[-1]]
        found[number] = along / np.linalg.norm(along) if len(near) > 1 else image
    return found


def _frame(
    body: Mask, canal: Mask, corner: npt.NDArray[np.intp], maps: StationMaps, upwards: Floats
) -> ElementFrame:
    grid = maps.vertebrae
    voxels = np.argwhere(body) + corner
    bone_mm = grid.voxel_to_world(voxels)
    up = _up_axis(bone_mm, voxels[:, 0], grid, upwards)
    canal_mm = grid.voxel_to_world(np.argwhere(canal) + corner)
    centre = bone_mm.mean(axis=0)
    heights = (bone_mm - centre) @ up
    low, high = np.percentile(heights, (3, 97))
    half_height = float(high - low) / 2.0
    at_height = np.abs((canal_mm - centre) @ up) <= half_height
    canal_mm = canal_mm[at_height]
    aside = any(is_cut_aside(part, int(corner[0]), grid.shape[0]) for part in (body, canal))
    front = _front_axis(centre, canal_mm[:0] if aside else canal_mm, up, grid.affine_ras[:3, 2])
    axes = np.stack([np.cross(front, up), front, up], axis=1)
    middle = centre if len(canal_mm) < _FEWEST_VOXELS else canal_mm.mean(axis=0)
    local = (bone_mm - middle) @ axes
    near = local[np.abs(local[:, 0]) <= _HALF_WIDTHS_MM[0]]
    wall = float(np.percentile((near if len(near) else local)[:, 1], 3))
    depth = float(np.percentile(local[:, 1], 98)) - wall
    origin = middle + axes @ np.array([0.0, wall, (centre - middle) @ up + (low + high) / 2.0])
    area = len(canal_mm) * 1000.0 * grid.voxel_volume_ml / (2.0 * half_height)
    width, length = _canal_size((canal_mm - origin) @ axes, area)
    return ElementFrame(origin, axes, depth, half_height, width, length)


def _up_axis(bone_mm: Floats, slices: npt.NDArray[np.intp], grid: Volume, upwards: Floats) -> Floats:
    """Normal of the plane half way between both end plates, by least squares.

    Args:
        bone_mm: (voxel, 3) places of a body's voxels.
        slices: (voxel,) their slices.
        grid: That they lie on.
        upwards: A first guess, which may be off by 30 degrees or so.
    """
    up = upwards
    for _ in range(_REFINEMENTS):
        across = _square(grid.affine_ras[:3, 0], up)
        axes = np.stack([across, np.cross(up, across), up], axis=1)
        local = (bone_mm - bone_mm.mean(axis=0)) @ axes
        slopes = _slopes(local, slices, 2.0 * grid.spacing_mm[2])
        up = axes @ np.array([-slopes[0], -slopes[1], 1.0])
        up /= np.linalg.norm(up)
    return np.asarray(up)


def _slopes(local_mm: Floats, slices: npt.NDArray[np.intp], width_mm: float) -> Floats:
    """Rise of the plane through the middles of a body's columns, for each mm across slices and along them."""
    column = np.floor((local_mm[:, 1] - local_mm[:, 1].min()) / width_mm).astype(np.intp)
    place = (slices - slices.min()) * (int(column.max()) + 1) + column
    counts = np.bincount(place)
    sums = np.stack([np.bincount(place, weights=local_mm[:, axis]) for axis in range(3)], axis=1)
    means = sums / np.maximum(counts, 1)[:, None]
    low, high = np.percentile(local_mm[:, 1], (2, 98))
    central = np.abs(means[:, 1] - (low + high) / 2.0) <= _CENTRAL_SHARE * (high - low) / 2.0
    area = np.bincount(slices - slices.min())
    wide = np.repeat(area >= _WIDE_SLICE * area.max(), int(column.max()) + 1)[: len(counts)]
    kept = central & wide & (counts >= _WHOLE_COLUMN * counts.max())
    design = np.column_stack([np.ones(len(means)), means[:, :2]])[kept]
    if np.ptp(slices) < 2:
        design[:, 1] = 0.0
    weights = np.sqrt(counts[kept])
    slopes = np.linalg.lstsq(design * weights[:, None], means[kept, 2] * weights, rcond=None)[0]
    return np.asarray(slopes[1:])


def _front_axis(centre: Floats, canal_mm: Floats, up: Floats, column: Floats) -> Floats:
    """From the canal to the body, square to ``up``; the image's own front where that is not to be trusted."""
    image = _square(-column, up)
    if len(canal_mm) < _FEWEST_VOXELS:
        return image
    own = _square(centre - canal_mm.mean(axis=0), up)
    return own if own @ image >= np.cos(np.radians(_LARGEST_TURN_DEG)) else image


def _square(direction: Floats, up: Floats) -> Floats:
    across = direction - (direction @ up) * up
    return np.asarray(across / np.linalg.norm(across))


def _canal_size(local: Floats, area_mm2: float) -> tuple[float, float]:
    """Half width and depth; the width from the area, as slices are too thick to show it."""
    if len(local) < _FEWEST_VOXELS:
        return _UNSEEN_HALF_WIDTH_MM, _UNSEEN_DEPTH_MM
    depth = float(np.clip(-np.percentile(local[:, 1], 2), *_DEPTHS_MM))
    # Area of an ellipse with these axes.
    half_width = 2.0 * area_mm2 / (np.pi * depth)
    return float(np.clip(half_width, *_HALF_WIDTHS_MM)), depth
