"""Tables of single studies, lesions, masks, vertebrae and grades, from which every figure can be checked."""

from collections.abc import Iterator, Sequence

import numpy as np

from spinemets.evaluation.evaluation import Evaluation
from spinemets.evaluation.lesion_cases import LesionCase
from spinemets.evaluation.lesion_matching import MATCHINGS, match
from spinemets.evaluation.pairs import EsccPair
from spinemets.evaluation.study_evidence import CaseRow, StudyEvidence
from spinemets.report.evaluation_tables import Row, Table

_STRATA = ("size", "level", "region", "type")


def rows_of(evaluation: Evaluation) -> tuple[Table, ...]:
    """Every table of rows that is not empty."""
    studies = evaluation.evidence.counted
    cases = [(evaluation.predictions.name, case) for case in evaluation.predictions.cases]
    if evaluation.second is not None:
        cases += [(evaluation.second.name, case) for case in evaluation.second.cases]
    tables = (
        _cases(cases),
        _extra(evaluation),
        _lesions(studies),
        _alarms(studies),
        _masks(studies),
        _vertebrae(studies),
        _names(studies),
        Table("escc_rows", _ESCC_COLUMNS, tuple(_grades(studies))),
        _scores(studies),
    )
    return tuple(table for table in tables if table.rows)


def _cases(cases: Sequence[tuple[str, CaseRow]]) -> Table:
    columns = tuple(dict.fromkeys(name for _, case in cases for name in case.subgroups))
    rows = (
        (
            *(name, case.study, case.patient, case.status.value, "yes" if case.counted else "no"),
            *("; ".join(case.predictions), case.matched_by, case.reason, "; ".join(case.notes)),
            *("yes" if case.simulated else "no", case.sha256),
            *(case.subgroups.get(column, "") for column in columns),
        )
        for name, case in cases
    )
    fixed = (
        *("predictions", "study", "patient", "status", "counted", "matched", "matched_by"),
        *("reason", "notes", "simulated", "sha256"),
    )
    return Table("cases", (*fixed, *columns), tuple(rows))


def _extra(evaluation: Evaluation) -> Table:
    sets = [evaluation.predictions, *([] if evaluation.second is None else [evaluation.second])]
    rows = tuple((one.name, extra) for one in sets for extra in one.extra)
    return Table("extra_predictions", ("predictions", "name"), rows)


def _lesion_cases(studies: Sequence[StudyEvidence]) -> Iterator[tuple[int, LesionCase]]:
    """Lesions of every image, with its place in the study."""
    for one in studies:
        for place, image in enumerate(one.images):
            if image.lesions is not None:
                yield place, image.lesions


def _lesions(studies: Sequence[StudyEvidence]) -> Table:
    rows = [row for place, case in _lesion_cases(studies) for row in _of_case(place, case)]
    columns = ("study", "patient", "image", "lesion", "volume_ml", *_STRATA)
    found = tuple(f"found_by_{matching.name.replace(' ', '_')}" for matching in MATCHINGS)
    return Table("lesion_rows", (*columns, "largest_iou", "score_of_finder", *found), tuple(rows))


def _of_case(place: int, case: LesionCase) -> Iterator[Row]:
    matches = [match(case.overlap, matching) for matching in MATCHINGS]
    found_at = matches[0].score_of_found(case.scores)
    largest = case.overlap.iou.max(axis=0, initial=0.0)
    for number, lesion in enumerate(case.lesions):
        score = float(found_at[number]) if case.scores is not None and np.isfinite(found_at[number]) else None
        yield (
            *(case.case, case.patient, place, number + 1, lesion.volume_ml),
            *(lesion.strata.get(name, "") for name in _STRATA),
            *(float(largest[number]), score),
            *("yes" if one.finders[:, number].any() else "no" for one in matches),
        )


def _alarms(studies: Sequence[StudyEvidence]) -> Table:
    """Every prediction, and whether it finds a lesion."""
    rows: list[Row] = []
    for place, case in _lesion_cases(studies):
        false = match(case.overlap, MATCHINGS[0]).false
        for number, is_false in enumerate(false.tolist()):
            score = None if case.scores is None else float(case.scores[number])
            voxels = int(case.overlap.predicted[number])
            rows.append(
                (case.case, case.patient, place, number + 1, voxels, score, "no" if is_false else "yes")
            )
    columns = ("study", "patient", "image", "prediction", "voxels", "score", "finds_a_lesion")
    return Table("prediction_rows", columns, tuple(rows))


def _masks(studies: Sequence[StudyEvidence]) -> Table:
    columns = (
        *("study", "patient", "structure", "dice", "nsd", "hd95_mm"),
        *("predicted_ml", "reference_ml", "empty"),
    )
    rows = (
        (
            *(row.case, row.patient, row.structure, row.score.dice, row.score.nsd, row.score.hd95_mm),
            *(row.score.predicted_ml, row.score.reference_ml, row.score.empty.value),
        )
        for one in studies
        for image in one.images
        for row in image.masks
    )
    return Table("mask_rows", columns, tuple(rows))


def _vertebrae(studies: Sequence[StudyEvidence]) -> Table:
    columns = ("study", "patient", "vertebra", "lesion", "predicted", "score")
    rows = (
        (
            *(one.case, one.patient, one.name, "yes" if one.truth else "no"),
            *("yes" if one.predicted else "no", one.score if one.predicted else None),
        )
        for study in studies
        for image in study.images
        for one in image.vertebrae
    )
    return Table("vertebra_rows", columns, tuple(rows))


def _names(studies: Sequence[StudyEvidence]) -> Table:
    columns = ("study", "patient", "level", "predicted", "credible", "distance_mm")
    rows = (
        (
            *(pair.case, pair.patient, pair.reference.value),
            "" if pair.most_likely is None else pair.most_likely.value,
            "|".join(pair.credible),
            pair.distance_mm,
        )
        for one in studies
        for image in one.images
        for pair in image.levels
    )
    return Table("level_rows", columns, tuple(rows))


_ESCC_COLUMNS = (
    *("study", "patient", "of", "place", "reference", "predicted", "set"),
    *("p0", "p1a", "p1b", "p1c", "p2", "p3"),
)


def _grades(studies: Sequence[StudyEvidence]) -> Iterator[Row]:
    for one in studies:
        yield from (_grade("level", pair) for pair in one.levels)
        yield from (_grade("slice", pair) for pair in one.slices)


def _grade(of: str, pair: EsccPair) -> Row:
    return (
        *(pair.case, pair.patient, of, pair.place, pair.reference.value),
        "not gradable" if pair.predicted is None else pair.predicted.value,
        "|".join(pair.conformal or ()),
        *(pair.probabilities or (None,) * 6),
    )


def _scores(studies: Sequence[StudyEvidence]) -> Table:
    columns = (
        *("study", "patient", "level", "reference_total", "reference_class"),
        *("minimum", "maximum", "classes", "items"),
    )
    rows = (
        (
            *(pair.case, pair.patient, pair.level.value, pair.reference_total, pair.reference_class.value),
            *(pair.minimum, pair.maximum, "|".join(pair.classes)),
            "; ".join(f"{one.item}: {one.reference} / {' or '.join(one.predicted)}" for one in pair.items),
        )
        for one in studies
        for pair in one.sins
    )
    return Table("sins_rows", columns, tuple(rows))
