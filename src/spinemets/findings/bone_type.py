"""What the signal of a lesion against muscle and disc says of its type: lytic, mixed or blastic."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.anatomy import Anatomy, BoneLesionType
from spinemets.findings.element_frame import ElementFrame, element_frames
from spinemets.findings.maps import StationMaps
from spinemets.scoring.bone_signal import Brightness, MarrowSequence, bone_type_of_signal
from spinemets.scoring.possible import Possible, unknown
from spinemets.study.records import Weighting
from spinemets.study.selection import Channel

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]
Indices = npt.NDArray[np.intp]

_SEQUENCE: Mapping[Channel, MarrowSequence] = {
    Channel.T1: MarrowSequence.T1,
    Channel.T2: MarrowSequence.T2,
    Channel.FLUID: MarrowSequence.FLUID,
    Channel.T1_GD: MarrowSequence.T1_GD,
}
_BONE = (Anatomy.VERTEBRAL_BODY, Anatomy.POSTERIOR_ELEMENTS, Anatomy.SACRUM)


@dataclass(frozen=True, slots=True)
class SignalLimits:
    """When a lesion is dark or bright on one sequence.

    That tumour is dark against muscle and disc on T1, and blastic tumour dark on every sequence, is of the
    review of Montoya-Bordon et al. 2023; it gives no numbers. These were set on simulated lesions.

    Args:
        dark_below: Signal over that of the reference tissue.
        bright_from: The same.
        margin: Medians within this share of a limit are given both names.
    """

    dark_below: float
    bright_from: float
    margin: float = 0.12


_LIMITS: Mapping[MarrowSequence, SignalLimits] = {
    MarrowSequence.T1: SignalLimits(1.15, 1.6),
    MarrowSequence.FLUID: SignalLimits(0.8, 1.3),
    MarrowSequence.T2: SignalLimits(0.95, 1.6),
    MarrowSequence.T1_GD: SignalLimits(0.8, 1.15),
    # Of spin-echo planar images nothing is simulated: wide limits, set by nobody's measurements.
    MarrowSequence.DWI: SignalLimits(0.8, 1.8, 0.2),
}
# Below this b value an image shows T2 rather than diffusion.
_LEAST_B_VALUE_S_MM2 = 300.0
# A lesion is patchy if dark and bright voxels each make up the larger share, and may be from the smaller.
_PATCHY_FROM, _PERHAPS_PATCHY_FROM = 0.2, 0.1
# The deepest quarter of a lesion is its core.
_CORE_PERCENTILE = 75.0
# Reference tissue is taken this far above and below a lesion: coils shade an image from head to feet.
_NEAR_MM = 50.0
_FEWEST_VOXELS = 40
# Where the erectors of the spine lie: mm to the side of the midline, and behind the canal.
_MUSCLE_ASIDE_MM, _MUSCLE_BEHIND_MM = (8.0, 40.0), (6.0, 32.0)
# Fat between the fibres is bright on every sequence without fat suppression: the median of the darker 70 %.
_MUSCLE_PERCENTILE = 35.0


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceTissue:
    """Voxels of tissue that marrow is compared with, (slice, row, column)."""

    muscle: Mask
    disc: Mask


def reference_tissue(maps: StationMaps) -> ReferenceTissue:
    """Discs, and the muscle behind and beside the arches where no class and no lesion lies."""
    free = (maps.anatomy.array == Anatomy.BACKGROUND) & (maps.lesions.array == 0)
    muscle = np.zeros(free.shape, dtype=bool)
    boxes = ndimage.find_objects(maps.vertebrae.array)
    further = round(_MUSCLE_BEHIND_MM[1] / maps.anatomy.spacing_mm[2])
    for number, frame in element_frames(maps).items():
        _, rows, columns = boxes[number - 1]
        behind = slice(columns.start, min(columns.stop + further, free.shape[2]))
        _mark_muscle(muscle[:, rows, behind], free[:, rows, behind], (rows.start, behind.start), maps, frame)
    disc = (maps.anatomy.array == Anatomy.DISC) & (maps.lesions.array == 0)
    return ReferenceTissue(muscle, disc)


def _mark_muscle(
    muscle: Mask, free: Mask, corner: tuple[int, int], maps: StationMaps, frame: ElementFrame
) -> None:
    voxels = np.argwhere(free)
    local = frame.coordinates_mm(maps.anatomy.voxel_to_world(voxels + np.array([0, *corner])))
    aside, behind = np.abs(local[:, 0]), -local[:, 1] - frame.canal_depth_mm
    within = np.abs(local[:, 2]) <= frame.half_height_mm
    for value, (low, high) in ((aside, _MUSCLE_ASIDE_MM), (behind, _MUSCLE_BEHIND_MM)):
        within &= (value >= low) & (value <= high)
    muscle[tuple(voxels[within].T)] = True


def bone_type(
    maps: StationMaps, voxels: Indices, reference: ReferenceTissue | None = None
) -> Possible[BoneLesionType]:
    """The types that the signal of a lesion's part in bone allows; an estimate that needs confirmation.

    On T1 a lesion is compared with the brighter of muscle and disc; on the other sequences with muscle, since
    healthy discs are bright there, and with the disc only where no muscle is seen.

    Args:
        maps: Of the station.
        voxels: (voxel, axis) indices of the lesion.
        reference: From ``reference_tissue``, which is called where this is None.
    """
    if not np.isin(maps.anatomy.array[tuple(voxels.T)], _BONE).any():
        return unknown(BoneLesionType, "no part of the lesion lies in bone")
    return bone_type_of_signal(observed_signal(maps, voxels, reference))


def observed_signal(
    maps: StationMaps, voxels: Indices, reference: ReferenceTissue | None = None
) -> dict[MarrowSequence, frozenset[Brightness]]:
    """What the signal of a lesion's part in bone may be called on each sequence; empty where none lies in it.

    Args:
        maps: Of the station.
        voxels: (voxel, axis) indices of the lesion.
        reference: From ``reference_tissue``, which is called where this is None.
    """
    in_bone = voxels[np.isin(maps.anatomy.array[tuple(voxels.T)], _BONE)]
    if not len(in_bone):
        return {}
    tissue = reference_tissue(maps) if reference is None else reference
    near, core = _near_rows(in_bone, maps), _core(in_bone, maps)
    observed = {}
    for channel, image in maps.images.items():
        level = _reference_signal(_SEQUENCE[channel], image.array[:, near], tissue, near)
        if level is not None:
            values = image.array[tuple(in_bone.T)].astype(np.float64) / level
            observed[_SEQUENCE[channel]] = _names(values, core, _LIMITS[_SEQUENCE[channel]])
    return observed | _diffusion(maps, in_bone, core, tissue)


def _diffusion(
    maps: StationMaps, in_bone: Indices, core: Mask, tissue: ReferenceTissue
) -> dict[MarrowSequence, frozenset[Brightness]]:
    """The same of the diffusion image with the largest b value, if it is weighted enough, against muscle."""
    weighted = [
        one
        for one in maps.extras
        if one.weighting is Weighting.DWI and (one.b_value_s_mm2 or 0.0) >= _LEAST_B_VALUE_S_MM2
    ]
    if not weighted:
        return {}
    image = max(weighted, key=lambda one: one.b_value_s_mm2 or 0.0)
    muscle = np.argwhere(tissue.muscle)
    values = image.at(maps.anatomy.voxel_to_world(in_bone))
    around = image.at(maps.anatomy.voxel_to_world(muscle)) if len(muscle) else np.zeros(0)
    level = _percentile(around[np.isfinite(around)], _MUSCLE_PERCENTILE)
    if level is None or not np.isfinite(values).all():
        return {}
    return {MarrowSequence.DWI: _names(values / level, core, _LIMITS[MarrowSequence.DWI])}


def _names(relative: Floats, core: Mask, limits: SignalLimits) -> frozenset[Brightness]:
    """Names of the whole lesion; where that is patchy, those of its core as well.

    Blastic tumour often has a bright halo, and the rim of any lesion is mixed with marrow by thick slices.
    """
    names = brightness(relative, limits)
    patchy = Brightness.HETEROGENEOUS in names
    return names | brightness(relative[core], limits) if patchy else names


def _core(voxels: Indices, maps: StationMaps) -> Mask:
    """The quarter of a lesion's voxels that lies deepest within its slices."""
    low = voxels.min(axis=0)
    mask = np.zeros(voxels.max(axis=0) - low + 3, dtype=bool)
    inside = tuple((voxels - low + 1).T)
    mask[inside] = True
    spacing = maps.anatomy.spacing_mm[1:]
    depth = np.stack([ndimage.distance_transform_edt(one, sampling=spacing) for one in mask])[inside]
    return np.asarray(depth >= np.percentile(depth, _CORE_PERCENTILE))


