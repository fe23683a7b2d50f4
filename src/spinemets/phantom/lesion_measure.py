"""Lesions measured on the voxels of a digital spine."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from spinemets.anatomy import Anatomy, BoneLesionType, Element, Level
from spinemets.phantom.grid_box import box_of_mask
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue

# A lesion is mixed if the smaller of its lytic and blastic parts exceeds this share of bone tumour
# (our choice; clear mixtures only).
_MIXED_FROM_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class LesionTruth:
    """One metastasis as it is on the voxels.

    Args:
        code: Its value in the map of lesions.
        bone_type: From the tumour's tissue within bone; None where all of it lies outside bone.
        bone_volume_ml, soft_tissue_volume_ml, epidural_volume_ml: Parts by place.
        diameter_mm: Largest distance between two of its voxels.
        levels: Vertebrae with its tumour in bone, head to feet.
        elements: Their parts with its tumour.
        breaches_cortex: Whether it grows into soft tissue outside the canal.
        touches_border: Whether it is cut off by the border of the grid.
        centre_ras_mm: Centre of mass.
    """

    code: int
    bone_type: BoneLesionType | None
    bone_volume_ml: float
    soft_tissue_volume_ml: float
    epidural_volume_ml: float
    diameter_mm: float
    levels: tuple[Level, ...]
    elements: tuple[Element, ...]
    breaches_cortex: bool
    touches_border: bool
    centre_ras_mm: tuple[float, float, float]


def measure_lesions(maps: SpineMaps) -> tuple[LesionTruth, ...]:
    """All lesions in the map, by code."""
    codes = np.flatnonzero(np.bincount(maps.lesion.ravel(), minlength=1))
    return tuple(_measure(maps, code) for code in codes.tolist() if code > 0)


def bone_type_of(tissue: npt.NDArray[np.uint8]) -> BoneLesionType | None:
    """Bone type of tumour from the tissue codes of its voxels in bone; None for none.

    A halo has no type of its own; where nothing else is left of a lesion it counts as lytic.
    """
    counts = np.bincount(tissue, minlength=256)
    lytic = float(counts[Tissue.LYTIC_TUMOUR])
    blastic, mixed = float(counts[Tissue.BLASTIC_TUMOUR]), float(counts[Tissue.MIXED_TUMOUR])
    total = lytic + blastic + mixed
    if total == 0:
        return BoneLesionType.LYTIC if counts[Tissue.TUMOUR_HALO] else None
    if (min(lytic, blastic) + mixed) / total > _MIXED_FROM_SHARE:
        return BoneLesionType.MIXED
    return BoneLesionType.LYTIC if lytic >= blastic else BoneLesionType.BLASTIC


def _measure(maps: SpineMaps, code: int) -> LesionTruth:
    box = box_of_mask(maps.lesion == code, maps.affine_ras, 0.0)
    assert box is not None, "a code that is counted has voxels"
    part = maps.cut(box)
    own = part.lesion == code
    epidural = own & (part.anatomy == Anatomy.EPIDURAL_SPACE)
    in_bone = own & (part.level > 0) & ~epidural
    outside = own & ~in_bone & ~epidural
    bone_ml, soft_ml, epidural_ml = (
        float(np.count_nonzero(mask)) * maps.voxel_ml for mask in (in_bone, outside, epidural)
    )
    points = np.argwhere(own) @ part.affine_ras[:3, :3].T + part.affine_ras[:3, 3]
    right, anterior, superior = points.mean(axis=0).tolist()
    levels = sorted((Level.from_code(int(each)) for each in np.unique(part.level[in_bone])), key=_place)
    cut_off = any(
        index.start == 0 or index.stop == size
        for index, size in zip(box.index, maps.lesion.shape, strict=True)
    )
    return LesionTruth(
        code=code,
        bone_type=bone_type_of(part.tissue[in_bone]),
        bone_volume_ml=bone_ml,
        soft_tissue_volume_ml=soft_ml,
        epidural_volume_ml=epidural_ml,
        diameter_mm=_diameter_mm(points, float(box.spacing_mm.max())),
        levels=tuple(levels),
        elements=tuple(Element(int(each)) for each in np.unique(part.element[in_bone]) if each > 0),
        breaches_cortex=soft_ml > 0,
        touches_border=cut_off,
        centre_ras_mm=(right, anterior, superior),
    )


def _place(level: Level) -> float:
    return level.coordinate


def _diameter_mm(points: npt.NDArray[np.float64], voxel_mm: float) -> float:
    """Largest distance between voxel centres, plus one voxel for its extent."""
    if len(points) < 2:
        return voxel_mm
    try:
        corners = points[ConvexHull(points).vertices]
    except QhullError:  # all voxels in one plane or line
        corners = points
    return float(pdist(corners).max()) + voxel_mm
