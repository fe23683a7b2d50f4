"""The canal at each vertebra: narrowing, epidural tumour, and the grade that its geometry gives."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.anatomy import Anatomy
from spinemets.findings.element_frame import CANAL, ElementFrame, element_frames
from spinemets.findings.maps import StationMaps
from spinemets.findings.measurement import Measurement, Trace, Unit
from spinemets.findings.records import CanalFindings
from spinemets.scoring.escc import EsccFindings

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# Limits are ours. The canal is looked at this far to either side of its middle, and from the body's upper to
# its lower end with half of each disc.
_MIDDLE_MM, _DISC_SHARE = 5.0, 1.2
_STEP_MM = 1.0
# Tumour of less than this is the outline of something else.
_LEAST_TUMOUR_ML = 0.05
_LEAST_CORD_ML = 0.05
# A loss of the sac's depth up to the first may be shape; from the second on the sac is deformed. The same of
# the cord's depth and its compression.
_SAC_PERCENT, _CORD_PERCENT = (10.0, 20.0), (12.0, 25.0)
# Tumour this near to the cord within a slice touches it; at more than the second it does not.
_TOUCHES_MM, _CLEAR_MM = 1.0, 2.5


@dataclass(frozen=True, slots=True, eq=False)
class _Stretch:
    """The canal at one vertebra.

    Args:
        sac_mm, cord_mm: Depth, back to front, of sac (with what lies in it) and cord along the stretch.
        tumour: Voxels of lesion in the canal, (voxel, 3) indices.
        cord_ml: Volume of cord.
    """

    sac_mm: Floats
    cord_mm: Floats
    tumour: npt.NDArray[np.intp]
    cord_ml: float
    canal_seen: bool


def measure_canal(maps: StationMaps) -> dict[int, CanalFindings]:
    """The canal at every vertebra whose body is seen, by number.

    Narrowing is the loss of the sac's depth at its narrowest, against the median depths at the vertebrae
    above and below, in the middle 10 mm of the canal.
    """
    frames = element_frames(maps)
    stretches = {number: _stretch(maps, frame) for number, frame in frames.items()}
    return {number: _findings(number, stretches, frames, maps) for number in frames}


def measured_escc(maps: StationMaps, number: int) -> EsccFindings:
    """What the sagittal masks show of the canal at a vertebra; None where they cannot say.

    Slices are several millimetres thick, so that only clear findings are stated.

    Args:
        maps: Of the station.
        number: Of the vertebra.
    """
    frames = element_frames(maps)
    if number not in frames:
        return EsccFindings()
    stretches = {one: _stretch(maps, frames[one]) for one in frames if abs(one - number) <= 1}
    own = stretches[number]
    if not own.canal_seen:
        return EsccFindings()
    has_cord = own.cord_ml >= _LEAST_CORD_ML
    tumour_ml = len(own.tumour) * maps.lesions.voxel_volume_ml
    if tumour_ml < _LEAST_TUMOUR_ML:
        return EsccFindings(epidural_tumour=False, has_cord=has_cord)
    deformed = _exceeds(_narrowing_percent(number, stretches, "sac_mm"), _SAC_PERCENT)
    touched = _touched(own, maps) if has_cord else None
    thinned = _narrowing_percent(number, stretches, "cord_mm") if has_cord else None
    compressed = _exceeds(thinned, _CORD_PERCENT)
    return _ladder(deformed, touched, compressed, has_cord)


def _ladder(
    deformed: bool | None, touched: bool | None, compressed: bool | None, has_cord: bool
) -> EsccFindings:
    """Findings that do not contradict one another: what the masks deny ends the ladder."""
    if deformed is False:
        touched = compressed = None
    if touched is False:
        compressed = None
    # A higher rung is not believed against a doubtful lower one.
    if deformed is None:
        touched = compressed = None
    if touched is None:
        compressed = None
    return EsccFindings(
        epidural_tumour=True,
        sac_deformed=deformed,
        cord_touched=touched,
        cord_compressed=compressed,
        has_cord=has_cord,
    )


def _findings(
    number: int, stretches: Mapping[int, _Stretch], frames: Mapping[int, ElementFrame], maps: StationMaps
) -> CanalFindings:
    own = stretches[number]
    lost = _narrowing_percent(number, stretches, "sac_mm")
    tumour = maps.lesions.voxel_to_world(own.tumour)
    along = frames[number].coordinates_mm(tumour)[:, 2] if len(tumour) else np.zeros(0)
    unseen = "" if own.canal_seen else "the canal is not seen"
    return CanalFindings(
        narrowing=_measurement(
            lost, Unit.PERCENT, "canal.narrowing", unseen or "the sac is not seen at a neighbour", maps
        ),
        epidural_tumour=_measurement(
            None if unseen else len(tumour) * maps.lesions.voxel_volume_ml,
            Unit.MILLILITRE,
            "canal.epidural_tumour",
            unseen,
            maps,
        ),
        epidural_extent=_measurement(
            None if unseen else _extent_mm(along, maps),
            Unit.MILLIMETRE,
            "canal.epidural_extent",
            unseen,
            maps,
        ),
        has_cord=None if unseen else own.cord_ml >= _LEAST_CORD_ML,
    )


def _stretch(maps: StationMaps, frame: ElementFrame) -> _Stretch:
    box = _box(maps, frame)
    corner = np.array([index.start for index in box])
    anatomy = maps.anatomy.array[box]
    canal = np.isin(anatomy, CANAL)
    index = np.argwhere(canal) + corner
    local = frame.coordinates_mm(maps.anatomy.voxel_to_world(index))
    here = np.abs(local[:, 2]) <= _DISC_SHARE * frame.half_height_mm
    values = anatomy[canal][here]
    lesion = maps.lesions.array[box][canal][here] > 0
    middle = float(np.median(local[here, 0])) if here.any() else 0.0
    central = np.abs(local[here, 0] - middle) <= _MIDDLE_MM
    sac = central & np.isin(values, (Anatomy.THECAL_SAC, Anatomy.CORD)) & ~lesion
    cord = central & (values == Anatomy.CORD) & ~lesion
    return _Stretch(
        sac_mm=_depths_mm(local[here][sac, 2], local[here][central, 0], maps, frame),
        cord_mm=_depths_mm(local[here][cord, 2], local[here][central, 0], maps, frame),
        tumour=index[here][lesion],
        cord_ml=float(np.count_nonzero(values == Anatomy.CORD)) * maps.anatomy.voxel_volume_ml,
        canal_seen=bool(np.isin(values, (Anatomy.THECAL_SAC, Anatomy.CORD)).any()),
    )


def _box(maps: StationMaps, frame: ElementFrame) -> tuple[slice, ...]:
    """Indices around the canal at a vertebra."""
    sizes = (frame.canal_half_width_mm, frame.canal_depth_mm, frame.half_height_mm)
    reach = np.array(sizes) * (2.5, 2.5, 2.0)
    sides = np.array(np.meshgrid(*[(-1.0, 1.0)] * 3)).reshape(3, -1).T * reach
    corners = maps.anatomy.world_to_voxel(sides @ frame.axes_ras.T + frame.origin_ras_mm)
    low = np.clip(np.floor(corners.min(axis=0)), 0, np.array(maps.anatomy.shape) - 1).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)) + 1, low + 1, maps.anatomy.shape).astype(int)
    return tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))


def _depths_mm(heights_mm: Floats, rights_mm: Floats, maps: StationMaps, frame: ElementFrame) -> Floats:
    """Mean depth of a structure in each millimetre of height: its volume there over the width looked at."""
    reach = _DISC_SHARE * frame.half_height_mm
    bins = np.arange(-reach, reach + _STEP_MM, 2.0 * _STEP_MM)
    slices = np.unique(np.round(rights_mm / maps.anatomy.spacing_mm[0])).size if rights_mm.size else 1
    width = max(slices, 1) * maps.anatomy.spacing_mm[0]
    volume = np.histogram(heights_mm, bins)[0] * 1000.0 * maps.anatomy.voxel_volume_ml
    depths: Floats = volume / (width * 2.0 * _STEP_MM)
    # Narrow bins and wide pixels beat; and the ends of the stretch are half empty.
    return np.asarray(ndimage.uniform_filter1d(depths, 3, mode="nearest")[1:-1])


def _narrowing_percent(number: int, stretches: Mapping[int, _Stretch], what: str) -> float | None:
    own = getattr(stretches[number], what)
    # A vertebra of a few millimetres has no stretch of canal.
    depths = [getattr(stretches[other], what) for other in (number - 1, number + 1) if other in stretches]
    beside = [float(np.median(one)) for one in depths if one.size and np.median(one) > _STEP_MM]
    if not beside or not own.size:
        return None
    return max(0.0, 100.0 * (1.0 - float(own.min()) / float(np.mean(beside))))


def _exceeds(percent: float | None, limits: tuple[float, float]) -> bool | None:
    """True, False, or None between the limits and where nothing is known."""
    if percent is None or limits[0] <= percent < limits[1]:
        return None
    return percent >= limits[1]


def _touched(own: _Stretch, maps: StationMaps) -> bool | None:
    """Whether tumour lies at the cord, by distances within slices, which are too thick to tell across."""
    slices = np.unique(own.tumour[:, 0])
    nearest = np.inf
    for index in slices.tolist():
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


def _extent_mm(along_mm: Floats, maps: StationMaps) -> float:
    return float(np.ptp(along_mm)) + maps.lesions.spacing_mm[1] if along_mm.size else 0.0


def _measurement(value: float | None, unit: Unit, rule: str, note: str, maps: StationMaps) -> Measurement:
    trace = Trace(rule, (maps.reference_series,), weights_sha256=maps.weights_sha256)
    return Measurement(value, unit, trace, note=note if value is None else "")
