"""A specification made into voxels."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Anatomy, Element, Level, Region
from spinemets.errors import ConfigurationError
from spinemets.phantom.body_plan import body_plan
from spinemets.phantom.bone_field import BoneField, arch_plans, bone_fields
from spinemets.phantom.canal_paint import paint_canal
from spinemets.phantom.canal_plan import canal_plan
from spinemets.phantom.chain import frames_of
from spinemets.phantom.digital import DigitalSpine, VertebraFrame
from spinemets.phantom.disc_shape import paint_discs
from spinemets.phantom.foramen_paint import paint_foramina, paint_sacral_foramina
from spinemets.phantom.grid_box import GridBox
from spinemets.phantom.ligament_paint import paint_anterior_ligament, paint_midline
from spinemets.phantom.protocol import Station
from spinemets.phantom.smooth import smooth_min
from spinemets.phantom.soft_tissue import soft_tissue
from spinemets.phantom.spec import SpineSpec
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue
from spinemets.phantom.vein_paint import paint_vein
from spinemets.phantom.world_noise import WorldNoise

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BoxRas:
    """A world-aligned box: smallest and largest corner, RAS mm."""

    lower_ras_mm: tuple[float, float, float]
    upper_ras_mm: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class GridSettings:
    """Spacings of the two grids, and how far the near one reaches sideways from the bodies, in mm."""

    near_spacing_mm: float = 0.7
    far_spacing_mm: float = 1.5
    near_half_width_mm: float = 48.0


# The levels that a station is centred on (middle of the line between them), and the length of its box in mm.
_STATION_LEVELS = {
    Station.CERVICAL: (Level.C1, Level.T3, 300.0),
    Station.CERVICOTHORACIC: (Level.C2, Level.T9, 380.0),
    Station.THORACIC: (Level.T1, Level.L1, 440.0),
    Station.THORACOLUMBAR: (Level.T6, Level.L4, 440.0),
    Station.LUMBAR: (Level.T12, Level.S2, 360.0),
    Station.WHOLE: (Level.C1, Level.S5, 760.0),
}
_STATION_WIDTH_MM = 250.0
_STATION_DEPTH_MM = 350.0
_AIR_BEHIND_MM = 20.0
# With what partial volume darkens beside it: end plates and walls of bodies, and the thinner arches.
_CORTEX_MM, _ARCH_CORTEX_MM = 0.75, 0.65
_STREAM = 0xB11D
_UNEVEN_SCALE_MM = (5.0, 5.0, 5.0)
_FRONT_OF_BODIES_MM = 16.0
_BEHIND_PROCESSES_MM = 12.0


def station_box(
    spec: SpineSpec,
    station: Station,
    width_mm: float = _STATION_WIDTH_MM,
    depth_mm: float = _STATION_DEPTH_MM,
) -> BoxRas:
    """A box around a station of the spine, in which ``build_spine`` draws.

    Args:
        spec: The spine.
        station: The part.
        width_mm, depth_mm: Size of the box from left to right and from back to front.
    """
    frames = frames_of(spec)
    upper, lower, length = _STATION_LEVELS[station]
    first, last = (_nearest(frames, level).origin_ras_mm for level in (upper, lower))
    plan = body_plan(spec, frames, arch_plans(spec))
    middle = (first[2] + last[2]) / 2.0
    seen = np.abs(plan.height_mm - middle) < length / 2.0
    # The fat of the back is thickest over the sacrum.
    back = float(plan.fascia_mm[seen].min()) - 1.6 * spec.habitus.fat_thickness_mm - _AIR_BEHIND_MM
    centre = float(np.median(plan.middle_mm[seen]))
    low = (centre - width_mm / 2, back, middle - length / 2)
    return BoxRas(low, (low[0] + width_mm, back + depth_mm, low[2] + length))


def _nearest(frames: dict[Level, VertebraFrame], level: Level) -> VertebraFrame:
    """The frame of a level, or of the closest where the person lacks it."""
    return frames[min(frames, key=lambda other: abs(other.coordinate - level.coordinate))]


def build_spine(spec: SpineSpec, box: BoxRas, settings: GridSettings | None = None) -> DigitalSpine:
    """Draws a spine without disease into a box of the world.

    Collapse and slip are drawn; lesions, epidural tumour and look-alikes are left to ``paint_disease``.

    Args:
        spec: What is drawn; the same specification, box and settings give the same voxels.
        box: Far grid.
        settings: Spacings; the defaults if None.

    Raises:
        ConfigurationError: If no vertebra lies in the box.
    """
    settings = GridSettings() if settings is None else settings
    frames = frames_of(spec)
    near_low, near_high = _near_box(spec, frames, box, settings)
    near = _grid(near_low, near_high, settings.near_spacing_mm)
    far = _grid(np.array(box.lower_ras_mm), np.array(box.upper_ras_mm), settings.far_spacing_mm)
    plans = arch_plans(spec)
    plan = body_plan(spec, frames, plans)
    maps = _empty_maps(near, soft_tissue(near, spec, plan, plans, frames))
    streams = np.random.default_rng([spec.seed, _STREAM]).spawn(4)
    midline_rng, roots_rng, bone_rng, disc_rng = streams
    paint_midline(maps, near, plan, midline_rng)
    uneven = WorldNoise(bone_rng, _UNEVEN_SCALE_MM)
    fields = bone_fields(plans, frames, near, uneven)
    for field in fields:
        _paint_bone(maps, field)
    for field in fields:
        _paint_joint(maps, field)
    for field in fields:
        paint_anterior_ligament(maps, field)
        paint_vein(maps, field)
    paint_discs(maps, spec, frames, disc_rng)
    paint_foramina(maps, near, plans, frames)
    paint_sacral_foramina(maps, near, plans, frames)
    canal = canal_plan(spec, frames, plans, (near_low, near_high), roots_rng)
    paint_canal(maps, canal.sections, canal.roof, canal.cauda)
    far_tissue = soft_tissue(far, spec, plan, plans, frames)
    _paint_sacrum(far_tissue, bone_fields(plans, _sacral(frames), far, uneven))
    _carry_to_far(maps, far, far_tissue)
    return DigitalSpine(
        spec=spec,
        near_affine_ras=near.affine_ras,
        tissue=maps.tissue,
        anatomy=maps.anatomy,
        level=maps.level,
        element=maps.element,
        lesion=maps.lesion,
        far_affine_ras=far.affine_ras,
        far_tissue=far_tissue,
        frames=tuple(field.frame for field in fields),
        canal=canal.sections,
    )


def _near_box(
    spec: SpineSpec, frames: dict[Level, VertebraFrame], box: BoxRas, settings: GridSettings
) -> tuple[Vector, Vector]:
    low, high = np.array(box.lower_ras_mm), np.array(box.upper_ras_mm)
    reach = 25.0
    inside = [f for f in frames.values() if low[2] - reach < f.origin_ras_mm[2] < high[2] + reach]
    if not inside:
        raise ConfigurationError(
            f"no vertebra between {low[2]:.0f} and {high[2]:.0f} mm", field="box", remedy="see station_box"
        )
    length = {each.level: each.spinous_length_mm + each.depth_mm / 2 for each in spec.vertebrae}
    origins = np.array([f.origin_ras_mm for f in inside])
    front = max(f.origin_ras_mm[1] + f.half_size_mm[1] for f in inside) + _FRONT_OF_BODIES_MM
    back = min(f.origin_ras_mm[1] - length[f.level] for f in inside) - _BEHIND_PROCESSES_MM
    middle = (origins[:, 0].min() + origins[:, 0].max()) / 2.0
    half = settings.near_half_width_mm
    near_low = np.maximum([middle - half, back, low[2]], low + settings.far_spacing_mm)
    near_high = np.minimum([middle + half, front, high[2]], high - settings.far_spacing_mm)
    return near_low, near_high


def _grid(low: Vector, high: Vector, spacing_mm: float) -> GridBox:
    counts = np.floor((high - low) / spacing_mm).astype(int) + 1
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = low
    shape = (int(counts[0]), int(counts[1]), int(counts[2]))
    return GridBox((slice(0, shape[0]), slice(0, shape[1]), slice(0, shape[2])), affine, shape)


def _empty_maps(grid: GridBox, tissue: npt.NDArray[np.uint8]) -> SpineMaps:
    empty = [np.zeros(grid.shape, dtype=np.uint8) for _ in range(4)]
    return SpineMaps(grid.affine_ras, tissue, *empty)


def _paint_bone(maps: SpineMaps, field: BoneField) -> None:
    part = maps.cut(field.box)
    distance = smooth_min(field.body_mm, field.arch_mm, 1.5)
    bone = (distance <= 0) & (part.level == 0)
    body = bone & (field.body_mm <= 0)
    arch = bone & ~body
    cortex = distance > np.where(body, -_CORTEX_MM, -_ARCH_CORTEX_MM)
    part.tissue[body] = Tissue.BODY_MARROW
    part.tissue[arch] = Tissue.POSTERIOR_MARROW
    part.tissue[bone & cortex] = Tissue.CORTICAL_BONE
    sacral = field.level.region is Region.SACRAL
    part.anatomy[body] = Anatomy.SACRUM if sacral else Anatomy.VERTEBRAL_BODY
    part.anatomy[arch] = Anatomy.SACRUM if sacral else Anatomy.POSTERIOR_ELEMENTS
    part.level[bone] = field.level.code
    part.element[arch] = field.element[arch]
    part.element[body] = Element.BODY


def _sacral(frames: dict[Level, VertebraFrame]) -> dict[Level, VertebraFrame]:
    return {level: frame for level, frame in frames.items() if level.region is Region.SACRAL}


def _paint_sacrum(far_tissue: npt.NDArray[np.uint8], fields: list[BoneField]) -> None:
    """The sacrum on the far grid: its wings reach beyond the near one."""
    for field in fields:
        distance = smooth_min(field.body_mm, field.arch_mm, 1.5)
        part = far_tissue[field.box.index]
        part[distance <= 0] = Tissue.CORTICAL_BONE
        part[distance <= -_ARCH_CORTEX_MM] = Tissue.POSTERIOR_MARROW


def _paint_joint(maps: SpineMaps, field: BoneField) -> None:
    """Cartilage and fluid of the facet joints below a vertebra: bright, like a healthy nucleus."""
    if field.joint is not None:
        part = maps.cut(field.box)
        part.tissue[field.joint & (part.level == 0)] = Tissue.DISC_NUCLEUS


def _carry_to_far(maps: SpineMaps, far: GridBox, far_tissue: npt.NDArray[np.uint8]) -> None:
    """The near tissue at the places of the far grid's voxels."""
    ours, theirs = [], []
    for axis in range(3):
        world = far.affine_ras[axis, 3] + far.affine_ras[axis, axis] * np.arange(far.shape[axis])
        index = np.rint((world - maps.affine_ras[axis, 3]) / maps.affine_ras[axis, axis]).astype(int)
        inside = np.flatnonzero((index >= 0) & (index < maps.tissue.shape[axis]))
        theirs.append(inside)
        ours.append(index[inside])
    far_tissue[np.ix_(*theirs)] = maps.tissue[np.ix_(*ours)]
