"""The findings of ESCC (Bilsky et al. 2010, J Neurosurg Spine 13:324) that sagittal masks show."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from spinemets.anatomy import Anatomy
from spinemets.findings.canal_measures import LEAST_CORD_ML, lost_percent
from spinemets.findings.canal_stretch import CanalStretch, canal_stretches
from spinemets.findings.maps import StationMaps
from spinemets.scoring.escc import EsccFindings

# Limits are ours, set on simulated spines. Tumour of less than this may be the outline of something else.
_LEAST_TUMOUR_ML = 0.05
# A loss of the sac's section, or of its depth in the middle, up to the first may be noise; from the second on
# the sac is deformed.
_SAC_PERCENT = (6.0, 20.0)
# Tumour this near to the cord within a slice, and a pixel, touches it; beyond the second it is clear of it.
_TOUCHES_MM, _CLEAR_MM = 1.0, 2.5
# The cord is compressed from this loss of its depth on, or where it fills all of the sac; and is not where
# neither its depth nor the fluid's section loses as much as the first values.
_CORD_PERCENT, _CSF_KEPT_PERCENT = (12.0, 25.0), 20.0
# Below the first of these losses of the fluid's section some is seen, from the second on none is.
_CSF_PERCENT = (75.0, 92.0)


@dataclass(frozen=True, slots=True)
class _Losses:
    """What is lost where tumour lies, in % of the medians at the neighbours; None where it is not known."""

    sac: float | None
    cord: float | None
    fluid: float | None


def measured_escc(maps: StationMaps) -> dict[int, EsccFindings]:
    """What the masks show of the canal at every vertebra, by number; None where they cannot say.

    Sections of sac, cord and fluid where tumour lies are compared with those at the vertebrae above and
    below. Slices are several millimetres thick, so that only clear findings are stated.
    """
    stretches = canal_stretches(maps)
    losses = _losses(stretches)
    return {number: _findings(own, losses[number], maps) for number, own in stretches.items()}


def _losses(stretches: Mapping[int, CanalStretch]) -> dict[int, _Losses]:
    seen = {number: one for number, one in stretches.items() if one.height_mm.size}
    sizes = {
        "depth": {number: one.sac_depth_mm for number, one in seen.items()},
        "area": {number: one.sac_area_mm2 for number, one in seen.items()},
        "cord": {number: one.cord_depth_mm for number, one in seen.items()},
        "fluid": {number: one.sac_area_mm2 - one.cord_area_mm2 for number, one in seen.items()},
    }
    found = {}
    for number, own in stretches.items():
        lost = {name: lost_percent(number, each, own.beside_tumour) for name, each in sizes.items()}
        sac = [one for one in (lost["depth"], lost["area"]) if one is not None]
        found[number] = _Losses(max(sac, default=None), lost["cord"], lost["fluid"])
    return found


def _findings(own: CanalStretch, lost: _Losses, maps: StationMaps) -> EsccFindings:
    if not own.canal_seen:
        return EsccFindings()
    has_cord = own.cord_ml >= LEAST_CORD_ML
    tumour_ml = len(own.tumour) * maps.lesions.voxel_volume_ml
    deformed = _between(lost.sac, _SAC_PERCENT)
    if not tumour_ml:
        return EsccFindings(epidural_tumour=False if own.is_whole else None, has_cord=has_cord)
    if tumour_ml < _LEAST_TUMOUR_ML:
        # A deformed sac beside it may have another cause.
        return EsccFindings(sac_deformed=None if deformed else deformed, has_cord=has_cord)
    # A higher rung is not believed against a doubtful or denied lower one.
    touched = _touched(own, maps) if deformed and has_cord else None
    compressed = _compressed(lost) if touched else None
    fluid = _between(lost.fluid, _CSF_PERCENT)
    return EsccFindings(
        epidural_tumour=True,
        sac_deformed=deformed,
        cord_touched=touched,
        cord_compressed=compressed,
        csf_visible=None if fluid is None or not has_cord else not fluid,
        has_cord=has_cord,
    )


def _between(percent: float | None, limits: tuple[float, float]) -> bool | None:
    """False below both limits, True from the upper on; None between them and where nothing is known."""
    if percent is None or limits[0] <= percent < limits[1]:
        return None
    return percent >= limits[1]


def _compressed(lost: _Losses) -> bool | None:
    if lost.cord is None or lost.fluid is None:
        return None
    if lost.cord >= _CORD_PERCENT[1] or lost.fluid >= _CSF_PERCENT[1]:
        return True
    return False if lost.cord < _CORD_PERCENT[0] and lost.fluid < _CSF_KEPT_PERCENT else None


def _touched(own: CanalStretch, maps: StationMaps) -> bool | None:
    """Whether tumour lies at the cord, by distances within slices, which are too thick to tell across."""
    nearest = np.inf
    for index in np.unique(own.tumour[:, 0]).tolist():
        cord = maps.anatomy.array[index] == Anatomy.CORD
        if not cord.any():
            continue
        away = ndimage.distance_transform_edt(~cord, sampling=maps.anatomy.spacing_mm[1:])
        rows, columns = own.tumour[own.tumour[:, 0] == index][:, 1:].T
        nearest = min(nearest, float(away[rows, columns].min()))
    pixel = max(maps.anatomy.spacing_mm[1:])
    if nearest <= _TOUCHES_MM + pixel:
        return True
    return False if nearest > _CLEAR_MM + pixel and np.isfinite(nearest) else None
