"""The canal at each vertebra: how far it is narrowed, and how much tumour lies in it."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from spinemets.findings.canal_stretch import CanalStretch, canal_stretches
from spinemets.findings.maps import StationMaps
from spinemets.findings.measurement import Measurement, Trace, Unit
from spinemets.findings.records import CanalFindings

Floats = npt.NDArray[np.float64]

# Less than this, in mm of depth, is no sac; less cord than that is its tip.
_LEAST_DEPTH_MM = 1.0
LEAST_CORD_ML = 0.05
_UNSEEN = "the canal is not seen"


def measure_canal(maps: StationMaps) -> dict[int, CanalFindings]:
    """The canal at every vertebra whose body is seen, by number.

    Narrowing is the loss of the sac's depth at its narrowest, against the median depths at the vertebrae
    above and below, in the middle 10 mm of the canal.
    """
    stretches = canal_stretches(maps)
    depths = {number: one.sac_depth_mm for number, one in stretches.items() if one.height_mm.size}
    return {number: _findings(one, lost_percent(number, depths), maps) for number, one in stretches.items()}


def lost_percent(
    number: int, sizes: Mapping[int, Floats], at: npt.NDArray[np.bool_] | None = None
) -> float | None:
    """How much the smallest of a vertebra's sizes falls short of the median sizes at its neighbours.

    Args:
        number: Of the vertebra.
        sizes: (height,) of the canal or of what lies in it, at each vertebra.
        at: (height,) where to look; everywhere if None.

    Returns:
        Percent, at least 0; None where the vertebra, or both neighbours, have no size.
    """
    medians = [
        float(np.median(sizes[other]))
        for other in (number - 1, number + 1)
        if sizes.get(other, np.zeros(0)).size
    ]
    beside = [median for median in medians if median >= _LEAST_DEPTH_MM]
    own = sizes.get(number, np.zeros(0))
    own = own if at is None else own[at]
    if not beside or not own.size:
        return None
    return max(0.0, 100.0 * (1.0 - float(own.min()) / float(np.mean(beside))))


def _findings(own: CanalStretch, lost: float | None, maps: StationMaps) -> CanalFindings:
    along_mm = own.tumour_mm[:, 2]
    extent_mm = float(np.ptp(along_mm)) + maps.lesions.spacing_mm[1] if along_mm.size else 0.0
    tumour_ml = len(own.tumour) * maps.lesions.voxel_volume_ml
    return CanalFindings(
        narrowing=_narrowing(own, lost, maps),
        epidural_tumour=_tumour("canal.epidural_tumour", tumour_ml, Unit.MILLILITRE, own, maps),
        epidural_extent=_tumour("canal.epidural_extent", extent_mm, Unit.MILLIMETRE, own, maps),
        has_cord=own.cord_ml >= LEAST_CORD_ML if own.canal_seen else None,
    )


def _narrowing(own: CanalStretch, lost: float | None, maps: StationMaps) -> Measurement:
    missing = "the sac is not seen here or beside" if own.canal_seen else _UNSEEN
    note = missing if lost is None else ""
    return Measurement(lost, Unit.PERCENT, _trace("canal.narrowing", maps), note=note)


def _tumour(rule: str, value: float, unit: Unit, own: CanalStretch, maps: StationMaps) -> Measurement:
    if not own.canal_seen:
        return Measurement(None, unit, _trace(rule, maps), note=_UNSEEN)
    note = "" if own.is_whole else "the canal is not wholly seen: a lower bound"
    return Measurement(value, unit, _trace(rule, maps), at_least=not own.is_whole, note=note)


def _trace(rule: str, maps: StationMaps) -> Trace:
    return Trace(rule, (maps.reference_series,), weights_sha256=maps.weights_sha256)