def brightness(relative: Floats, limits: SignalLimits) -> frozenset[Brightness]:
    """The names that a lesion's signal may be given.

    Lytic and blastic parts that lie closer together than a voxel is wide look intermediate, so that
    intermediate signal may be a patchy lesion as well.

    Args:
        relative: (voxel,) signal over that of the reference tissue.
        limits: Of the sequence.
    """
    dark = float(np.mean(relative < limits.dark_below))
    bright = float(np.mean(relative >= limits.bright_from))
    if min(dark, bright) >= _PATCHY_FROM:
        return frozenset({Brightness.HETEROGENEOUS})
    median, names = float(np.median(relative)), set()
    if median < limits.dark_below * (1.0 + limits.margin):
        names.add(Brightness.DARK)
    if median >= limits.bright_from * (1.0 - limits.margin):
        names.add(Brightness.BRIGHT)
    if limits.dark_below * (1.0 - limits.margin) <= median < limits.bright_from * (1.0 + limits.margin):
        names |= {Brightness.INTERMEDIATE, Brightness.HETEROGENEOUS}
    if min(dark, bright) >= _PERHAPS_PATCHY_FROM:
        names.add(Brightness.HETEROGENEOUS)
    return frozenset(names)


def _near_rows(voxels: Indices, maps: StationMaps) -> slice:
    reach = round(_NEAR_MM / maps.anatomy.spacing_mm[1])
    return slice(max(int(voxels[:, 1].min()) - reach, 0), int(voxels[:, 1].max()) + reach + 1)


def _reference_signal(
    sequence: MarrowSequence, image: Floats, tissue: ReferenceTissue, near: slice
) -> float | None:
    """Signal that lesions are compared with on a sequence; None where neither tissue is seen."""
    muscle = _percentile(image[tissue.muscle[:, near]], _MUSCLE_PERCENTILE)
    disc = _percentile(image[tissue.disc[:, near]], 50.0)
    known = [one for one in (muscle, disc) if one is not None]
    if not known:
        return None
    return max(known) if sequence is MarrowSequence.T1 else known[0]


def _percentile(values: Floats, percent: float) -> float | None:
    if values.size < _FEWEST_VOXELS:
        return None
    level = float(np.percentile(values, percent))
    return level if level > 0 else None
