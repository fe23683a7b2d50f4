"""What one study gives to the figures, and what became of its prediction."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from spinemets.anatomy import Level
from spinemets.errors import InputError
from spinemets.evaluation.case_images import Grids, ImagePair, pair_images
from spinemets.evaluation.case_matching import MatchedStudy
from spinemets.evaluation.grade_pairs import (
    level_grade_pairs,
    sins_pairs,
    slice_grade_pairs,
    undecided_scores,
)
from spinemets.evaluation.image_evidence import ImageEvidence, ImageSettings, Told, image_evidence
from spinemets.evaluation.pairs import EsccPair, SinsPair
from spinemets.study.records import Plane
from spinemets.study.selection import CHANNEL_OF_WEIGHTING, Channel
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest_records import ManifestStudy


class Status(StrEnum):
    """What became of a study."""

    COMPARED = "compared"
    MISSING = "no prediction"
    UNUSABLE = "prediction not usable"
    NO_REFERENCE = "reference not usable"

    @property
    def is_compared(self) -> bool:
        """Whether there was a prediction and it could be used."""
        return self is Status.COMPARED


class Missing(StrEnum):
    """What a study counts for whose prediction is missing or cannot be used."""

    MISS = "miss"
    LEFT_OUT = "left out"


class LevelsBy(StrEnum):
    """What tells which level of the reference a predicted grade or score is of."""

    PLACE = "place"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """How studies are compared.

    Args:
        images: How their masks are.
        grids: What becomes of masks on no annotated image's grid.
        missing: What studies without a usable prediction count for.
        levels_by: What tells which level a predicted grade or score is of.
    """

    images: ImageSettings
    grids: Grids
    missing: Missing
    levels_by: LevelsBy


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A study of the reference and what became of it.

    Args:
        study, patient: From the manifest.
        status: What became of it.
        counted: Whether figures count it.
        predictions: Names of what was matched to it.
        matched_by: What told so; "" without a prediction.
        reason: Why there is nothing to compare; "" where there is.
        notes: What else a reader should know, in sentences.
        subgroups: What results are split by.
        simulated: Whether it is no real patient.
        sha256: Of the files of its prediction; "" without one.
    """

    study: str
    patient: str
    status: Status
    counted: bool
    predictions: tuple[str, ...]
    matched_by: str
    reason: str
    notes: tuple[str, ...]
    subgroups: Mapping[str, str]
    simulated: bool
    sha256: str


@dataclass(frozen=True, slots=True)
class StudyEvidence:
    """What one study gives.

    Args:
        case: The study, and what became of it.
        images: Of its masks, one for each station.
        slices, levels: Grades of slices and of levels.
        sins: Scores of levels.
    """

    case: CaseRow
    images: tuple[ImageEvidence, ...] = ()
    slices: tuple[EsccPair, ...] = ()
    levels: tuple[EsccPair, ...] = ()
    sins: tuple[SinsPair, ...] = ()


def study_evidence(
    matched: MatchedStudy, label_sets: Mapping[str, LabelSet], told: Told, settings: EvidenceSettings
) -> StudyEvidence:
    """Compare a study.

    A study whose prediction is missing, cannot be read or lies on a wrong grid counts as the settings say; as
    a miss, all that the reference holds is missed, just as if nothing had been found. A reference that cannot
    be used counts for nothing.

    Args:
        matched: The study with its predictions.
        label_sets: What the manifest's masks mean.
        told: What the whole set of predictions tells.
        settings: How to compare.
    """
    status, reason = Status.MISSING, "no prediction has a name of this study"
    if matched.unusable:
        status, reason = Status.UNUSABLE, matched.unusable
    elif matched.predictions:
        try:
            return _compared(matched, label_sets, told, settings)
        except InputError as error:
            status, reason = Status.UNUSABLE, str(error)
    if settings.missing is Missing.LEFT_OUT:
        return StudyEvidence(_case(matched, status, reason, counted=False))
    try:
        evidence = _compared(replace(matched, predictions=()), label_sets, told, settings)
    except InputError as error:
        return StudyEvidence(_case(matched, Status.NO_REFERENCE, str(error), counted=False))
    return replace(evidence, case=_case(matched, status, reason, counted=True))


