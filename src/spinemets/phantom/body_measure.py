"""Shape of vertebral bodies, measured on the voxels of a digital spine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spinemets.anatomy import Element, Level
from spinemets.phantom.body_shape import BodyOutline, end_plates_mm, plan_radius
from spinemets.phantom.digital import VertebraFrame
from spinemets.phantom.escc_measure import nearest_codes
from spinemets.phantom.spec import VertebraSpec
from spinemets.phantom.spine_maps import SpineMaps

_STEP_MM = 0.25
# Heights are taken in a strip along the middle, at the centres of the thirds of the depth.
_STRIP_SHARE = 0.35
_THIRDS = (0.62, 0.0, -0.62)
_THIRD_REACH = 0.12
# The walls are read this far from the end plates, as a share of the height: clear of the corners; and in the
# middle.
_WALL_BAND, _MIDDLE_BAND = (0.08, 0.30), (0.35, 0.65)


@dataclass(frozen=True, slots=True)
class BodyShape:
    """A body in its vertebra's frame; millimetres from the frame's origin, heights end plate to end plate.

    Args:
        anterior_mm, middle_mm, posterior_mm: Height at the thirds.
        upper_back_mm, lower_back_mm, upper_front_mm, lower_front_mm: Posterior and anterior wall near
            the upper and the lower end plate, as positions along the anterior axis.
        middle_back_mm: Posterior wall in the middle of its height.
        top_mm, bottom_mm: Mean height of the end plates at the posterior wall.
    """

    anterior_mm: float
    middle_mm: float
    posterior_mm: float
    upper_back_mm: float
    lower_back_mm: float
    upper_front_mm: float
    lower_front_mm: float
    middle_back_mm: float
    top_mm: float
    bottom_mm: float

    @property
    def heights_mm(self) -> tuple[float, float, float]:
        """Anterior, middle and posterior height."""
        return self.anterior_mm, self.middle_mm, self.posterior_mm


def measure_bodies(maps: SpineMaps, frames: Sequence[VertebraFrame]) -> dict[Level, BodyShape]:
    """Shape of every body that lies wholly within the maps."""
    shapes = ((frame.level, _measure(maps, frame)) for frame in frames)
    return {level: shape for level, shape in shapes if shape is not None}


def intact_heights_mm(vertebra: VertebraSpec) -> tuple[float, float, float]:
    """Anterior, middle and posterior height of a body as it would be without its collapse."""
    intact = replace(vertebra, collapse=None)
    outline = BodyOutline.of(intact)
    x = np.linspace(-_STRIP_SHARE, _STRIP_SHARE, 9, dtype=np.float32) * outline.half_width_mm
    heights = []
    for third in _THIRDS:
        y = np.linspace(third - _THIRD_REACH, third + _THIRD_REACH, 5, dtype=np.float32)
        right, anterior = np.meshgrid(x, y * np.float32(outline.half_depth_mm))
        radius = plan_radius(right, anterior, outline, outline.hollow_wall_mm)
        top, bottom = end_plates_mm(right, anterior, radius, intact)
        heights.append(float(np.mean(top - bottom)))
    return heights[0], heights[1], heights[2]


def lost_percent(shape: BodyShape, intact_mm: tuple[float, float, float]) -> tuple[float, float, float]:
    """Height lost at the thirds against known intact heights; negative where the body is higher."""
    anterior, middle, posterior = (
        100.0 * (1.0 - own / intact) for own, intact in zip(shape.heights_mm, intact_mm, strict=True)
    )
    return anterior, middle, posterior


def wedge_deg(shape: BodyShape, intact_mm: tuple[float, float, float], frame: VertebraFrame) -> float:
    """Angle between the end plates beyond that of the intact body, kyphotic positive, from the heights."""
    (front, _, back), (intact_front, _, intact_back) = shape.heights_mm, intact_mm
    apart_mm = (_THIRDS[0] - _THIRDS[2]) * frame.half_size_mm[1]
    now, before = (back - front) / apart_mm, (intact_back - intact_front) / apart_mm
    return float(np.degrees(np.arctan(now) - np.arctan(before)))


def lost_against_neighbours_percent(
    shapes: Mapping[Level, BodyShape], level: Level, reference_levels: Sequence[Level]
) -> tuple[float, float, float] | None:
    """Height lost at the thirds, judged as a reader must who never saw the intact body.

    The intact height is interpolated between the nearest reference above and below, by position along
    the spine; where only one is seen, it is that one's.

    Args:
        shapes: Of all bodies that are seen.
        level: The body in question.
        reference_levels: Bodies that are intact.

    Returns:
        Percentages of the intact height, negative where the body is higher; None without a reference.
    """
    above = [each for each in reference_levels if each.coordinate < level.coordinate and each in shapes]
    below = [each for each in reference_levels if each.coordinate > level.coordinate and each in shapes]
    nearest = [max(above, key=lambda each: each.coordinate)] if above else []
    nearest += [min(below, key=lambda each: each.coordinate)] if below else []
    if not nearest or level not in shapes:
        return None
    places = [each.coordinate for each in nearest]
    heights = np.array([shapes[each].heights_mm for each in nearest])
    anterior, middle, posterior = (
        float(np.interp(level.coordinate, places, heights[:, third])) for third in range(3)
    )
    return lost_percent(shapes[level], (anterior, middle, posterior))


def _measure(maps: SpineMaps, frame: VertebraFrame) -> BodyShape | None:
    half_right, half_anterior, half_superior = frame.half_size_mm
    right = np.arange(-_STRIP_SHARE * half_right, _STRIP_SHARE * half_right + 0.01, 1.0)
    anterior = np.arange(-1.5 * half_anterior, 1.5 * half_anterior, _STEP_MM * 2)
    # The dens is part of the body of C2, but not of its height.
    highest = 1.0 if frame.level is Level.C2 else 1.5
    superior = np.arange(-1.5 * half_superior, highest * half_superior, _STEP_MM)
    local = np.stack(np.meshgrid(right, anterior, superior, indexing="ij"), axis=-1)
    points = np.asarray(frame.to_world_mm(local), dtype=np.float64)
    level, element = nearest_codes(points, maps.affine_ras, (maps.level, maps.element))
    body = (level == frame.level.code) & (element == Element.BODY)
    filled = body.any(axis=2)
    if not filled.any() or not _wholly_within(maps, frame):
        return None
    top = np.where(filled, superior[len(superior) - 1 - np.argmax(body[:, :, ::-1], axis=2)], np.nan)
    bottom = np.where(filled, superior[np.argmax(body, axis=2)], np.nan)
    height = np.where(filled, body.sum(axis=2) * _STEP_MM, np.nan)
    thirds = [np.abs(anterior / half_anterior - third) <= _THIRD_REACH for third in _THIRDS]
    if any(not filled[:, third].any() for third in thirds):
        return None
    upper_back, middle_back, lower_back = _walls(body, anterior, superior)
    # Seen from the front, the first bone met is the anterior wall.
    upper_front, _, lower_front = _walls(body[:, ::-1], anterior[::-1], superior)
    behind = thirds[2]
    at_front, at_middle, at_back = (float(np.nanmean(height[:, third])) for third in thirds)
    return BodyShape(
        anterior_mm=at_front,
        middle_mm=at_middle,
        posterior_mm=at_back,
        upper_back_mm=upper_back,
        lower_back_mm=lower_back,
        upper_front_mm=upper_front,
        lower_front_mm=lower_front,
        middle_back_mm=middle_back,
        top_mm=float(np.nanmean(top[:, behind])),
        bottom_mm=float(np.nanmean(bottom[:, behind])),
    )


def _wholly_within(maps: SpineMaps, frame: VertebraFrame) -> bool:
    sides = np.array(np.meshgrid(*[(-1.0, 1.0)] * 3, indexing="ij")).reshape(3, -1).T
    corners = frame.to_world_mm(sides * np.array(frame.half_size_mm) * (_STRIP_SHARE, 1.0, 1.0))
    index = (corners - maps.affine_ras[:3, 3]) / np.diag(maps.affine_ras)[:3]
    return bool(((index >= 0) & (index <= np.array(maps.level.shape) - 1)).all())


def _walls(
    body: np.ndarray[tuple[int, int, int], np.dtype[np.bool_]],
    anterior_mm: np.ndarray[tuple[int], np.dtype[np.float64]],
    superior_mm: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> tuple[float, float, float]:
    """First wall along the second axis: below the upper end plate, in the middle, above the lower one."""
    filled = body.any(axis=(0, 2))
    start, depth = int(np.argmax(filled)), int(np.count_nonzero(filled))
    # A broken body is lower in front: bands are those of the third behind the wall.
    column = body[:, start : start + depth // 3].any(axis=(0, 1))
    low, high = superior_mm[column].min(), superior_mm[column].max()
    wall = np.where(body.any(axis=1), anterior_mm[np.argmax(body, axis=1)], np.nan)
    below_top = (high - superior_mm) / (high - low)
    upper, middle, lower = (
        float(np.nanmedian(wall[:, (share >= band[0]) & (share <= band[1])]))
        for share, band in ((below_top, _WALL_BAND), (below_top, _MIDDLE_BAND), (1.0 - below_top, _WALL_BAND))
    )
    return upper, middle, lower
