"""Where every vertebra of a specification lies: rigid poses, stacked from the sacrum to the atlas."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from spinemets.anatomy import Level, Region
from spinemets.phantom.collapse_shape import end_plate_rims
from spinemets.phantom.digital import VertebraFrame
from spinemets.phantom.spec import CurveSpec, DiscSpec, SpineSpec, VertebraSpec

Vector = npt.NDArray[np.float64]

# A scoliotic curve reaches over about this many levels to each side of its apex, and turns the vertebrae by
# this share of their tilt towards its convexity (Stokes 1994, Spine 19:236).
_SCOLIOSIS_REACH_LEVELS = 3.0
_ROTATION_OF_TILT = 0.35
# The atlas has no body: its frame lies in the dens, this far above the centre of C2's body (texts).
_ATLAS_ABOVE_AXIS_MM = 19.0
_ATLAS_BEHIND_WALL_MM = 2.0
# The world's origin is the centre of this body.
ORIGIN_LEVEL = Level.L3


@dataclass(frozen=True, slots=True, eq=False)
class _Plane:
    """An end plate: the posterior edge of its midline, and its axes as columns."""

    edge_ras_mm: Vector
    axes_ras: Vector


def frames_of(spec: SpineSpec) -> dict[Level, VertebraFrame]:
    """The frame of every vertebra from C1 to S5; the centre of the L3 body is the world's origin.

    A collapsed body keeps the frame of the intact one; what it loses brings the spine above it down and
    tilts it, as its end plates are tilted. A slip moves a vertebra and all above it to the front.
    """
    vertebrae = {each.level: each for each in spec.vertebrae}
    discs = {each.above: each for each in spec.discs}
    levels: list[Level] = [
        each for each in spec.numbering.levels if each in vertebrae and each is not Level.C1
    ]
    tilts = _coronal_tilts(spec.curve, levels)
    frames = _downwards(levels, vertebrae, discs, spec.curve)
    frames |= _upwards(levels, vertebrae, discs, tilts, spec.curve)
    if Level.C1 in vertebrae:
        frames[Level.C1] = _atlas(vertebrae[Level.C1], vertebrae[Level.C2], frames[Level.C2])
    origin = frames[ORIGIN_LEVEL].origin_ras_mm
    return {
        level: VertebraFrame(
            level, frames[level].origin_ras_mm - origin, frames[level].axes_ras, frames[level].half_size_mm
        )
        for level in spec.numbering.levels
        if level in frames
    }


def _sacral_plane(curve: CurveSpec) -> _Plane:
    axes = Rotation.from_euler("x", -curve.sacral_slope_deg, degrees=True).as_matrix()
    roll = Rotation.from_euler("y", curve.tilt_deg, degrees=True).as_matrix()
    return _Plane(np.zeros(3), roll @ axes)


def _upwards(
    levels: list[Level],
    vertebrae: Mapping[Level, VertebraSpec],
    discs: Mapping[Level, DiscSpec],
    tilts: Mapping[Level, float],
    curve: CurveSpec,
) -> dict[Level, VertebraFrame]:
    plane = _sacral_plane(curve)
    frames: dict[Level, VertebraFrame] = {}
    tilt_below = 0.0
    for level in reversed(levels):
        if level.region is Region.SACRAL:
            continue
        vertebra = vertebrae[level]
        plane = _across_disc(plane, discs[level], vertebra, 1.0)
        turn = tilts[level] - tilt_below
        tilt_below = tilts[level]
        plane = _turned(plane, turn)
        frames[level], plane = _body_on(plane, vertebra)
    return frames


def _downwards(
    levels: list[Level],
    vertebrae: Mapping[Level, VertebraSpec],
    discs: Mapping[Level, DiscSpec],
    curve: CurveSpec,
) -> dict[Level, VertebraFrame]:
    plane = _sacral_plane(curve)
    frames: dict[Level, VertebraFrame] = {}
    for level in levels:
        if level.region is not Region.SACRAL:
            continue
        frames[level], plane = _body_under(plane, vertebrae[level])
        if level in discs:
            plane = _across_disc(plane, discs[level], vertebrae[level], -1.0)
    return frames


def _across_disc(plane: _Plane, disc: DiscSpec, vertebra: VertebraSpec, way: float) -> _Plane:
    """The next end plate over a disc: ``way`` is 1 upwards, -1 downwards."""
    slope = (disc.anterior_height_mm - disc.posterior_height_mm) / vertebra.depth_mm
    half = _pitch(way * np.arctan(slope) / 2.0)
    axes = plane.axes_ras @ half
    edge = plane.edge_ras_mm + way * axes[:, 2] * disc.posterior_height_mm
    return _Plane(edge, axes @ half)


def _body_on(plane: _Plane, vertebra: VertebraSpec) -> tuple[VertebraFrame, _Plane]:
    """The body that stands on a plane, and the plane of its upper end plate."""
    rims = end_plate_rims(vertebra)
    bottom = np.arctan((rims.bottom_anterior_mm - rims.bottom_posterior_mm) / vertebra.depth_mm)
    axes = plane.axes_ras @ _pitch(-bottom)
    start = plane.edge_ras_mm + vertebra.slip_mm * axes[:, 1]
    origin = start + axes @ np.array([0.0, vertebra.depth_mm / 2.0, -rims.bottom_posterior_mm])
    top = np.arctan((rims.top_anterior_mm - rims.top_posterior_mm) / vertebra.depth_mm)
    edge = origin + axes @ np.array([0.0, -vertebra.depth_mm / 2.0, rims.top_posterior_mm])
    return _frame(vertebra, origin, axes), _Plane(edge, axes @ _pitch(top))


def _body_under(plane: _Plane, vertebra: VertebraSpec) -> tuple[VertebraFrame, _Plane]:
    """The body that hangs under a plane, and the plane of its lower end plate."""
    rims = end_plate_rims(vertebra)
    top = np.arctan((rims.top_anterior_mm - rims.top_posterior_mm) / vertebra.depth_mm)
    axes = plane.axes_ras @ _pitch(-top)
    origin = plane.edge_ras_mm + axes @ np.array([0.0, vertebra.depth_mm / 2.0, -rims.top_posterior_mm])
    bottom = np.arctan((rims.bottom_anterior_mm - rims.bottom_posterior_mm) / vertebra.depth_mm)
    edge = origin + axes @ np.array([0.0, -vertebra.depth_mm / 2.0, rims.bottom_posterior_mm])
    return _frame(vertebra, origin, axes), _Plane(edge, axes @ _pitch(bottom))


def _atlas(atlas: VertebraSpec, axis: VertebraSpec, frame: VertebraFrame) -> VertebraFrame:
    wall = -axis.depth_mm / 2.0 + _ATLAS_BEHIND_WALL_MM
    local = np.array(
        [0.0, wall + atlas.depth_mm / 2.0, axis.posterior_height_mm / 2.0 + _ATLAS_ABOVE_AXIS_MM / 2]
    )
    return _frame(atlas, np.asarray(frame.to_world_mm(local), dtype=np.float64), frame.axes_ras)


def _frame(vertebra: VertebraSpec, origin: Vector, axes: Vector) -> VertebraFrame:
    height = (vertebra.anterior_height_mm + vertebra.posterior_height_mm) / 2.0
    half = (vertebra.width_mm / 2.0, vertebra.depth_mm / 2.0, height / 2.0)
    return VertebraFrame(vertebra.level, np.asarray(origin), np.asarray(axes), half)


def _pitch(angle_rad: float) -> Vector:
    """A turn about the right axis that lifts the front."""
    return np.asarray(Rotation.from_euler("x", angle_rad).as_matrix())


def _turned(plane: _Plane, tilt_deg: float) -> _Plane:
    turn = Rotation.from_euler("yz", [tilt_deg, _ROTATION_OF_TILT * tilt_deg], degrees=True)
    return _Plane(plane.edge_ras_mm, plane.axes_ras @ turn.as_matrix())


def _coronal_tilts(curve: CurveSpec, levels: list[Level]) -> dict[Level, float]:
    """Tilt of each vertebra; the steepest above and below the apex differ by the Cobb angle."""
    apex = levels.index(curve.scoliosis_apex) if curve.scoliosis_apex in levels else len(levels) // 2
    place = (np.arange(len(levels)) - apex) / _SCOLIOSIS_REACH_LEVELS
    tilt = curve.scoliosis_deg / 2.0 * place * np.exp(0.5 * (1.0 - place**2))
    return dict(zip(levels, tilt.tolist(), strict=True))
