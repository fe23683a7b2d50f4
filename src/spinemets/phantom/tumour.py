"""Bone metastases painted on a digital spine, with their breach of the cortex and paravertebral mass."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from scipy import ndimage

from spinemets.anatomy import Anatomy, BoneLesionType, Element
from spinemets.phantom.digital import VertebraFrame
from spinemets.phantom.grid_box import FloatArray, GridBox
from spinemets.phantom.lesion_shape import (
    Mask,
    correlated_noise,
    grow_to_volume,
    half_axes_for_volume,
    irregular_radius,
)
from spinemets.phantom.spec import LesionShape, LesionSpec
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue

MARROW = (
    Tissue.BODY_MARROW,
    Tissue.POSTERIOR_MARROW,
    Tissue.BASIVERTEBRAL_VEIN,
    Tissue.FATTY_MARROW,
    Tissue.RED_MARROW,
)
_SOFT_TISSUE = (
    Tissue.MUSCLE,
    Tissue.INTERMUSCULAR_FAT,
    Tissue.FASCIA,
    Tissue.LIGAMENT,
    Tissue.VISCERA,
    Tissue.LUNG,
)
_ARCH: Mapping[bool, tuple[Element, ...]] = {
    True: (
        Element.RIGHT_PEDICLE,
        Element.RIGHT_FACET,
        Element.RIGHT_LAMINA,
        Element.RIGHT_TRANSVERSE_PROCESS,
    ),
    False: (Element.LEFT_PEDICLE, Element.LEFT_FACET, Element.LEFT_LAMINA, Element.LEFT_TRANSVERSE_PROCESS),
}
_CODE = {
    BoneLesionType.LYTIC: Tissue.LYTIC_TUMOUR,
    BoneLesionType.MIXED: Tissue.MIXED_TUMOUR,
    BoneLesionType.BLASTIC: Tissue.BLASTIC_TUMOUR,
}
# A lesion centred this far behind the middle of the body, in half depths, is one of the posterior elements.
_BEHIND_BODY = -1.1
# Along pedicle and arch tumour is thinner than in the body, by this factor.
_ARCH_WIDTH = 0.45
_PATH_MM = 2.5
# Place along the body's half depth where a pedicle's axis leaves the body.
_PEDICLE_ROOT = -0.6
# The pedicle on a side that is asked for fills early, so that it counts as replaced.
_PEDICLE_PRIORITY = 0.5
_DIFFUSE_RAGGEDNESS = 2.0
_HALO_MM = 1.6
_MIXED_MM = 2.2
_MIXED_FROM_SIGMA = 0.5
# In a smaller one patches of this scale would make it lytic or blastic altogether.
_PATCHY_FROM_ML = 0.5
_BREACH_REACH_MM = 3.5
_PARAVERTEBRAL_ML = (1.0, 8.0)
_PARAVERTEBRAL_REACH_MM = 18.0
_CONTACT_MM = 2.0


def paint_lesion(maps: SpineMaps, frame: VertebraFrame, spec: LesionSpec, code: int) -> None:
    """Grows a metastasis in the marrow of its vertebra, and beyond where that is asked.

    The asked volume is that in bone; what grows through the cortex comes on top.

    Args:
        maps: Painted on in place.
        frame: Of the vertebra.
        spec: What is asked.
        code: Value of the lesion in the map of lesions.
    """
    rng = np.random.default_rng(spec.seed)
    box = _box(maps, frame)
    if box is None:
        return
    part = maps.cut(box)
    coordinates = box.coordinates_mm(frame.origin_ras_mm, frame.axes_ras)
    radius, near_path = _radius(box, coordinates, part, frame, spec, rng)
    allowed = _allowed(part, spec, near_path)
    tumour = grow_to_volume(radius, allowed, round(spec.volume_ml / box.voxel_ml))
    _paint_bone(part, box, tumour, spec, rng)
    part.lesion[tumour] = code
    if spec.breaches_cortex and tumour.any():
        outside = _breach(part, box, radius, tumour)
        if spec.paravertebral:
            outside |= _paravertebral(part, box, coordinates, frame, tumour | outside, rng)
        part.tissue[outside] = Tissue.SOFT_TISSUE_TUMOUR
        part.lesion[outside] = code


def _box(maps: SpineMaps, frame: VertebraFrame) -> GridBox | None:
    right, anterior, superior = frame.half_size_mm
    low = np.array([-right - 30.0, -anterior - 65.0, -superior - 22.0])
    high = np.array([right + 30.0, anterior + 22.0, superior + 12.0])
    corners = np.array(np.meshgrid(*np.stack([low, high], axis=1), indexing="ij")).reshape(3, -1).T
    world = frame.to_world_mm(corners)
    return maps.box(world.min(axis=0), world.max(axis=0))


def _allowed(part: SpineMaps, spec: LesionSpec, near_path: Mask) -> Mask:
    """Free bone of the vertebra that the lesion may replace.

    The cortex is spared without a breach, except along the way from the body into the arch.
    """
    if spec.centre_body[1] < _BEHIND_BODY:
        elements = tuple(element for element in Element if element > Element.BODY)
    else:
        right = _ARCH[True] if spec.spreads_to_right else ()
        left = _ARCH[False] if spec.spreads_to_left else ()
        midline = (Element.SPINOUS_PROCESS,) if right and left else ()
        elements = (Element.BODY, *right, *left, *midline)
    bone = (part.level == spec.level.code) & np.isin(part.element, elements) & (part.lesion == 0)
    cortex = (part.tissue == Tissue.CORTICAL_BONE) & (near_path | spec.breaches_cortex)
    return np.asarray(bone & (np.isin(part.tissue, MARROW) | cortex))


def _radius(
    box: GridBox,
    coordinates: tuple[FloatArray, ...],
    part: SpineMaps,
    frame: VertebraFrame,
    spec: LesionSpec,
    rng: np.random.Generator,
) -> tuple[FloatArray, Mask]:
    """Distance from the lesion's centre, shortened along the way into the arch; and that way itself."""
    diffuse = spec.shape is LesionShape.DIFFUSE
    right, anterior, superior = (
        share * half for share, half in zip(spec.centre_body, frame.half_size_mm, strict=True)
    )
    half_axes = half_axes_for_volume(spec.volume_ml, frame.half_size_mm if diffuse else spec.elongation)
    raggedness = _DIFFUSE_RAGGEDNESS if diffuse else 1.0
    centre = (right, anterior, superior)
    radius = irregular_radius(coordinates, box.spacing_mm, centre, half_axes, rng, raggedness)
    near_path = np.zeros(box.shape, dtype=bool)
    width_mm = _ARCH_WIDTH * float(np.cbrt(np.prod(half_axes)))
    for spreads, to_right in ((spec.spreads_to_right, True), (spec.spreads_to_left, False)):
        if spreads:
            path = _path_into_arch(part, coordinates, spec, frame, to_right)
            from_path_mm = _distance_to_path(coordinates, path)
            near_path |= from_path_mm <= _PATH_MM
            radius = np.minimum(radius, from_path_mm / width_mm)
            pedicle = (part.level == spec.level.code) & (part.element == _ARCH[to_right][0])
            radius[pedicle] *= _PEDICLE_PRIORITY
    return radius, near_path


