"""What is true of the canal at each level: how much of the sac's depth is lost, and the epidural tumour."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.anatomy import Anatomy, Level
from spinemets.phantom.canal_curve import CanalCurve, Floats
from spinemets.phantom.digital import CanalSection
from spinemets.phantom.escc_measure import HALF_WINDOW_MM, SAMPLING_MM, sample_sections
from spinemets.phantom.spine_maps import SpineMaps

# The sac's depth is taken this far to either side of its middle.
_MIDDLE_MM = 5.0
# A sac that was drawn shallower than this is at its end.
_LEAST_DEPTH_MM = 4.0
# Sections that are sampled at once, to bound memory.
_CHUNK = 64
_EVENED_SECTIONS = 5
# Sections this near to the faces of the maps may be cut.
_MARGIN_MM = 6.0


@dataclass(frozen=True, slots=True)
class CanalTruth:
    """The canal over the sections of one level.

    Args:
        narrowing_percent: The most that is lost of the depth that the sac would have there, in the middle
            10 mm; None below the sac, and where the maps cut the canal.
        narrowing_by_neighbours_percent: What a reader would find, who knows only the neighbouring levels: the
            least depth against the mean of their medians; None without any.
        epidural_ml: Tumour in the epidural space.
        epidural_extent_mm: Its length along the canal.
    """

    narrowing_percent: float | None
    narrowing_by_neighbours_percent: float | None
    epidural_ml: float
    epidural_extent_mm: float


def measure_canals(maps: SpineMaps, canal: Sequence[CanalSection]) -> dict[Level, CanalTruth]:
    """The canal at every level that has sections within the maps."""
    if len(canal) < 2:
        return {}
    curve = CanalCurve.of(tuple(canal))
    depth, expected = _depths_mm(maps, curve)
    tumour = np.argwhere((maps.lesion > 0) & (maps.anatomy == Anatomy.EPIDURAL_SPACE))
    places = curve.locate(tumour @ maps.affine_ras[:3, :3].T + maps.affine_ras[:3, 3])[0]
    levels = list(dict.fromkeys(curve.levels))
    own = {level: np.array([each is level for each in curve.levels]) for level in levels}
    depth[~_within(maps, curve)] = np.nan
    medians = [float(np.median(depth[own[level]])) for level in levels]
    return {
        level: CanalTruth(
            narrowing_percent=_against_own(depth[own[level]], expected[own[level]]),
            narrowing_by_neighbours_percent=_against_medians(depth[own[level]], index, medians),
            epidural_ml=int(np.count_nonzero(own[level][places])) * maps.voxel_ml,
            epidural_extent_mm=_extent_mm(places[own[level][places]], curve.step_mm),
        )
        for index, level in enumerate(levels)
    }


def _within(maps: SpineMaps, curve: CanalCurve) -> npt.NDArray[np.bool_]:
    """Whether a section lies so far within the maps that its sac does."""
    index = (curve.centre_ras_mm - maps.affine_ras[:3, 3]) / np.diag(maps.affine_ras)[:3]
    margin = _MARGIN_MM / np.diag(maps.affine_ras)[:3]
    return np.asarray(((index >= margin) & (index <= np.array(maps.level.shape) - 1 - margin)).all(axis=1))


def _against_own(depth_mm: Floats, expected_mm: Floats) -> float | None:
    if np.isnan(depth_mm).any() or expected_mm.min() < _LEAST_DEPTH_MM:
        return None
    return max(0.0, 100.0 * float((1.0 - depth_mm / expected_mm).max()))


def _against_medians(depth_mm: Floats, index: int, medians_mm: list[float]) -> float | None:
    beside = [*medians_mm[max(index - 1, 0) : index], *medians_mm[index + 1 : index + 2]]
    usable = [each for each in beside if each >= _LEAST_DEPTH_MM]
    if not usable or np.isnan(depth_mm).any():
        return None
    return max(0.0, 100.0 * (1.0 - float(depth_mm.min()) / float(np.mean(usable))))


def _extent_mm(places: npt.NDArray[np.intp], step_mm: float) -> float:
    return float(np.ptp(places) + 1) * step_mm if len(places) else 0.0


def _depths_mm(maps: SpineMaps, curve: CanalCurve) -> tuple[Floats, Floats]:
    """Mean depth of the sac in the middle of every section, as it is and as it would be without disease."""
    found = [
        _depths_of(maps, curve, np.arange(first, min(first + _CHUNK, len(curve.levels))))
        for first in range(0, len(curve.levels), _CHUNK)
    ]
    # Borders are known to a voxel, which a few sections even out.
    depth, expected = (
        ndimage.uniform_filter1d(np.concatenate(each), _EVENED_SECTIONS, mode="nearest")
        for each in zip(*found, strict=True)
    )
    return depth, expected


def _depths_of(maps: SpineMaps, curve: CanalCurve, index: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Rows of a section run to the front, columns to the right."""
    sections = sample_sections(
        maps, curve, curve.centre_ras_mm[index], curve.anterior_ras[index], curve.right_ras[index]
    )
    sac = np.isin(sections.anatomy, (Anatomy.THECAL_SAC, Anatomy.CORD))
    middle = np.abs(np.linspace(-1.0, 1.0, sac.shape[2]) * HALF_WINDOW_MM) <= _MIDDLE_MM
    depth, expected = (
        SAMPLING_MM * each[:, :, middle].sum(axis=1).mean(axis=1) for each in (sac, sections.in_expected_sac)
    )
    return depth, expected
