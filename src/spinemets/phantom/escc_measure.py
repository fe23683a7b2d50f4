"""The ESCC grade of sections through a label map, measured by the definition of Bilsky et al. 2010.

J Neurosurg Spine 13:324. Where there is no cord, the cauda equina takes its place, and crowding of
its roots without CSF the place of a compressed cord without CSF (Schizas et al. 2010, Spine 35:1919).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.anatomy import Anatomy, EsccGrade, Level
from spinemets.phantom.canal_curve import CanalCurve, Floats
from spinemets.phantom.digital import Codes
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue
from spinemets.scoring.escc import EsccFindings, grade_escc

Masks = npt.NDArray[np.bool_]

SAMPLING_MM = 0.5
HALF_WINDOW_MM = 16.0
# A border drawn on voxels is uncertain by about one voxel: less intrusion is no deformation, and fewer
# missing cord voxels no compression. These thresholds are ours; the original names none.
SAC_DEFORMED_FROM_MM = 1.2
CORD_COMPRESSED_FROM_SHARE = 0.12
NO_CSF_BELOW_SHARE = 0.06
# Tumour touches the cord if not even one sampled point lies between.
TOUCHING_WITHIN_MM = 0.8


@dataclass(frozen=True, slots=True)
class SectionMeasure:
    """What one section shows; lengths in the plane of the section.

    Args:
        tumour_mm2: Area of epidural tumour.
        sac_intrusion_mm: How far tumour reaches into the undeformed sac.
        cord_gap_mm: From tumour to the cord (or cauda equina); infinite without tumour.
        cord_lost_share: Part of the undeformed cord's place that is cord no more.
        sac_left_share: Part of the undeformed sac that is left.
        csf_share: CSF over that of an undeformed section.
        has_cord: False where the cauda equina stands in for the cord.
    """

    tumour_mm2: float
    sac_intrusion_mm: float
    cord_gap_mm: float
    cord_lost_share: float
    sac_left_share: float
    csf_share: float
    has_cord: bool

    @property
    def grade(self) -> EsccGrade:
        """The grade that the rule gives for these measures."""
        tumour = self.tumour_mm2 > 0
        deformed = tumour and self.sac_intrusion_mm >= SAC_DEFORMED_FROM_MM
        touched = deformed and self.cord_gap_mm <= TOUCHING_WITHIN_MM
        findings = EsccFindings(
            epidural_tumour=tumour,
            sac_deformed=deformed,
            cord_touched=touched,
            cord_compressed=touched and self.cord_lost_share >= CORD_COMPRESSED_FROM_SHARE,
            csf_visible=self.csf_share >= NO_CSF_BELOW_SHARE,
            has_cord=self.has_cord,
        )
        (grade,) = grade_escc(findings).grades
        return grade


@dataclass(frozen=True, slots=True, eq=False)
class SampledSections:
    """Label maps sampled on planes that cross the canal; arrays are (section, row, column).

    Args:
        tissue, anatomy, lesion: Codes; 0 outside the grid.
        in_expected_sac, in_expected_cord: The undeformed ellipses.
        has_cord: False where the cauda equina stands in for the cord, (sections,).
        level: Of each section.
    """

    tissue: Codes
    anatomy: Codes
    lesion: Codes
    in_expected_sac: Masks
    in_expected_cord: Masks
    has_cord: npt.NDArray[np.bool_]
    level: tuple[Level, ...]


def sample_sections(
    maps: SpineMaps, curve: CanalCurve, origins_ras_mm: Floats, rows_ras: Floats, columns_ras: Floats
) -> SampledSections:
    """Samples the maps on squares of 32 mm around points of the canal.

    Args:
        maps: Of the digital spine.
        curve: Its canal.
        origins_ras_mm: Centre of each square, (sections, 3).
        rows_ras, columns_ras: Orthogonal unit vectors of each square's plane, (sections, 3).
    """
    steps = np.arange(-HALF_WINDOW_MM, HALF_WINDOW_MM + 0.01, SAMPLING_MM)
    points = (
        origins_ras_mm[:, None, None, :]
        + steps[None, :, None, None] * rows_ras[:, None, None, :]
        + steps[None, None, :, None] * columns_ras[:, None, None, :]
    )
    tissue, anatomy, lesion = nearest_codes(points, maps.affine_ras, (maps.tissue, maps.anatomy, maps.lesion))
    index, right, anterior, along = curve.locate(points)
    inside = np.abs(along) < 2.0 * curve.step_mm
    sac, cord = (
        inside & ((right / half[index, 0]) ** 2 + (anterior / half[index, 1]) ** 2 <= 1.0)
        for half in (curve.sac_half_mm, curve.cord_half_mm)
    )
    middle = index[:, len(steps) // 2, len(steps) // 2]
    levels = tuple(curve.levels[place] for place in middle.tolist())
    return SampledSections(tissue, anatomy, lesion, sac, cord, curve.has_cord[middle], levels)


def measure_sections(sections: SampledSections) -> tuple[SectionMeasure, ...]:
    """Measures every section."""
    tumour = (sections.lesion > 0) & (sections.anatomy == Anatomy.EPIDURAL_SPACE)
    csf = sections.tissue == Tissue.CEREBROSPINAL_FLUID
    sac = np.isin(sections.anatomy, (Anatomy.THECAL_SAC, Anatomy.CORD))
    cord = np.where(
        sections.has_cord[:, None, None],
        sections.anatomy == Anatomy.CORD,
        sections.in_expected_cord & ~tumour,
    )
    touched = np.where(sections.has_cord[:, None, None], cord, sections.in_expected_cord)
    depth = _distance_within_section(sections.in_expected_sac, beyond=False)
    gap = _distance_within_section(~touched, beyond=True)
    expected_sac, expected_cord = _areas(sections.in_expected_sac), _areas(sections.in_expected_cord)
    expected_csf = np.maximum(expected_sac - expected_cord, 1.0)
    columns = (
        _areas(tumour) * SAMPLING_MM**2,
        np.where(tumour, depth, 0.0).max(axis=(1, 2)),
        np.where(tumour, gap, np.inf).min(axis=(1, 2)),
        1.0 - _areas(cord & sections.in_expected_cord) / np.maximum(expected_cord, 1.0),
        _areas(sac & sections.in_expected_sac) / np.maximum(expected_sac, 1.0),
        _areas(csf & sections.in_expected_sac) / expected_csf,
        sections.has_cord,
    )
    return tuple(SectionMeasure(*values) for values in zip(*(each.tolist() for each in columns), strict=True))


def measure_along_canal(
    maps: SpineMaps, curve: CanalCurve, indices: npt.NDArray[np.intp]
) -> tuple[SectionMeasure, ...]:
    """Measures the sections of the canal at these places of the curve."""
    sections = sample_sections(
        maps, curve, curve.centre_ras_mm[indices], curve.anterior_ras[indices], curve.right_ras[indices]
    )
    return measure_sections(sections)


def nearest_codes(points_ras_mm: Floats, affine_ras: Floats, maps: tuple[Codes, ...]) -> tuple[Codes, ...]:
    """Codes of the voxels nearest to points (..., 3); 0 outside the grid."""
    inverse = np.linalg.inv(affine_ras)
    index = np.rint(points_ras_mm @ inverse[:3, :3].T + inverse[:3, 3]).astype(np.intp)
    inside = ((index >= 0) & (index < maps[0].shape)).all(axis=-1)
    clipped = np.clip(index, 0, np.array(maps[0].shape) - 1)
    place = tuple(np.moveaxis(clipped, -1, 0))
    return tuple(np.where(inside, codes[place], 0).astype(np.uint8) for codes in maps)


def _distance_within_section(masks: Masks, beyond: bool) -> Floats:
    """Millimetres from each True voxel to the nearest False one of the same section.

    ``beyond`` is what the mask is taken to be outside the window.
    """
    padded = np.pad(masks, ((0, 0), (1, 1), (1, 1)), constant_values=beyond)
    apart = (1e6, SAMPLING_MM, SAMPLING_MM)
    return np.asarray(ndimage.distance_transform_edt(padded, sampling=apart))[:, 1:-1, 1:-1]


def _areas(masks: Masks) -> Floats:
    return np.asarray(masks.sum(axis=(1, 2)), dtype=np.float64)