def _path_into_arch(
    part: SpineMaps,
    coordinates: tuple[FloatArray, ...],
    spec: LesionSpec,
    frame: VertebraFrame,
    to_right: bool,
) -> list[tuple[float, ...]]:
    """From the lesion's centre through the pedicle to facet and lamina, as far as they are in the maps.

    The way enters the pedicle straight from the body in front of it, so as not to cross the canal.
    """
    centre = tuple(share * half for share, half in zip(spec.centre_body, frame.half_size_mm, strict=True))
    path: list[tuple[float, ...]] = [centre]
    for element in _ARCH[to_right][:3]:
        where = (part.level == spec.level.code) & (part.element == element)
        if where.any():
            right, anterior, superior = (float(axis[where].mean()) for axis in coordinates)
            if len(path) == 1:
                path.append((right, _PEDICLE_ROOT * frame.half_size_mm[1], superior))
            path.append((right, anterior, superior))
    return path


def _distance_to_path(coordinates: tuple[FloatArray, ...], path: list[tuple[float, ...]]) -> FloatArray:
    distance = np.full(coordinates[0].shape, np.inf, dtype=np.float32)
    for start, end in pairwise(path):
        step = np.subtract(end, start)
        length = max(float(step @ step), 1e-6)
        from_start = [axis - own for axis, own in zip(coordinates, start, strict=True)]
        way = sum(axis * own for axis, own in zip(from_start, step, strict=True)) / length
        way = np.clip(way, 0.0, 1.0)
        square = sum((axis - way * own) ** 2 for axis, own in zip(from_start, step, strict=True))
        distance = np.minimum(distance, np.sqrt(square)).astype(np.float32)
    return distance


