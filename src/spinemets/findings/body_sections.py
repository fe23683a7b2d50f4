"""A vertebral body sampled in its own frame: heights at its thirds, end plates, walls behind and before."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.anatomy import Anatomy
from spinemets.findings.element_frame import ElementFrame
from spinemets.findings.maps import StationMaps

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# Heights are taken in a strip along the middle of the body, at the centres of the thirds of its depth.
_STRIP_SHARE, _THIRDS, _THIRD_REACH = 0.35, (0.62, 0.0, -0.62), 0.12
_STEP_MM, _STRIP_STEP_MM = 0.5, 1.0
# Walls are read this far from the end plates, as shares of the height: clear of the corners.
_NEAR_END, _MIDDLE = (0.08, 0.30), (0.35, 0.65)


@dataclass(frozen=True, slots=True, eq=False)
class BodySection:
    """Sizes of a body, in millimetres of its frame (right, anterior, superior from the posterior wall).

    Args:
        frame: Of the vertebra.
        heights_mm: At the anterior, middle and posterior third.
        top_mm, bottom_mm: (point, 2) anterior and superior of the end plates along the strip.
        back_mm: Posterior wall near the upper end plate, in the middle, and near the lower one; anterior
            coordinates, so that more negative is further back.
        front_mm: Anterior wall near the upper and near the lower end plate.
    """

    frame: ElementFrame
    heights_mm: tuple[float, float, float]
    top_mm: Floats
    bottom_mm: Floats
    back_mm: tuple[float, float, float]
    front_mm: tuple[float, float]

    @property
    def wedge_deg(self) -> float:
        """Angle between the end plates from the heights of the outer thirds, kyphotic positive."""
        apart_mm = (_THIRDS[0] - _THIRDS[2]) * self.frame.depth_mm / 2.0
        return float(np.degrees(np.arctan((self.heights_mm[2] - self.heights_mm[0]) / apart_mm)))

    def wall_point_ras_mm(self, anterior_mm: float, upper: bool) -> Floats:
        """A point on a wall at the height of an end plate's posterior end."""
        plate = self.top_mm if upper else self.bottom_mm
        height = float(np.median(plate[plate[:, 0] <= np.percentile(plate[:, 0], 30)][:, 1]))
        local = np.array([0.0, anterior_mm, height])
        return np.asarray(self.frame.origin_ras_mm + self.frame.axes_ras @ local)

    def plate_direction_ras(self, upper: bool) -> Floats:
        """(3,) unit vector forwards along an end plate, by a line through it that outliers do not bend."""
        plate = self.top_mm if upper else self.bottom_mm
        slope = _robust_slope(plate[:, 0], plate[:, 1])
        direction = self.frame.axes_ras @ np.array([0.0, 1.0, slope])
        return np.asarray(direction / np.linalg.norm(direction))


def body_sections(maps: StationMaps, frames: Mapping[int, ElementFrame]) -> dict[int, BodySection]:
    """Sections of all bodies that show all thirds, by the vertebra's number."""
    boxes = ndimage.find_objects(maps.vertebrae.array)
    found = {}
    for number, frame in frames.items():
        box = boxes[number - 1]
        body = (maps.vertebrae.array[box] == number) & (maps.anatomy.array[box] == Anatomy.VERTEBRAL_BODY)
        corner = np.array([index.start for index in box])
        if (section := _section(body, corner, maps, frame)) is not None:
            found[number] = section
    return found


