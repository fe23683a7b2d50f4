"""A specification made into voxels."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Anatomy, Element, Level, Region
from spinemets.errors import ConfigurationError
from spinemets.phantom.bone_field import BoneField, bone_fields
from spinemets.phantom.canal_paint import paint_canal
from spinemets.phantom.canal_sections import canal_sections, sections_in_box
from spinemets.phantom.chain import frames_of
from spinemets.phantom.digital import DigitalSpine, VertebraFrame
from spinemets.phantom.disc_shape import paint_discs
from spinemets.phantom.grid_box import GridBox
from spinemets.phantom.smooth import smooth_min
from spinemets.phantom.soft_tissue import soft_tissue
from spinemets.phantom.spec import SpineSpec
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue

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


class Station(StrEnum):
    """A part of the spine that is imaged at once."""

    CERVICAL = "cervical"
    CERVICOTHORACIC = "cervicothoracic"
    THORACIC = "thoracic"
    THORACOLUMBAR = "thoracolumbar"
    LUMBAR = "lumbar"
    WHOLE = "whole"


# The levels that a station is centred on (middle of the line between them), and the length of its box in mm.
_STATION_LEVELS = {
    Station.CERVICAL: (Level.C1, Level.T3, 240.0),
    Station.CERVICOTHORACIC: (Level.C2, Level.T9, 320.0),
    Station.THORACIC: (Level.T1, Level.L1, 360.0),
    Station.THORACOLUMBAR: (Level.T6, Level.L4, 340.0),
    Station.LUMBAR: (Level.T12, Level.S2, 300.0),
    Station.WHOLE: (Level.C1, Level.S5, 720.0),
}
_STATION_WIDTH_MM = 210.0
_STATION_DEPTH_MM = 300.0
_CANAL_IN_DEPTH = 0.36
_CORTEX_MM = 0.95
_FRONT_OF_BODIES_MM = 14.0
_BEHIND_PROCESSES_MM = 8.0


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
    first, last = (frames[level].origin_ras_mm for level in (upper, lower))
    inside = np.array([f.origin_ras_mm for f in frames.values() if last[2] <= f.origin_ras_mm[2] <= first[2]])
    centre = (inside.min(axis=0) + inside.max(axis=0)) / 2.0
    back = inside[:, 1].min() - 30.0 - _CANAL_IN_DEPTH * depth_mm
    low = (centre[0] - width_mm / 2, back, centre[2] - length / 2)
    high = (centre[0] + width_mm / 2, back + depth_mm, centre[2] + length / 2)
    return BoxRas(tuple(map(float, low)), tuple(map(float, high)))  # type: ignore[arg-type]


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
    line = _body_line(frames)
    maps = _empty_maps(near, soft_tissue(near, spec.habitus, line))
    present = []
    for field in bone_fields(spec, frames, near):
        present.append(field.level)
        _paint_bone(maps, field)
    paint_discs(maps, spec, frames)
    sections = sections_in_box(canal_sections(spec, frames), near_low, near_high)
    paint_canal(maps, sections, np.random.default_rng([spec.seed, 1]))
    far_tissue = soft_tissue(far, spec.habitus, line)
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
        frames=tuple(frames[level] for level in present),
        canal=sections,
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


def _body_line(frames: dict[Level, VertebraFrame]) -> Vector:
    """Centres of the bodies by height, feet to head."""
    points = np.array([frame.origin_ras_mm for frame in frames.values()])
    return np.asarray(points[np.argsort(points[:, 2])])


def _paint_bone(maps: SpineMaps, field: BoneField) -> None:
    part = maps.cut(field.box)
    distance = smooth_min(field.body_mm, field.arch_mm, 1.5)
    bone = (distance <= 0) & (part.level == 0)
    body = bone & (field.body_mm <= 0)
    arch = bone & ~body
    cortex = distance > -_CORTEX_MM
    part.tissue[body] = Tissue.BODY_MARROW
    part.tissue[arch] = Tissue.POSTERIOR_MARROW
    part.tissue[bone & cortex] = Tissue.CORTICAL_BONE
    sacral = field.level.region is Region.SACRAL
    part.anatomy[body] = Anatomy.SACRUM if sacral else Anatomy.VERTEBRAL_BODY
    part.anatomy[arch] = Anatomy.SACRUM if sacral else Anatomy.POSTERIOR_ELEMENTS
    part.level[bone] = field.level.code
    part.element[arch] = field.element[arch]
    part.element[body] = Element.BODY


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
