"""What the density of a lesion on CT, against that of uninvolved bodies, says of its type."""

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Anatomy, BoneLesionType
from spinemets.findings.maps import StationMaps
from spinemets.scoring.possible import Possible, Source, possible
from spinemets.study.extra_images import ExtraImage

Floats = npt.NDArray[np.float64]

# Limits are ours; no source gives any. Cancellous bone lies within these, or the image is not in register. A
# voxel is lysed below this part of the bodies' density, and dense above that part of it and by so much.
_BONE_HU, _LYSED, _DENSE, _DENSE_BY_HU = (40.0, 500.0), 0.6, 1.5, 100.0
# Part of the lesion from which lysis, or density, is there; up to the second it is not; between, perhaps.
_THERE, _NOT_THERE = 0.25, 0.1
_LEAST_SEEN, _ENOUGH_VOXELS = 0.5, 20_000


def density_type(
    image: ExtraImage, points_ras_mm: Floats, reference_hu: float | None
) -> Possible[BoneLesionType] | None:
    """The types that CT allows; None where it does not show the lesion, or is not in register with the MRI.

    Readers agree on the type at kappa 0.24 on CT (Fourney et al. 2011, J Clin Oncol 29:3072): it needs
    confirmation.

    Args:
        image: CT.
        points_ras_mm: (voxel, 3) of the lesion's part in bone.
        reference_hu: From ``usual_density``.
    """
    values = image.at(points_ras_mm)
    seen = values[np.isfinite(values)]
    if reference_hu is None or not len(seen) or len(seen) < _LEAST_SEEN * len(values):
        return None
    lysed = float(np.mean(seen < _LYSED * reference_hu))
    dense = float(np.mean(seen > max(_DENSE * reference_hu, reference_hu + _DENSE_BY_HU)))
    types = _types(lysed, dense)
    if not types:
        return None
    evidence = (
        f"CT: {100 * lysed:.0f} % of the lesion is lysed and {100 * dense:.0f} % dense"
        f" against {reference_hu:.0f} HU of uninvolved bodies"
    )
    return possible(types, Source.CT, evidence, needs_confirmation=True)


def _types(lysed: float, dense: float) -> set[BoneLesionType]:
    types = set()
    if lysed >= _NOT_THERE and dense >= _NOT_THERE:
        types.add(BoneLesionType.MIXED)
    if lysed >= _THERE and dense < _THERE:
        types.add(BoneLesionType.LYTIC)
    if dense >= _THERE and lysed < _THERE:
        types.add(BoneLesionType.BLASTIC)
    return types


def usual_density(image: ExtraImage, maps: StationMaps) -> float | None:
    """Median of what no lesion holds of the bodies; None where that is not the density of bone."""
    voxels = np.argwhere((maps.anatomy.array == Anatomy.VERTEBRAL_BODY) & (maps.lesions.array == 0))
    voxels = voxels[:: max(len(voxels) // _ENOUGH_VOXELS, 1)]
    values = image.at(maps.anatomy.voxel_to_world(voxels)) if len(voxels) else np.zeros(0)
    seen = values[np.isfinite(values)]
    if len(seen) < _LEAST_SEEN * len(values) or not len(seen):
        return None
    median = float(np.median(seen))
    return median if _BONE_HU[0] <= median <= _BONE_HU[1] else None
