"""Ground truth of a digital spine, measured on its voxels and never copied from its specification."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Anatomy, EsccGrade, Level
from spinemets.phantom.body_measure import intact_heights_mm, measure_bodies
from spinemets.phantom.canal_curve import CanalCurve
from spinemets.phantom.digital import DigitalSpine, VertebraFrame
from spinemets.phantom.escc_measure import (
    SectionMeasure,
    measure_along_canal,
    measure_sections,
    sample_sections,
)
from spinemets.phantom.lesion_measure import LesionTruth, measure_lesions
from spinemets.phantom.sins_measure import SinsTruth, measure_sins
from spinemets.phantom.spec import LookalikeKind
from spinemets.phantom.spine_maps import SpineMaps

# A plane this far from square to the canal shows no cross-section of it.
_LEAST_COSINE = 0.5


@dataclass(frozen=True, slots=True)
class LevelTruth:
    """One level with tumour in its bone or in its canal.

    Args:
        sins: What SINS asks of the image.
        escc: Worst grade of the canal's sections at the level; None where the canal is not seen.
        has_cord: False where the cauda equina lies in the cord's place.
    """

    sins: SinsTruth
    escc: EsccGrade | None
    has_cord: bool

    @property
    def level(self) -> Level:
        """Which level."""
        return self.sins.level


@dataclass(frozen=True, slots=True)
class SpineTruth:
    """All that is true of a digital spine's disease; involved levels are ordered head to feet."""

    lesions: tuple[LesionTruth, ...]
    levels: tuple[LevelTruth, ...]

    def as_json(self) -> dict[str, Any]:
        """Values that ``json.dumps`` takes; units are in the names."""
        record: dict[str, Any] = _json_value(asdict(self))
        for entry, level in zip(record["levels"], self.levels, strict=True):
            entry["sins"]["collapse_percent"] = level.sins.collapse_percent
        return record


def measure_truth(spine: DigitalSpine) -> SpineTruth:
    """Lesions, SINS findings and ESCC grades of a painted spine."""
    maps = SpineMaps.of(spine)
    lesions = measure_lesions(maps)
    sections = _sections_with_tumour(maps, spine)
    in_bone = {level for lesion in lesions for level in lesion.levels}
    in_canal = {level for level, measure in sections if measure.grade is not EsccGrade.G0}
    frames = {frame.level: frame for frame in spine.frames}
    shapes = measure_bodies(maps, spine.frames)
    changed = in_bone | fractured_levels(spine)
    intact = [level for level in shapes if level not in changed]
    specs = {vertebra.level: vertebra for vertebra in spine.spec.vertebrae}
    with_cord = {section.level: section.cord_half_depth_mm > 0.5 for section in spine.canal}
    levels = tuple(
        LevelTruth(
            sins=measure_sins(
                _around(maps, frames[level]),
                level,
                frames,
                shapes,
                intact,
                intact_heights_mm(specs[level]),
                spine.spec.numbering,
            ),
            escc=_worst(level, sections) if level in with_cord else None,
            has_cord=with_cord.get(level, False),
        )
        for level in sorted((in_bone | in_canal) & frames.keys(), key=lambda each: each.coordinate)
    )
    return SpineTruth(lesions, levels)


