"""Shape of a vertebral body: kidney-shaped in plan, waisted, with hollow end plates."""

from dataclasses import dataclass

import numpy as np

from spinemets.anatomy import Level, Region
from spinemets.phantom.collapse_shape import UPPER_SHARE, loss_share
from spinemets.phantom.grid_box import FloatArray
from spinemets.phantom.smooth import smooth_max, smooth_step
from spinemets.phantom.spec import VertebraSpec

# Share of the half axes that a body's waist is narrower than its rims, in the middle of its height; and
# how far
# its posterior wall is hollow in plan, as a share of the depth (Panjabi et al. 1991, 1992, drawings; our
# readings).
_WAIST = {Region.CERVICAL: 0.03, Region.THORACIC: 0.05, Region.LUMBAR: 0.06, Region.SACRAL: 0.02}
_HOLLOW_WALL = {Region.CERVICAL: 0.02, Region.THORACIC: 0.09, Region.LUMBAR: 0.06, Region.SACRAL: 0.02}
_EXPONENT = {Region.CERVICAL: 2.6, Region.THORACIC: 2.15, Region.LUMBAR: 2.3, Region.SACRAL: 2.5}
# End plates are flat at the rim, from this share of the radius on.
_RIM_FROM = 0.88
# The lower end plate is hollower than the upper one, its deepest place behind the middle (Zhou et al. 2000).
_UPPER_HOLLOW, _LOWER_HOLLOW = 0.85, 1.15
_EDGE_MM = 2.0
# The uncinate processes rise above the lateral rims of C3 to C7 by about this much (Panjabi et al. 1991).
_UNCUS_MM = 4.0
# Bone that loses height spreads sideways by this share of the loss.
_SPREAD_OF_LOSS = 0.10
# Taper of sacral bodies: share by which the upper end plate's half axes exceed, and the lower's fall
# below, the mean.
_SACRAL_TAPER = 0.16


@dataclass(frozen=True, slots=True)
class BodyOutline:
    """The numbers that shape a body; half axes in mm."""

    half_width_mm: float
    half_depth_mm: float
    exponent: float
    waist: float
    hollow_wall_mm: float
    taper: float

    @classmethod
    def of(cls, vertebra: VertebraSpec) -> "BodyOutline":
        """The outline of a vertebra's body."""
        region = vertebra.level.region
        return cls(
            half_width_mm=vertebra.width_mm / 2.0,
            half_depth_mm=vertebra.depth_mm / 2.0,
            exponent=_EXPONENT[region],
            waist=_WAIST[region],
            hollow_wall_mm=_HOLLOW_WALL[region] * vertebra.depth_mm,
            taper=_SACRAL_TAPER if region is Region.SACRAL else 0.0,
        )


def posterior_wall_mm(vertebra: VertebraSpec) -> float:
    """Anterior coordinate of the posterior wall in the midline, in the vertebra's frame."""
    outline = BodyOutline.of(vertebra)
    return -(outline.half_depth_mm - outline.hollow_wall_mm)


def plan_radius(
    x: FloatArray, y: FloatArray, outline: BodyOutline, hollow_mm: FloatArray | float
) -> FloatArray:
    """Radius over the outline's in plan: 1 on the outline.

    Args:
        x, y: Right and anterior in the vertebra's frame.
        outline: Of the body.
        hollow_mm: How far the posterior wall is hollow in the midline; negative where it bulges.
    """
    side = np.abs(x) / np.float32(outline.half_width_mm)
    middle = np.exp(-((side / np.float32(0.42)) ** 2))
    reach = np.float32(outline.half_depth_mm) - np.asarray(hollow_mm, dtype=np.float32) * middle
    front = np.full_like(reach, outline.half_depth_mm)
    forward = np.abs(y) / np.where(y > 0, front, reach)
    power = np.float32(outline.exponent)
    radius = (side**power + forward**power) ** np.float32(1.0 / outline.exponent)
    return np.asarray(radius, dtype=np.float32)


