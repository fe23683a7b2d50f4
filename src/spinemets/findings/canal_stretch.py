"""The canal beside each vertebra, read in the vertebra's frame: depths of sac and cord, tumour in it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.anatomy import Anatomy
from spinemets.findings.element_frame import CANAL, ElementFrame, element_frames
from spinemets.findings.frame_sampling import sample_mask
from spinemets.findings.maps import StationMaps

Floats = npt.NDArray[np.float64]

SAC = (Anatomy.THECAL_SAC, Anatomy.CORD)
# Limits are ours. Where there is no vertebra beside it, a stretch ends so far from
# its middle, in half heights.
_BEYOND = 1.2
_STEP_MM, _DEPTH_STEP_MM = 1.0, 0.5
# The canal's width is looked at with this margin.
_WIDTH_SHARE = 1.2
# Depths are evened over this many millimetres of height, and not judged from fewer than those. Where less
# than this share of the canal's usual depth is seen, masks or image end.
_EVENED, _FEWEST_HEIGHTS, _WHOLE_SHARE, _USUAL_PERCENTILE = 5, 6, 0.6, 90.0
_MIDDLE_MM, _CORD_MIDDLE_MM = 5.0, 2.5
# A stretch is whole if this share of its heights is seen whole.
_MOST = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class CanalStretch:
    """The canal from half way to the vertebra above to half way to the one below.

    Args:
        height_mm: (height,) superior coordinates in the vertebra's frame, 1 mm apart, at which it is seen
            whole; none where that is too little to judge.
        aside_mm: (line,) distances to the right of the canal's middle, 1 mm apart.
        sac_mm, cord_mm: (height, line) depth, back to front, of the sac with all in it, and of the cord.
        tumour: (voxel, axis) indices of lesion in the canal.
        tumour_mm: (voxel, 3) the same in the frame.
        cord_ml: Volume of cord.
        canal_seen: Whether any of the sac is.
        is_whole: Whether it is seen whole at most of its heights.
    """

    height_mm: Floats
    aside_mm: Floats
    sac_mm: Floats
    cord_mm: Floats
    tumour: npt.NDArray[np.intp]
    tumour_mm: Floats
    cord_ml: float
    canal_seen: bool
    is_whole: bool

    @property
    def sac_depth_mm(self) -> Floats:
        """(height,) depth of the sac, mean of its middle 10 mm."""
        middle = np.abs(self.aside_mm) <= _MIDDLE_MM
        return np.asarray(self.sac_mm[:, middle].mean(axis=1))

    @property
    def sac_area_mm2(self) -> Floats:
        """(height,) area of the sac's section with what lies in it."""
        return np.asarray(self.sac_mm.sum(axis=1) * _STEP_MM)

    @property
    def cord_depth_mm(self) -> Floats:
        """(height,) depth of the cord, mean of the middle 5 mm."""
        middle = np.abs(self.aside_mm) <= _CORD_MIDDLE_MM
        return np.asarray(self.cord_mm[:, middle].mean(axis=1))

    @property
    def cord_area_mm2(self) -> Floats:
        """(height,) area of the cord's section."""
        return np.asarray(self.cord_mm.sum(axis=1) * _STEP_MM)

    @property
    def beside_tumour(self) -> npt.NDArray[np.bool_]:
        """(height,) whether lesion lies in the canal there."""
        if not len(self.tumour_mm):
            return np.zeros(len(self.height_mm), dtype=bool)
        low, high = self.tumour_mm[:, 2].min() - _STEP_MM, self.tumour_mm[:, 2].max() + _STEP_MM
        return np.asarray((self.height_mm >= low) & (self.height_mm <= high))


def canal_stretches(maps: StationMaps) -> dict[int, CanalStretch]:
    """The canal at every vertebra whose body is seen, by number."""
    frames = element_frames(maps)
    return {number: _stretch(maps, frames[number], _reach_mm(number, frames)) for number in frames}


def _reach_mm(number: int, frames: Mapping[int, ElementFrame]) -> tuple[float, float]:
    """Lower and upper end of a stretch, in the vertebra's frame: the middles of the discs."""
    own = frames[number]
    ends = []
    for way in (-1, 1):
        beside = frames.get(number - way)
        half = own.half_height_mm
        if beside is None:
            ends.append(way * _BEYOND * half)
            continue
        apart = way * float(own.coordinates_mm(beside.origin_ras_mm)[2])
        gap = max(apart - half - beside.half_height_mm, 0.0)
        ends.append(way * (half + gap / 2.0))
    return ends[0], ends[1]