def truth_of_slices(
    spine: DigitalSpine, affine_ras: npt.NDArray[np.float64], shape: tuple[int, int, int]
) -> tuple[EsccGrade | None, ...]:
    """ESCC grade in the middle plane of every slice of a series.

    Args:
        spine: A painted spine.
        affine_ras: The series' voxel index (slice, row, column) to RAS millimetres.
        shape: Its slices, rows and columns.

    Returns:
        One grade for each slice: 0 without epidural tumour; None where the slice does not cut across the
        canal within the image.
    """
    grades: list[EsccGrade | None] = [None] * shape[0]
    if len(spine.canal) < 2:
        return tuple(grades)
    curve = CanalCurve.of(spine.canal)
    slices, places = _crossings(curve, affine_ras, shape)
    if slices.size == 0:
        return tuple(grades)
    row, column = (affine_ras[:3, axis] / np.linalg.norm(affine_ras[:3, axis]) for axis in (1, 2))
    normal = np.cross(row, column)
    origins = curve.centre_ras_mm[places]
    first = affine_ras[:3, 3] + slices[:, None] * affine_ras[:3, 0]
    # The nearest section's centre is moved along the canal into the plane itself.
    tangents = curve.tangent_ras[places]
    away = np.einsum("sk,k->s", first - origins, normal) / (tangents @ normal)
    origins = origins + away[:, None] * tangents
    count = len(slices)
    sampled = sample_sections(
        SpineMaps.of(spine), curve, origins, np.tile(row, (count, 1)), np.tile(column, (count, 1))
    )
    for number, measure in zip(slices.tolist(), measure_sections(sampled), strict=True):
        grades[number] = measure.grade
    return tuple(grades)


def _crossings(
    curve: CanalCurve, affine_ras: npt.NDArray[np.float64], shape: tuple[int, int, int]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Slices that cut across the canal, and the nearest section of the canal in each."""
    row, column = (affine_ras[:3, axis] / np.linalg.norm(affine_ras[:3, axis]) for axis in (1, 2))
    normal = np.cross(row, column)
    origins = affine_ras[:3, 3] + np.arange(shape[0])[:, None] * affine_ras[:3, 0]
    distance = np.abs(curve.centre_ras_mm @ normal - (origins @ normal)[:, None])
    places = np.argmin(distance, axis=1)
    slices = np.arange(shape[0])
    meets = distance[slices, places] <= curve.step_mm
    meets &= np.abs(curve.tangent_ras[places] @ normal) >= _LEAST_COSINE
    inverse = np.linalg.inv(affine_ras)
    index = curve.centre_ras_mm[places] @ inverse[:3, :3].T + inverse[:3, 3]
    meets &= ((index[:, 1:] >= 0) & (index[:, 1:] <= np.array(shape[1:]) - 1)).all(axis=1)
    return slices[meets], places[meets]


def _sections_with_tumour(maps: SpineMaps, spine: DigitalSpine) -> list[tuple[Level, SectionMeasure]]:
    """Measures of the canal's sections that epidural tumour may meet."""
    tumour = np.argwhere((maps.lesion > 0) & (maps.anatomy == Anatomy.EPIDURAL_SPACE))
    if len(tumour) == 0 or len(spine.canal) < 2:
        return []
    curve = CanalCurve.of(spine.canal)
    points = tumour @ maps.affine_ras[:3, :3].T + maps.affine_ras[:3, 3]
    index = np.unique(curve.locate(points)[0])
    measures = measure_along_canal(maps, curve, index)
    return [(curve.levels[place], measure) for place, measure in zip(index.tolist(), measures, strict=True)]


def _worst(level: Level, sections: list[tuple[Level, SectionMeasure]]) -> EsccGrade:
    grades = [measure.grade for own, measure in sections if own is level]
    return max(grades, key=lambda grade: grade.rank, default=EsccGrade.G0)


def fractured_levels(spine: DigitalSpine) -> set[Level]:
    """Levels whose bodies are no reference for height: fractures, and nodes in the end plates."""
    broken = {vertebra.level for vertebra in spine.spec.vertebrae if vertebra.collapse is not None}
    kinds = (LookalikeKind.OSTEOPOROTIC_FRACTURE, LookalikeKind.SCHMORL_NODE)
    return broken | {each.level for each in spine.spec.lookalikes if each.kind in kinds}


def _around(maps: SpineMaps, frame: VertebraFrame) -> SpineMaps:
    reach = float(np.linalg.norm(frame.half_size_mm)) + 70.0
    box = maps.box(frame.origin_ras_mm - reach, frame.origin_ras_mm + reach)
    return maps if box is None else maps.cut(box)


def _json_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _json_value(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_value(each) for each in value]
    if isinstance(value, Enum):
        return value.name.lower() if isinstance(value.value, int) else value.value
    return value