def end_plates_mm(
    x: FloatArray, y: FloatArray, radius: FloatArray, vertebra: VertebraSpec
) -> tuple[FloatArray, FloatArray]:
    """Superior coordinate of the upper and the lower end plate above each place in plan.

    They go on beyond the rim as flat planes, so that the disc can be cut by them.
    """
    depth = np.float32(vertebra.depth_mm / 2.0)
    u = np.asarray(np.clip(y / depth, -1.15, 1.15), dtype=np.float32)
    anterior, posterior = np.float32(vertebra.anterior_height_mm), np.float32(vertebra.posterior_height_mm)
    height = (anterior + posterior) / 2.0 + (anterior - posterior) / 2.0 * u
    inner = np.clip(1.0 - (radius / np.float32(_RIM_FROM)) ** 2, 0.0, 1.0)
    hollow = np.float32(vertebra.concavity_mm) * inner
    # Deepest behind the middle below.
    lower_hollow = hollow * (1.0 - np.float32(0.35) * u)
    left = _left_share(vertebra, u)
    lost = height * (1.0 - left)
    top = height / 2.0 - np.float32(UPPER_SHARE) * lost - np.float32(_UPPER_HOLLOW) * hollow * left
    bottom = (
        -height / 2.0 + np.float32(1.0 - UPPER_SHARE) * lost + np.float32(_LOWER_HOLLOW) * lower_hollow * left
    )
    if _has_uncus(vertebra.level):
        aside = np.asarray(np.abs(x) / (vertebra.width_mm / 2.0), dtype=np.float32)
        rise = smooth_step(aside, 0.62, 1.0)
        top += np.float32(_UNCUS_MM) * rise * smooth_step(-u, -0.6, 0.3)
    return top, bottom


def body_distance_mm(x: FloatArray, y: FloatArray, z: FloatArray, vertebra: VertebraSpec) -> FloatArray:
    """Signed distance to the surface of a body, negative inside, in the vertebra's frame.

    Args:
        x, y, z: Right, anterior, superior, three arrays of one shape.
        vertebra: Whose body; its collapse is honoured.
    """
    outline = BodyOutline.of(vertebra)
    half_height = np.float32((vertebra.anterior_height_mm + vertebra.posterior_height_mm) / 4.0)
    rise = _rise(y, z, half_height, vertebra)
    grown = 1.0 - np.float32(outline.waist) * (1.0 - rise * rise) + np.float32(outline.taper) * rise
    y = np.asarray(y + outline.half_depth_mm * (1.0 - grown), dtype=np.float32)
    if vertebra.collapse is not None:
        u = np.asarray(np.clip(y / outline.half_depth_mm, -1.0, 1.0), dtype=np.float32)
        grown = grown + np.float32(_SPREAD_OF_LOSS) * (1.0 - _left_share(vertebra, u)) * (y > 0)
    hollow = _hollow(rise, vertebra, outline)
    scale = np.asarray(1.0 / grown, dtype=np.float32)
    radius = plan_radius(x * scale, y * scale, outline, hollow)
    length = np.sqrt(x * x + y * y)
    side = length * (1.0 - 1.0 / np.maximum(radius, np.float32(0.05)))
    top, bottom = end_plates_mm(x, y, radius, vertebra)
    over = np.maximum(z - top, bottom - z)
    return smooth_max(np.asarray(side, dtype=np.float32), np.asarray(over, dtype=np.float32), _EDGE_MM)


def _rise(y: FloatArray, z: FloatArray, half_height: np.float32, vertebra: VertebraSpec) -> FloatArray:
    """Height over the half height, from the middle of what is left of the body: -1 to 1."""
    u = np.asarray(np.clip(y * np.float32(2.0 / vertebra.depth_mm), -1.0, 1.0), dtype=np.float32)
    left = _left_share(vertebra, u)
    middle = (1.0 - 2.0 * UPPER_SHARE) * half_height * (1.0 - left)
    return np.asarray(np.clip((z - middle) / (half_height * left), -1.0, 1.0), dtype=np.float32)


def _left_share(vertebra: VertebraSpec, u: FloatArray) -> FloatArray:
    return np.asarray(1.0 - loss_share(vertebra.collapse, u), dtype=np.float32)


def _hollow(rise: FloatArray, vertebra: VertebraSpec, outline: BodyOutline) -> FloatArray:
    """How far the posterior wall is hollow at each height; negative where it bulges."""
    hollow = np.full_like(rise, np.float32(outline.hollow_wall_mm))
    if vertebra.collapse is not None:
        bulge, corner = vertebra.collapse.convex_bulge_mm, vertebra.collapse.retropulsion_mm
        if bulge > 0:
            hollow -= np.float32(bulge + outline.hollow_wall_mm) * (1.0 - rise**4)
        if corner > 0:
            hollow -= np.float32(corner + outline.hollow_wall_mm) * smooth_step(rise, 0.0, 0.55)
    return hollow


def _has_uncus(level: Level) -> bool:
    return level in (Level.C3, Level.C4, Level.C5, Level.C6, Level.C7)