def _stretch(maps: StationMaps, frame: ElementFrame, reach_mm: tuple[float, float]) -> CanalStretch:
    box = _box(maps, frame, reach_mm)
    corner = np.array([index.start for index in box])
    anatomy = maps.anatomy.array[box]
    canal = np.isin(anatomy, CANAL)
    index = np.argwhere(canal) + corner
    local = frame.coordinates_mm(maps.anatomy.voxel_to_world(index))
    here = (local[:, 2] >= reach_mm[0]) & (local[:, 2] < reach_mm[1])
    values = anatomy[canal][here]
    lesion = maps.lesions.array[box][canal][here] > 0
    seen = bool(np.isin(values, SAC).any())
    height, aside, sac, cord = (
        _depths_mm(anatomy, corner, local[here], maps, frame, reach_mm) if seen else _NOTHING
    )
    return CanalStretch(
        height_mm=height,
        aside_mm=aside,
        sac_mm=sac,
        cord_mm=cord,
        tumour=index[here][lesion],
        tumour_mm=local[here][lesion],
        cord_ml=float(np.count_nonzero(values == Anatomy.CORD)) * maps.anatomy.voxel_volume_ml,
        canal_seen=seen,
        is_whole=len(height) * _STEP_MM >= _MOST * (reach_mm[1] - reach_mm[0]),
    )


_NOTHING = (np.zeros(0), np.zeros(0), np.zeros((0, 0)), np.zeros((0, 0)))


def _box(maps: StationMaps, frame: ElementFrame, reach_mm: tuple[float, float]) -> tuple[slice, ...]:
    """Indices around the canal at a vertebra."""
    wide, deep = 2.5 * frame.canal_half_width_mm, 2.5 * frame.canal_depth_mm
    ends = [(-wide, wide), (-deep, deep), reach_mm]
    corners = np.array(np.meshgrid(*ends)).reshape(3, -1).T
    index = maps.anatomy.world_to_voxel(frame.points_ras_mm(corners))
    low = np.clip(np.floor(index.min(axis=0)), 0, np.array(maps.anatomy.shape) - 1).astype(int)
    high = np.clip(np.ceil(index.max(axis=0)) + 1, low + 1, maps.anatomy.shape).astype(int)
    return tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))


def _depths_mm(
    anatomy: npt.NDArray[np.uint8],
    corner: npt.NDArray[np.intp],
    canal_mm: Floats,
    maps: StationMaps,
    frame: ElementFrame,
    reach_mm: tuple[float, float],
) -> tuple[Floats, Floats, Floats, Floats]:
    """Heights, lines, and depths of sac and cord, as in ``CanalStretch``.

    Args:
        anatomy: Around the canal.
        corner: Index of its first voxel.
        canal_mm: (voxel, 3) coordinates of the canal's voxels in the frame.
        maps: Of the station.
        frame: Of the vertebra.
        reach_mm: Ends of the stretch.
    """
    height = np.arange(reach_mm[0], reach_mm[1], _STEP_MM)
    width = round(_WIDTH_SHARE * frame.canal_half_width_mm)
    aside = np.arange(-width, width + 0.1, _STEP_MM)
    anterior = np.arange(canal_mm[:, 1].min() - 1.0, canal_mm[:, 1].max() + 1.0, _DEPTH_STEP_MM)
    grid = np.stack(np.meshgrid(height, aside, anterior, indexing="ij"), axis=-1)
    # The canal may run aslant to the vertebra.
    slope, offset = np.polyfit(canal_mm[:, 2], canal_mm[:, 0], 1) if len(canal_mm) > 2 else (0.0, 0.0)
    local = np.stack([grid[..., 1] + slope * grid[..., 0] + offset, grid[..., 2], grid[..., 0]], axis=-1)
    points = frame.points_ras_mm(local)
    canal, sac, cord = (
        sample_mask(np.isin(anatomy, codes), corner, maps.anatomy, points).sum(axis=2, dtype=np.float64)
        * _DEPTH_STEP_MM
        for codes in (CANAL, SAC, (Anatomy.CORD,))
    )
    middle = np.abs(aside) <= _MIDDLE_MM
    index = maps.anatomy.world_to_voxel(points[:, middle])
    inside = ((index >= 0) & (index <= np.array(maps.anatomy.shape) - 1)).all(axis=(1, 2, 3))
    deep = canal[:, middle].mean(axis=1)
    whole = inside & (deep >= _WHOLE_SHARE * np.percentile(deep, _USUAL_PERCENTILE))
    if np.count_nonzero(whole) < _FEWEST_HEIGHTS:
        return _NOTHING
    evened = [ndimage.uniform_filter1d(each[whole], _EVENED, axis=0, mode="nearest") for each in (sac, cord)]
    return height[whole], aside, evened[0], evened[1]
