"""Reads what ``spinemets infer`` wrote of a study as a prediction."""

from collections.abc import Iterator
from pathlib import Path

from spinemets.anatomy import Level
from spinemets.evaluation.predicted import (
    Grading,
    MaskFile,
    PredictedMasks,
    PredictedSins,
    PredictedSlice,
    PredictedStudy,
)
from spinemets.evaluation.prediction_labels import OUR_MASKS
from spinemets.inference.records import (
    EsccResult,
    GradedSlice,
    LevelResult,
    Provenance,
    StationResult,
    StudyResult,
)
from spinemets.inference.result_json import read_result
from spinemets.scoring.sins import SinsScore
from spinemets.study.records import Weighting

RESULT = "result.json"


def read_infer_study(folder: Path) -> PredictedStudy:
    """The prediction in a study's folder.

    Raises:
        InputError: If ``result.json`` cannot be read.
    """
    result = read_result(folder / RESULT)
    masks = tuple(_masks(folder, result))
    return PredictedStudy(
        name=folder.name,
        masks=masks,
        slices=_slices(result),
        levels=_levels(result),
        sins=_sins(result),
        files=(folder / RESULT, *(file.path for one in masks for file in one.files)),
        made_with=_made_with(result.provenance),
        whole=True,
    )


def _masks(folder: Path, result: StudyResult) -> Iterator[PredictedMasks]:
    weightings = {one.key: Weighting(one.weighting) for one in result.series}
    for station in result.stations:
        prefix = f"{station.name.replace(' ', '_')}_" if len(result.stations) > 1 else ""
        yield PredictedMasks(
            name=station.name,
            files=tuple(
                MaskFile(folder / f"{prefix}{what}.nii.gz", label_set)
                for what, label_set in OUR_MASKS.items()
            ),
            weighting=weightings.get(station.reference_series),
            lesion_scores={one.number: one.probability for one in station.findings.lesions},
            credible=_credible(station),
        )


def _made_with(provenance: Provenance) -> tuple[str, ...]:
    weights = (f"{one.task} weights {one.sha256}, trained on {one.trained_on}" for one in provenance.weights)
    return f"SpineMets {provenance.spinemets_version}", *weights


def _credible(station: StationResult) -> dict[Level, tuple[Level, ...]]:
    return {one.belief.most_likely: one.belief.credible for one in station.findings.vertebrae}


def _slices(result: StudyResult) -> tuple[PredictedSlice, ...]:
    """Every slice once, also where it was graded for two levels."""
    graded = {(one.series, one.slice_index): one for level in result.levels for one in level.escc.slices}
    return tuple(
        PredictedSlice(one.series, one.slice_index, one.sop_instance_uid, _of_slice(one))
        for one in graded.values()
    )


def _of_slice(graded: GradedSlice) -> Grading:
    return Grading(graded.grade, tuple(one.probability for one in graded.probabilities))


def _levels(result: StudyResult) -> dict[Level, Grading]:
    return {level.belief.most_likely: _of_level(level.escc) for level in _once(result)}


def _once(result: StudyResult) -> Iterator[LevelResult]:
    """Each most likely level once, as its first vertebra from the head has it."""
    seen: set[Level] = set()
    for level in result.levels:
        if level.belief.most_likely not in seen:
            seen.add(level.belief.most_likely)
            yield level


def _of_level(escc: EsccResult) -> Grading:
    """The deciding slice's grade, with the set of grades of the level."""
    if escc.worst is None:
        return Grading(None)
    deciding = _of_slice(escc.slices[escc.worst])
    return Grading(deciding.grade, deciding.probabilities, escc.assessment.grades, escc.coverage)


def _sins(result: StudyResult) -> dict[Level, PredictedSins]:
    return {level.belief.most_likely: sins_of_score(level.sins) for level in _once(result)}


def sins_of_score(score: SinsScore) -> PredictedSins:
    """What a score says, as a prediction."""
    items = {one.item: one.findings for one in score.items}
    return PredictedSins(items, score.minimum, score.maximum, score.classes)
