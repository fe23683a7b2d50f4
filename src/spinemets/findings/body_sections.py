"""A vertebral body sampled in its own frame: heights at its thirds, end plates, walls behind and before."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.anatomy import Anatomy
from spinemets.findings.element_frame import ElementFrame
from spinemets.findings.frame_sampling import sample_mask
from spinemets.findings.maps import StationMaps

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# Heights are taken in a strip along the middle of the body, at the centres of the thirds of its depth; end
# plates at their rims, which are flat while the middle is hollow. Places are shares of the half depth.
_STRIP_SHARE, _THIRDS, _THIRD_REACH = 0.35, (2.0 / 3.0, 0.0, -2.0 / 3.0), 0.12
_RIMS, _RIM_REACH = (0.8, -0.8), 0.15
# Against the plane half way between both; L5 has the greatest wedge, of twice as much.
_STEEPEST_INTACT_DEG = 8.0
_STEP_MM, _STRIP_STEP_MM = 0.5, 1.0
# Walls are read this far from the end plates, as shares of the height: clear of the corners, in the middle,
# and at the corners themselves.
_NEAR_END, _MIDDLE, _CORNER = (0.08, 0.30), (0.35, 0.65), (0.03, 0.12)


@dataclass(frozen=True, slots=True, eq=False)
class BodySection:
    """Sizes of a body, in millimetres of its frame (right, anterior, superior from the posterior wall).

    Args:
        frame: Of the vertebra.
        heights_mm: At the anterior, middle and posterior third.
        rims_mm: Anterior coordinates of the end plates' rims in front and behind.
        top_mm, bottom_mm: Superior coordinates of the end plates there.
        back_mm: Posterior wall near the upper end plate, in the middle, and near the lower one; anterior
            coordinates, so that more negative is further back.
        front_mm: Anterior wall near the upper and near the lower end plate.
        bulge_mm: How far the middle of the posterior wall lies behind the line of its corners.
    """

    frame: ElementFrame
    heights_mm: tuple[float, float, float]
    rims_mm: tuple[float, float]
    top_mm: tuple[float, float]
    bottom_mm: tuple[float, float]
    back_mm: tuple[float, float, float]
    front_mm: tuple[float, float]
    bulge_mm: float

    @property
    def wedge_deg(self) -> float:
        """Angle between the end plates, kyphotic positive."""
        rises = [self._rise_deg(plate) for plate in (self.top_mm, self.bottom_mm)]
        return rises[1] - rises[0]

    def wall_point_ras_mm(self, anterior_mm: float, upper: bool) -> Floats:
        """A point on a wall at the height of an end plate's posterior rim."""
        height = (self.top_mm if upper else self.bottom_mm)[1]
        return self.frame.points_ras_mm(np.array([0.0, anterior_mm, height]))

    def plate_direction_ras(self, upper: bool) -> Floats:
        """(3,) unit vector forwards along an end plate, from rim to rim."""
        rise = np.radians(self._rise_deg(self.top_mm if upper else self.bottom_mm))
        return np.asarray(self.frame.axes_ras @ np.array([0.0, np.cos(rise), np.sin(rise)]))

    def _rise_deg(self, plate_mm: tuple[float, float]) -> float:
        """Of the line from corner to corner.

        An intact end plate goes on from its rims to its corners as it runs between them. A broken one lies
        flat at both rims, with a step between: it rises no further.
        """
        front, back = self.rims_mm
        slope = (plate_mm[0] - plate_mm[1]) / (front - back)
        if abs(np.degrees(np.arctan(slope))) > _STEEPEST_INTACT_DEG:
            slope *= _RIMS[0]
        return float(np.degrees(np.arctan(slope)))


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
    if not filled.any():
        return None
    back, front = _Walls.of(inside, anterior, superior), _Walls.of(inside[:, ::-1], anterior[::-1], superior)
    # A broken body bulges backwards in its middle: its corners stay nearer to where they were.
    start, end = float(np.mean(back.corners_mm)), float(np.median(front.places_mm))
    if not np.isfinite((start, end)).all() or end <= start:
        return None
    depth = (2.0 * anterior - start - end) / (end - start)
    thirds = [np.abs(depth - third) <= _THIRD_REACH for third in _THIRDS]
    rims = [np.abs(depth - rim) <= _RIM_REACH for rim in _RIMS]
    if any(not filled[:, place].any() for place in (*thirds, *rims)):
        return None
    height = np.where(filled, inside.sum(axis=2) * _STEP_MM, np.nan)
    top = superior[inside.shape[2] - 1 - inside[:, :, ::-1].argmax(axis=2)] + _STEP_MM / 2.0
    bottom = superior[inside.argmax(axis=2)] - _STEP_MM / 2.0
    heights = [_mean(height[:, third]) for third in thirds]
    places, tops, bottoms = (
        [_mean(np.where(filled, values, np.nan)[:, rim]) for rim in rims]
        for values in (np.broadcast_to(anterior, filled.shape), top, bottom)
    )
    return BodySection(
        frame=frame,
        heights_mm=(heights[0], heights[1], heights[2]),
        rims_mm=(places[0], places[1]),
        top_mm=(tops[0], tops[1]),
        bottom_mm=(bottoms[0], bottoms[1]),
        back_mm=back.places_mm,
        front_mm=front.places_mm[::2],
        bulge_mm=back.bulge_mm,
    )


def _mean(values: Floats) -> float:
    return float(np.nanmean(values))


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
    return np.asarray(sample_mask(body, corner, maps.vertebrae, frame.points_ras_mm(local)) >= 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class _Walls:
    """The first wall of a body along the second axis: places at each height, and shares of the height."""

    wall_mm: Floats
    share: Floats

    @classmethod
    def of(cls, inside: Mask, anterior: Floats, superior: Floats) -> "_Walls":
        """Heights are those of the quarter that the wall belongs to, as a broken body is lower in front."""
        filled: Mask = np.asarray(inside.any(axis=2))
        seen: Mask = np.asarray(filled.any(axis=1))
        start = int(np.median(filled[seen].argmax(axis=1)))
        depth = int(np.median(filled[seen].sum(axis=1)))
        column = inside[:, start : start + depth // 4 + 1].any(axis=(0, 1))
        low, high = superior[column].min(), superior[column].max()
        wall = np.where(inside.any(axis=1), anterior[inside.argmax(axis=1)], np.nan)
        return cls(wall, np.asarray((high - superior) / max(high - low, _STEP_MM)))

    @property
    def places_mm(self) -> tuple[float, float, float]:
        """Near the upper end plate, in the middle, near the lower one."""
        lower = (1.0 - _NEAR_END[1], 1.0 - _NEAR_END[0])
        return self._within(_NEAR_END), self._within(_MIDDLE), self._within(lower)

    @property
    def corners_mm(self) -> tuple[float, float]:
        """At the upper and at the lower end plate."""
        return self._within(_CORNER), self._within((1.0 - _CORNER[1], 1.0 - _CORNER[0]))

    @property
    def bulge_mm(self) -> float:
        """How far the middle lies before the line of the corners."""
        return sum(self.corners_mm) / 2.0 - self._within(_MIDDLE)

    def _within(self, band: tuple[float, float]) -> float:
        values = self.wall_mm[:, (self.share >= band[0]) & (self.share <= band[1])]
        known = values[np.isfinite(values)]
        return float(np.median(known)) if known.size else float("nan")
