"""ESCC of involved levels: every axial slice graded, the deciding one chosen by a stated rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from spinemets.anatomy import EsccGrade
from spinemets.errors import GeometryError
from spinemets.inference.axial_slices import AxialSlice, sop_instance_uid
from spinemets.inference.models import GraderModel
from spinemets.inference.records import AxialImage, EsccResult, GradedSlice, GradeProbability
from spinemets.inference.settings import GradingSettings
from spinemets.networks.escc_crop import canal_crop
from spinemets.networks.escc_grader import heat_map
from spinemets.networks.ordinal import grade_probabilities
from spinemets.scoring.escc import EsccAssessment, assessment_of, not_gradable
from spinemets.study.records import Series
from spinemets.training.calibration import grade_set
from spinemets.volume import Volume, reorient

Crop = npt.NDArray[np.float32]
# Sets of neighbouring slices: a slice counts twice, each neighbour once.
_OWN_WEIGHT = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class AxialSeries:
    """An axial T2 series and its voxels."""

    series: Series
    volume: Volume


@dataclass(frozen=True, slots=True, eq=False)
class _Graded:
    """A slice with what the grader saw and said."""

    place: AxialSlice
    record: GradedSlice
    crop: Crop
    severity: float


def grade_level(
    slices: Sequence[AxialSlice],
    axial: Mapping[str, AxialSeries],
    grader: GraderModel,
    settings: GradingSettings,
    measured: EsccAssessment,
    has_cord: bool | None,
) -> tuple[EsccResult, AxialSlice | None]:
    """Grade the slices of a level, and choose the one that decides.

    Args:
        slices: Of the level; at least one.
        axial: Series by key.
        grader: The network.
        settings: How the deciding slice is chosen.
        measured: The grade that the geometry of the masks gives.
        has_cord: Whether there is a cord at the level.

    Returns:
        The result, and the slice that decides; None where none could be graded.
    """
    graded = _graded(slices, axial, grader)
    if not graded:
        return ungraded("the canal was not found in any axial slice of this level", measured), None
    worst = _worst(graded, settings.neighbours)
    chosen = graded[worst]
    threshold = grader.conformal_threshold(settings.coverage)
    row = [one.probability for one in chosen.record.probabilities]
    # Without calibration the set is as sure as the network is of itself, which the report says.
    grades = grade_set(row, settings.coverage if threshold is None else threshold)
    reason = f"graded on slice {chosen.place.index + 1} of {chosen.place.series_key}"
    assessment = assessment_of(grades, reason, None if has_cord is None else not has_cord)
    return EsccResult(
        assessment=assessment,
        coverage=None if threshold is None else settings.coverage,
        slices=tuple(one.record for one in graded),
        worst=worst,
        rule=_rule(settings.neighbours),
        measured=measured,
        disagrees=differ(assessment, measured),
    ), chosen.place


def ungraded(reason: str, measured: EsccAssessment, hint: str = "") -> EsccResult:
    """The result where nothing could be graded; what sagittal images suggest is a hint, no grade."""
    return EsccResult(
        assessment=not_gradable(reason),
        coverage=None,
        slices=(),
        worst=None,
        rule="",
        measured=measured,
        disagrees=False,
        hint=hint,
    )


def deciding_image(level: int, place: AxialSlice, axial: AxialSeries, grader: GraderModel) -> AxialImage:
    """The deciding slice as reports show it, with what the network saw of it and where it looked.

    Args:
        level: Place of the level in the result.
        place: The slice.
        axial: Its series.
        grader: The network.
    """
    crop = canal_crop(axial.volume, place.centre_ras_mm, grader.network.settings.crop)
    batch = torch.from_numpy(crop.array.astype(np.float32))[None].to(_device(grader))
    heat = heat_map(grader.network, batch)[0].cpu().numpy()
    shown = reorient(
        Volume(
            axial.volume.array[place.index : place.index + 1],
            _moved(axial.volume.affine_ras, place.index),
        ),
        "IPL",
    )
    middle = crop.shape[0] // 2
    corner = shown.world_to_voxel(crop.voxel_to_world([middle, 0, 0]))
    return AxialImage(
        level=level,
        image=np.asarray(shown.array[0], dtype=np.float32),
        pixel_mm=shown.spacing_mm[1:],
        crop=crop.array[middle],
        crop_pixel_mm=crop.spacing_mm[1],
        crop_corner_px=(float(corner[1]), float(corner[2])),
        heat=heat.astype(np.float32),
    )


def _graded(
    slices: Sequence[AxialSlice], axial: Mapping[str, AxialSeries], grader: GraderModel
) -> list[_Graded]:
    crops: list[tuple[AxialSlice, Crop]] = []
    for place in slices:
        try:
            crop = canal_crop(
                axial[place.series_key].volume, place.centre_ras_mm, grader.network.settings.crop
            )
        except GeometryError:
            # The canal's centre lies outside the image there: nothing to see of it.
            continue
        crops.append((place, crop.array))
    if not crops:
        return []
    probabilities = _probabilities(np.stack([crop for _, crop in crops]), grader)
    return [
        _Graded(place, _record(place, axial[place.series_key].series, row), crop, float(row @ np.arange(6)))
        for (place, crop), row in zip(crops, probabilities, strict=True)
    ]


@torch.inference_mode()
def _probabilities(crops: Crop, grader: GraderModel) -> npt.NDArray[np.float64]:
    logits = grader.network(torch.from_numpy(crops).to(_device(grader))).double()
    rows: npt.NDArray[np.float64] = grade_probabilities(logits / grader.temperature).cpu().numpy()
    return rows


def _record(place: AxialSlice, series: Series, row: npt.NDArray[np.float64]) -> GradedSlice:
    probabilities = tuple(
        GradeProbability(grade, float(value)) for grade, value in zip(EsccGrade, row, strict=True)
    )
    return GradedSlice(series.key, place.index, sop_instance_uid(series, place.index), probabilities)


def _worst(graded: Sequence[_Graded], neighbours: int) -> int:
    """Place of the slice with the highest severity, meaned with its neighbours in the same series."""
    severity = {(one.place.series_key, one.place.index): one.severity for one in graded}

    def meaned(one: _Graded) -> float:
        key, index = one.place.series_key, one.place.index
        beside = [
            severity[key, index + step]
            for step in range(-neighbours, neighbours + 1)
            if step and (key, index + step) in severity
        ]
        return (_OWN_WEIGHT * one.severity + sum(beside)) / (_OWN_WEIGHT + len(beside))

    return max(range(len(graded)), key=lambda place: meaned(graded[place]))


def _rule(neighbours: int) -> str:
    if not neighbours:
        return "the slice with the highest expected grade decides"
    return (
        "the slice decides whose expected grade, counted twice and averaged with that of "
        f"{neighbours} neighbouring slice{'s' if neighbours > 1 else ''} on either side, is highest"
    )


def differ(graded: EsccAssessment, measured: EsccAssessment) -> bool:
    """Whether no possible grade of one lies within one grade of any of the other: they contradict each other.

    What is not gradable contradicts nothing.
    """
    if not graded.is_gradable or not measured.is_gradable:
        return False
    return min(abs(one.rank - other.rank) for one in graded.grades for other in measured.grades) > 1


def _moved(affine_ras: npt.NDArray[np.float64], index: int) -> npt.NDArray[np.float64]:
    moved = affine_ras.copy()
    moved[:3, 3] += moved[:3, 0] * index
    return moved


def _device(grader: GraderModel) -> torch.device:
    return next(grader.network.parameters()).device
