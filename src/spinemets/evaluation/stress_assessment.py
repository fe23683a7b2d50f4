"""What an assessment under a hardship gets right, counted against the phantom's truth."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Anatomy, EsccGrade, Level
from spinemets.errors import InputError
from spinemets.evaluation.lesion_map import lesions_of_numbers
from spinemets.evaluation.lesion_matching import ANY_OVERLAP, match, overlap
from spinemets.evaluation.level_pairs import level_pairs
from spinemets.evaluation.pairs import LevelPair
from spinemets.evaluation.stress_counts import GradedPlace, StressCell, StressCounts
from spinemets.evaluation.stress_patient import StressedImages, StressPatient
from spinemets.inference.assess import AssessmentSettings, assess_study
from spinemets.inference.clinical import NO_TABLE
from spinemets.inference.models import Models
from spinemets.inference.records import Assessment, EsccResult, StationImages, StationResult
from spinemets.phantom.scanner import Truth
from spinemets.phantom.truth import LevelTruth
from spinemets.study.bids import read_bids
from spinemets.study.records import FileSource
from spinemets.volume import Volume, axis_codes, reorient

Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Assessor:
    """Assesses images as ``spinemets infer`` does.

    Args:
        models: The networks.
        settings: All else that decides results.
        least_lesion_ml: Smaller lesions of truth and prediction count for nothing.
    """

    models: Models
    settings: AssessmentSettings
    least_lesion_ml: float

    def count(self, patient: StressPatient, cell: StressCell) -> StressCounts:
        """Image, assess and count."""
        with TemporaryDirectory() as folder:
            images = patient.image(cell.hardship, cell.severity, Path(folder))
            (study,) = read_bids(Path(folder))
            try:
                assessment = assess_study(study, self.models, self.settings, NO_TABLE)
            except InputError as error:
                return self._failed(cell, images, error)
        looks = list(_looks(assessment, images))
        lesions = [look.lesions(self.least_lesion_ml) for look in looks]
        levels = [pair for look in looks for pair in look.levels(cell.patient)]
        return StressCounts(
            hardship=cell.name,
            severity=cell.words,
            patient=cell.patient,
            lesions=sum(one[0] for one in lesions),
            found=sum(one[1] for one in lesions),
            false_positives=sum(one[2] for one in lesions),
            body_dice=_dice([look.bodies() for look in looks]),
            vertebrae=len(levels),
            right=sum(pair.credible == (pair.reference,) for pair in levels),
            left_open=sum(len(pair.credible) > 1 for pair in levels),
            wrong=sum(len(pair.credible) == 1 and pair.credible[0] is not pair.reference for pair in levels),
            grades=_grades(images.levels, assessment, {one.reference: one.most_likely for one in levels}),
        )

    def _failed(self, cell: StressCell, images: StressedImages, error: InputError) -> StressCounts:
        """A study that could not be assessed: all that its first sagittal series shows was missed."""
        maps = next(iter(images.truth.values()))
        true = lesions_of_numbers(maps["lesion"].array, maps["lesion"].voxel_volume_ml, self.least_lesion_ml)
        pairs = level_pairs("", "", maps["level"].array, None, maps["level"].affine_ras, {})
        return StressCounts(
            hardship=cell.name,
            severity=cell.words,
            patient=cell.patient,
            lesions=true.count,
            found=0,
            false_positives=0,
            body_dice=0.0,
            vertebrae=len(list(pairs)),
            right=0,
            left_open=0,
            wrong=0,
            grades=tuple(GradedPlace(one.escc, None) for one in images.levels if one.escc is not None),
            failure=error.problem,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """The masks of one station beside the truth on their grid."""

    images: StationImages
    result: StationResult
    truth: Mapping[Truth, Volume]

    def lesions(self, least_ml: float) -> tuple[int, int, int]:
        """Lesions, those found, and false positives."""
        voxel_ml = self.images.lesions.voxel_volume_ml
        true = lesions_of_numbers(self.truth["lesion"].array, voxel_ml, least_ml)
        said = lesions_of_numbers(self.images.lesions.array, voxel_ml, least_ml)
        matches = match(overlap(said, true), ANY_OVERLAP)
        return true.count, int(matches.finders.any(axis=0).sum()), int(matches.false.sum())

    def bodies(self) -> tuple[int, int]:
        """Voxels that both call body, and the sum of what each does."""
        true, said = (
            each.array == Anatomy.VERTEBRAL_BODY for each in (self.truth["anatomy"], self.images.anatomy)
        )
        return int(np.count_nonzero(true & said)), int(np.count_nonzero(true) + np.count_nonzero(said))

    def levels(self, patient: int) -> Iterator[LevelPair]:
        """Every vertebra that the image shows whole."""
        credible = {one.belief.most_likely: one.belief.credible for one in self.result.findings.vertebrae}
        true, said = self.truth["level"], self.images.levels
        yield from level_pairs("", str(patient), true.array, said.array, true.affine_ras, credible)


def _looks(assessment: Assessment, images: StressedImages) -> Iterator[_Look]:
    results = {one.name: one for one in assessment.result.stations}
    for station in assessment.stations:
        source = station.reference.source
        assert isinstance(source, FileSource), "images of a stress test are files"
        codes = axis_codes(station.lesions.affine_ras)
        truth = {what: reorient(each, codes) for what, each in images.truth[source.path].items()}
        if not truth["lesion"].has_grid_of(station.lesions, tolerance_mm=0.1):
            raise ValueError("the truth has left the grid of its series")
        yield _Look(station, results[station.name], truth)


def _dice(counts: Sequence[tuple[int, int]]) -> float | None:
    shared, sizes = (sum(each) for each in zip(*counts, strict=True)) if counts else (0, 0)
    return 2.0 * shared / sizes if sizes else None


def _grades(
    levels: Sequence[LevelTruth], assessment: Assessment, named: Mapping[Level, Level | None]
) -> tuple[GradedPlace, ...]:
    """The grade given to each truly involved level; None where it was not found or not graded.

    Args:
        levels: Truly involved.
        assessment: As it was assessed.
        named: What the assessment calls the vertebra that lies at a level: a wrong name costs no grade.
    """
    found: dict[Level, EsccGrade | None] = {}
    for one in assessment.result.levels:
        found.setdefault(one.belief.most_likely, _grade(one.escc))
    return tuple(
        GradedPlace(one.escc, found.get(named.get(one.level) or one.level))
        for one in levels
        if one.escc is not None
    )


def _grade(escc: EsccResult) -> EsccGrade | None:
    return None if escc.worst is None else escc.slices[escc.worst].grade
