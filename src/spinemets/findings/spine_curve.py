"""The curve that runs through the middle of the vertebral bodies, and places along it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]

# Steps of the curve, and by how much it goes on straight beyond the outermost bodies.
_STEP_MM, _BEYOND_MM = 0.5, 40.0
# Bodies are gathered over this length, and the curve smoothed with this standard deviation: it is to follow
# kyphosis, lordosis and scoliosis, but not the step of a slip or the bulge of one body.
_BIN_MM, _SMOOTH_MM = 8.0, 12.0
# Slabs that hold fewer points than this part of the usual ones show something else than a body.
_LEAST_IN_SLAB = 0.2
# The direction in which the curve goes on is taken from its last millimetres.
_DIRECTION_MM = 25.0
_ROUNDS = 3
# More points do not change the curve.
_ENOUGH_POINTS = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class SpineCurve:
    """A smooth curve in space, head to feet.

    Args:
        points_ras_mm: (point, 3), ``_STEP_MM`` apart.
    """

    points_ras_mm: Floats

    def project(self, points_ras_mm: Floats) -> tuple[Floats, Floats]:
        """Place along the curve and distance from it, both in mm, of points (point, 3)."""
        distance, place = cKDTree(self.points_ras_mm).query(points_ras_mm)
        return np.asarray(place, dtype=np.float64) * _STEP_MM, np.asarray(distance, dtype=np.float64)


def fit_curve(points_ras_mm: Floats, downwards: Floats) -> SpineCurve:
    """The curve through the middle of the column of bodies and discs.

    Medians of slabs, first square to ``downwards`` and then to the curve itself, are smoothed; so points that
    lie astray do not bend it, as long as they are few.

    Args:
        points_ras_mm: (point, 3) of voxels of bodies and discs, at least one.
        downwards: (3,) unit vector from head to feet.
    """
    points = points_ras_mm[:: max(len(points_ras_mm) // _ENOUGH_POINTS, 1)]
    curve = _through(points, points @ downwards, downwards)
    for _ in range(_ROUNDS):
        curve = _through(points, curve.project(points)[0], downwards)
    return curve


def _through(points: Floats, places_mm: Floats, downwards: Floats) -> SpineCurve:
    """The smooth curve through the medians of slabs of points, which are sorted by their places."""
    order = np.argsort(places_mm, kind="stable")
    slab = np.floor(places_mm[order] / _BIN_MM)
    parts = np.split(order, np.flatnonzero(np.diff(slab)) + 1)
    least = _LEAST_IN_SLAB * float(np.median([len(part) for part in parts]))
    parts = [part for part in parts if len(part) >= least]
    middles = np.array([np.median(points[part], axis=0) for part in parts])
    ends = places_mm.min(), places_mm.max()
    knots = np.array([np.median(places_mm[part]) for part in parts])
    return SpineCurve(_smooth(middles, knots, ends, downwards))


def _smooth(middles: Floats, knots_mm: Floats, ends_mm: tuple[float, float], downwards: Floats) -> Floats:
    places = np.arange(ends_mm[0], ends_mm[1] + 2.0 * _STEP_MM, _STEP_MM)
    path = np.stack([np.interp(places, knots_mm, axis) for axis in middles.T], axis=1)
    # Beyond the outermost medians interpolation stands still; there the curve goes on along its direction.
    inner = (places >= knots_mm[0]) & (places <= knots_mm[-1])
    path = _extended(path[inner] if inner.any() else path[:1], downwards, places, knots_mm)
    smooth = ndimage.gaussian_filter1d(path, _SMOOTH_MM / _STEP_MM, axis=0, mode="nearest")
    # What the filter flattened at the very ends was added only to be cut off again.
    cut = round(2.0 * _SMOOTH_MM / _STEP_MM)
    return _even(smooth[cut:-cut])


def _extended(path: Floats, downwards: Floats, places: Floats, knots_mm: Floats) -> Floats:
    reach = round(_DIRECTION_MM / _STEP_MM)
    top, bottom = (_direction(part, downwards) for part in (path[:reach], path[-reach:]))
    beyond = _BEYOND_MM + 2.0 * _SMOOTH_MM
    above = np.arange(beyond + max(knots_mm[0] - places[0], 0.0), 0.0, -_STEP_MM)[:, None]
    below = np.arange(_STEP_MM, beyond + max(places[-1] - knots_mm[-1], 0.0), _STEP_MM)[:, None]
    return np.concatenate([path[0] - above * top, path, path[-1] + below * bottom])


def _direction(path: Floats, downwards: Floats) -> Floats:
    """Unit vector along a piece of the curve; ``downwards`` where it is too short to tell."""
    along = path[-1] - path[0]
    length = float(np.linalg.norm(along))
    if length < _DIRECTION_MM / 2.0 or along @ downwards < 0.0:
        return downwards
    return np.asarray(along / length)


def _even(path: Floats) -> Floats:
    """The same path at even steps of arc length."""
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    places = np.arange(0.0, arc[-1], _STEP_MM)
    return np.stack([np.interp(places, arc, axis) for axis in path.T], axis=1)