def _section(
    body: Mask, corner: npt.NDArray[np.intp], maps: StationMaps, frame: ElementFrame
) -> BodySection | None:
    right = _strip(body, corner, maps, frame)
    anterior = np.arange(-0.5 * frame.depth_mm, 1.4 * frame.depth_mm, _STEP_MM)
    superior = np.arange(-2.0 * frame.half_height_mm, 2.0 * frame.half_height_mm, _STEP_MM)
    inside = _sampled(body, corner, maps, frame, (right, anterior, superior))
    filled: Mask = np.asarray(inside.any(axis=2))
    depth = (anterior - frame.depth_mm / 2.0) / (frame.depth_mm / 2.0)
    thirds = [np.abs(depth - third) <= _THIRD_REACH for third in _THIRDS]
    if any(not filled[:, third].any() for third in thirds):
        return None
    height = np.where(filled, inside.sum(axis=2) * _STEP_MM, np.nan)
    top = superior[inside.shape[2] - 1 - inside[:, :, ::-1].argmax(axis=2)] + _STEP_MM / 2.0
    bottom = superior[inside.argmax(axis=2)] - _STEP_MM / 2.0
    places = np.broadcast_to(anterior, filled.shape)
    between = filled & (np.abs(depth) <= abs(_THIRDS[0]) + _THIRD_REACH)
    front, middle, back = (float(np.nanmean(height[:, third])) for third in thirds)
    return BodySection(
        frame=frame,
        heights_mm=(front, middle, back),
        top_mm=np.stack([places[between], top[between]], axis=1),
        bottom_mm=np.stack([places[between], bottom[between]], axis=1),
        back_mm=_walls(inside, anterior, superior),
        front_mm=_walls(inside[:, ::-1], anterior[::-1], superior)[::2],
    )


def _strip(body: Mask, corner: npt.NDArray[np.intp], maps: StationMaps, frame: ElementFrame) -> Floats:
    """Places to the right at which the strip is sampled, about the body's own middle."""
    local = frame.coordinates_mm(maps.vertebrae.voxel_to_world(np.argwhere(body) + corner))
    low, high = np.percentile(local[:, 0], (3, 97))
    reach = _STRIP_SHARE * (high - low) / 2.0
    places: Floats = np.arange(-reach, reach + 0.01, _STRIP_STEP_MM) + (low + high) / 2.0
    return places


def _sampled(
    body: Mask,
    corner: npt.NDArray[np.intp],
    maps: StationMaps,
    frame: ElementFrame,
    places_mm: tuple[Floats, Floats, Floats],
) -> Mask:
    """(right, anterior, superior) whether the body is there; its surface lies half way between voxels."""
    local = np.stack(np.meshgrid(*places_mm, indexing="ij"), axis=-1)
    world = local @ frame.axes_ras.T + frame.origin_ras_mm
    index = np.moveaxis(maps.vertebrae.world_to_voxel(world) - corner, -1, 0)
    padded = np.pad(body.astype(np.float32), 1)
    values = ndimage.map_coordinates(padded, index + 1.0, order=1, mode="constant")
    return np.asarray(values >= 0.5)


def _walls(inside: Mask, anterior: Floats, superior: Floats) -> tuple[float, float, float]:
    """First wall along the second axis: near the upper end plate, in the middle, near the lower one."""
    column = inside.any(axis=(0, 1))
    low, high = superior[column].min(), superior[column].max()
    wall = np.where(inside.any(axis=1), anterior[inside.argmax(axis=1)], np.nan)
    share = (high - superior) / max(high - low, _STEP_MM)
    bands = (
        (share >= _NEAR_END[0]) & (share <= _NEAR_END[1]),
        (share >= _MIDDLE[0]) & (share <= _MIDDLE[1]),
        (share >= 1 - _NEAR_END[1]) & (share <= 1 - _NEAR_END[0]),
    )
    upper, middle, lower = (_median(wall[:, band]) for band in bands)
    return upper, middle, lower


def _median(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")


def _robust_slope(x: Floats, y: Floats) -> float:
    """Least squares without the points that lie furthest off a first line: corners and osteophytes."""
    slope, offset = np.polyfit(x, y, 1)
    residual = np.abs(y - slope * x - offset)
    kept = residual <= np.percentile(residual, 80)
    return float(np.polyfit(x[kept], y[kept], 1)[0])