def _compared(
    matched: MatchedStudy, label_sets: Mapping[str, LabelSet], told: Told, settings: EvidenceSettings
) -> StudyEvidence:
    study, predictions = matched.study, [one.prediction for one in matched.predictions]
    masks = [each for one in predictions for each in one.masks]
    pairs = pair_images(study, label_sets, masks, settings.grids) if told.heads else ()
    graded = [each for one in predictions for each in one.slices]
    slices, unseen = slice_grade_pairs(study, graded) if told.slices else ((), 0)
    levels = {level: each for one in predictions for level, each in one.levels.items()}
    scores = {level: each for one in predictions for level, each in one.sins.items()}
    images = tuple(image_evidence(study, pair, told, settings.images) for pair in pairs)
    places = _places(images) if settings.levels_by is LevelsBy.PLACE else {}
    return StudyEvidence(
        case=_case(matched, Status.COMPARED, "", counted=True, notes=_notes(study, pairs, unseen, told)),
        images=images,
        slices=slices,
        levels=tuple(level_grade_pairs(study, levels, places)) if told.levels else (),
        sins=tuple(sins_pairs(study, scores, places)) if told.sins else (),
    )


def _places(images: Sequence[ImageEvidence]) -> dict[Level, Level | None]:
    """What the prediction calls each level; the first image in which it has a vertebra there decides."""
    places: dict[Level, Level | None] = {}
    for image in images:
        for level, there in image.places.items():
            if places.get(level) is None:
                places[level] = there
    return places


def _notes(
    study: ManifestStudy, pairs: Sequence[ImagePair], unseen_slices: int, told: Told
) -> tuple[str, ...]:
    notes = []
    for pair in pairs:
        if pair.predicted is None:
            notes.append(f"the station {pair.reference.station} has no prediction")
        elif pair.resampled:
            notes.append(f"the masks of {pair.predicted.name} were resampled to the reference's grid")
    if unseen_slices:
        notes.append(f"{unseen_slices} slices graded in the reference are not graded in the prediction")
    if told.sins and (count := undecided_scores(study)):
        notes.append(f"{count} reference scores leave the class open and are not compared")
    return tuple(notes)


def _case(
    matched: MatchedStudy, status: Status, reason: str, *, counted: bool, notes: tuple[str, ...] = ()
) -> CaseRow:
    study = matched.study
    predictions = [one.prediction for one in matched.predictions]
    return CaseRow(
        study=study.study,
        patient=study.patient,
        status=status,
        counted=counted,
        predictions=tuple(one.name for one in predictions),
        matched_by=", ".join(dict.fromkeys(one.by.value for one in matched.predictions)),
        reason=reason,
        notes=notes,
        subgroups=subgroups_of(study),
        simulated=study.simulated,
        sha256=_sha256([path for one in predictions for path in one.files]),
    )


def subgroups_of(study: ManifestStudy) -> dict[str, str]:
    """What results may be split by: the site, the sagittal sequences, and the columns of the manifest."""
    shown = {CHANNEL_OF_WEIGHTING.get(one.weighting) for one in study.series if one.plane is Plane.SAGITTAL}
    sequences = " + ".join(channel.value for channel in Channel if channel in shown)
    return {"site": study.site, "sequences": sequences, **study.subgroups}


def _sha256(paths: Sequence[Path]) -> str:
    """Of the content of files, in order; "" without any."""
    if not paths:
        return ""
    digest = hashlib.sha256()
    for path in paths:
        # A file that is gone makes the study unusable, with its own message.
        digest.update(hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b"missing")
    return digest.hexdigest()
