"""Grades and scores of a study's reference, each beside its prediction."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from spinemets.anatomy import EsccGrade, Level
from spinemets.evaluation.pairs import EsccPair, SinsItemPair, SinsPair
from spinemets.evaluation.predicted import Grading, PredictedSins, PredictedSlice
from spinemets.scoring.sins import SinsScore, score_sins
from spinemets.scoring.sins_text import findings_from_text
from spinemets.study.file_names import safe_key, stem_of
from spinemets.study.records import DicomSource
from spinemets.training.manifest_image import image_series
from spinemets.training.manifest_records import ManifestSeries, ManifestStudy

P = TypeVar("P", Grading, PredictedSins)

_NOT_GRADED = Grading(None)


def level_grade_pairs(
    study: ManifestStudy, predicted: Mapping[Level, Grading], places: Mapping[Level, Level | None]
) -> Iterator[EsccPair]:
    """A pair for each level with a reference grade; a level that was not predicted was not graded.

    Args:
        study: Row of the manifest.
        predicted: Grades by the prediction's own names of levels.
        places: What the prediction calls each level; levels that are not there have their own name.
    """
    for level, grade in study.escc.items():
        if grade is not None:
            grading = _at(level, predicted, places) or _NOT_GRADED
            yield _escc_pair(study, level.value, grade, grading)


def _at(level: Level, predicted: Mapping[Level, P], places: Mapping[Level, Level | None]) -> P | None:
    name = places.get(level, level)
    return None if name is None else predicted.get(name)


def slice_grade_pairs(
    study: ManifestStudy, predicted: Sequence[PredictedSlice]
) -> tuple[tuple[EsccPair, ...], int]:
    """A pair for each slice with a reference grade that was predicted, and how many were not.

    Slices of DICOM series are found by their instance, others by series and index.

    Raises:
        InputError: If a DICOM series with grades cannot be read.
    """
    graded = [series for series in study.series if any(series.escc_by_slice)]
    by_instance = {one.sop_instance_uid: one.grading for one in predicted if one.sop_instance_uid}
    by_place = {(one.series, one.index): one.grading for one in predicted if not one.sop_instance_uid}
    pairs: list[EsccPair] = []
    unseen = 0
    for series in graded:
        found = _of_instances(series, by_instance) if by_instance else {}
        found |= _of_places(series, by_place, alone=len(graded) == 1)
        for index, grade in enumerate(series.escc_by_slice):
            if grade is None:
                continue
            if index in found:
                pairs.append(_escc_pair(study, f"{series.name}:{index}", grade, found[index]))
            else:
                unseen += 1
    return tuple(pairs), unseen


def _of_instances(series: ManifestSeries, by_instance: Mapping[str, Grading]) -> dict[int, Grading]:
    if not series.image.is_dir():
        return {}
    source = image_series(series.image, series.plane).source
    if not isinstance(source, DicomSource):
        return {}
    return {
        index: by_instance[frame.sop_instance_uid]
        for index, frame in enumerate(source.frames)
        if frame.sop_instance_uid in by_instance
    }


def _of_places(
    series: ManifestSeries, by_place: Mapping[tuple[str, int], Grading], *, alone: bool
) -> dict[int, Grading]:
    """Slices of the series that a prediction means by its name."""
    return {index: grading for (name, index), grading in by_place.items() if _means(name, series, alone)}


def _means(name: str, series: ManifestSeries, alone: bool) -> bool:
    """Whether a name is the series': the manifest's, its file's, or the end of that, as infer shortens it."""
    if not name:
        return alone
    stem = safe_key(stem_of(series.image))
    return safe_key(name) in {safe_key(series.name), stem} or stem.endswith(f"_{safe_key(name)}")


def _escc_pair(study: ManifestStudy, place: str, grade: EsccGrade, grading: Grading) -> EsccPair:
    return EsccPair(
        case=study.study,
        patient=study.patient,
        place=place,
        reference=grade,
        predicted=grading.grade,
        probabilities=grading.probabilities or None,
        conformal=grading.possible or None,
    )


def sins_pairs(
    study: ManifestStudy, predicted: Mapping[Level, PredictedSins], places: Mapping[Level, Level | None]
) -> Iterator[SinsPair]:
    """A pair for each level with a reference score whose class is certain; arguments as above."""
    for row in study.sins:
        reference = score_sins(findings_from_text(row))
        if len(reference.classes) == 1:
            level = reference.levels[0]
            yield _sins_pair(study, level, reference, _at(level, predicted, places))


def undecided_scores(study: ManifestStudy) -> int:
    """How many reference scores leave the class open, and so are no reference."""
    return sum(len(score_sins(findings_from_text(row)).classes) > 1 for row in study.sins)


def _sins_pair(
    study: ManifestStudy, level: Level, reference: SinsScore, predicted: PredictedSins | None
) -> SinsPair:
    items = () if predicted is None else tuple(_items(reference, predicted))
    return SinsPair(
        case=study.study,
        patient=study.patient,
        level=level,
        items=items,
        reference_total=reference.minimum if reference.minimum == reference.maximum else None,
        reference_class=reference.classes[0],
        minimum=None if predicted is None else predicted.minimum,
        maximum=None if predicted is None else predicted.maximum,
        classes=() if predicted is None else predicted.classes,
    )


def _items(reference: SinsScore, predicted: PredictedSins) -> Iterator[SinsItemPair]:
    for item in reference.items:
        if len(item.findings) == 1 and predicted.items.get(item.item):
            yield SinsItemPair(item.item, item.findings[0], predicted.items[item.item])