def _paint_bone(
    part: SpineMaps, box: GridBox, tumour: Mask, spec: LesionSpec, rng: np.random.Generator
) -> None:
    part.tissue[tumour] = _CODE[spec.bone_type]
    if spec.bone_type is BoneLesionType.MIXED and spec.volume_ml >= _PATCHY_FROM_ML:
        patches = correlated_noise(box.shape, box.spacing_mm, _MIXED_MM, rng)
        part.tissue[tumour & (patches > _MIXED_FROM_SIGMA)] = Tissue.LYTIC_TUMOUR
        part.tissue[tumour & (patches < -_MIXED_FROM_SIGMA)] = Tissue.BLASTIC_TUMOUR
    if spec.halo:
        depth = ndimage.distance_transform_edt(tumour, sampling=box.spacing_mm)
        part.tissue[tumour & (depth <= _HALO_MM)] = Tissue.TUMOUR_HALO


def _soft_tissue(part: SpineMaps) -> Mask:
    free = (part.anatomy == Anatomy.BACKGROUND) & (part.lesion == 0)
    return np.asarray(free & np.isin(part.tissue, _SOFT_TISSUE))


def _breach(part: SpineMaps, box: GridBox, radius: FloatArray, tumour: Mask) -> Mask:
    """Soft tissue next to where the lesion's surface would lie if there were no cortex."""
    reach = ndimage.distance_transform_edt(~tumour, sampling=box.spacing_mm) <= _BREACH_REACH_MM
    limit = float(np.percentile(radius[tumour], 98.0))
    return _soft_tissue(part) & reach & (radius <= limit)


def _paravertebral(
    part: SpineMaps,
    box: GridBox,
    coordinates: tuple[FloatArray, ...],
    frame: VertebraFrame,
    tumour: Mask,
    rng: np.random.Generator,
) -> Mask:
    """A mass in the soft tissue where the lesion comes nearest to it; none if it does not come near."""
    volume_ml = float(rng.uniform(*_PARAVERTEBRAL_ML))
    away = ndimage.distance_transform_edt(~tumour, sampling=box.spacing_mm)
    soft = _soft_tissue(part) & (away <= _PARAVERTEBRAL_REACH_MM)
    # Beside and in front of the body: the muscles of the back are not paravertebral space.
    start = np.where(soft & (coordinates[1] > -frame.half_size_mm[1]), away, np.inf)
    nearest = np.unravel_index(int(np.argmin(start)), start.shape)
    if start[nearest] > _CONTACT_MM:
        return np.zeros_like(tumour)
    here = np.array([float(axis[nearest]) for axis in coordinates])
    middle = np.array([float(axis[tumour].mean()) for axis in coordinates])
    outwards = (here - middle) / max(float(np.linalg.norm(here - middle)), 1e-6)
    half_axes = half_axes_for_volume(volume_ml, (1.0, 1.2, 1.5))
    right, anterior, superior = (here + 0.5 * min(half_axes) * outwards).tolist()
    radius = irregular_radius(coordinates, box.spacing_mm, (right, anterior, superior), half_axes, rng)
    return grow_to_volume(radius, soft, round(volume_ml / box.voxel_ml))
