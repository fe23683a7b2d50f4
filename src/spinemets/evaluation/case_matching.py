"""Matches predictions to the studies of the manifest; nothing is dropped without being listed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from spinemets.errors import InputError
from spinemets.evaluation.case_names import studies_by_name
from spinemets.evaluation.predicted import PredictedStudy, PredictionSet
from spinemets.inference.table import read_rows
from spinemets.study.file_names import safe_key
from spinemets.study.pseudonym import Identifiers
from spinemets.training.manifest_records import ManifestStudy


class MatchedBy(StrEnum):
    """What tells that a prediction is of a study."""

    TABLE = "the table of cases"
    NAME = "the study's name"
    OTHER_NAME = "the name of its files, folders or DICOM study"


@dataclass(frozen=True, slots=True)
class Matched:
    """A prediction of a study, and what tells so."""

    prediction: PredictedStudy
    by: MatchedBy


@dataclass(frozen=True, slots=True)
class MatchedStudy:
    """A study of the manifest with its predictions; none where it is missing.

    Args:
        study: The row.
        predictions: One, or several where its images were predicted one by one.
        unusable: Why a prediction of it could not be read; "" otherwise.
    """

    study: ManifestStudy
    predictions: tuple[Matched, ...]
    unusable: str = ""


@dataclass(frozen=True, slots=True)
class Matching:
    """All studies, and the predictions that are of none of them.

    Args:
        studies: In the manifest's order.
        extra: Names of predictions without a study.
    """

    studies: tuple[MatchedStudy, ...]
    extra: tuple[str, ...]


def match_cases(
    studies: Sequence[ManifestStudy],
    predictions: PredictionSet,
    identifiers: Identifiers,
    table: Mapping[str, str],
) -> Matching:
    """Match every prediction by name.

    Args:
        studies: Rows of the manifest.
        predictions: As found.
        identifiers: As ``spinemets infer`` had them, for the names of DICOM studies.
        table: Names of studies by those of predictions, which win; see ``read_case_table``.

    Raises:
        InputError: If the table names a study that the manifest has not.
    """
    places = studies_by_name(studies, identifiers)
    given = _given(table, studies)
    found: list[list[Matched]] = [[] for _ in studies]
    broken = [""] * len(studies)
    extra: list[str] = []
    for one in predictions.studies:
        place, by = _place_of(one.name, studies, places, given)
        if place is None:
            extra.append(one.name)
        else:
            found[place].append(Matched(one, by))
    for each in predictions.unusable:
        place, _ = _place_of(each.name, studies, places, given)
        if place is None:
            extra.append(f"{each.name} (unreadable: {each.reason})")
        else:
            broken[place] = each.reason
    return Matching(
        tuple(
            MatchedStudy(study, tuple(own), why)
            for study, own, why in zip(studies, found, broken, strict=True)
        ),
        tuple(sorted(extra)),
    )


def read_case_table(path: Path) -> dict[str, str]:
    """Studies by the name of their prediction, of a table with the columns ``prediction`` and ``study``.

    Raises:
        InputError: If it is no such table, or names a prediction twice.
    """
    rows = read_rows(path, ("prediction", "study"), ("prediction", "study"))
    table: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        name = row["prediction"]
        if name in table:
            raise InputError(f"names {name} again", file=path, field=f"row {number}", remedy="keep one row")
        table[name] = row["study"]
    return table


def _given(table: Mapping[str, str], studies: Sequence[ManifestStudy]) -> dict[str, int]:
    places = {study.study: place for place, study in enumerate(studies)}
    for study in table.values():
        if study not in places:
            raise InputError(
                f"{study!r} is no study of the manifest",
                field="cases",
                remedy="write it as the manifest does",
            )
    return {safe_key(name): places[study] for name, study in table.items()}


def _place_of(
    name: str, studies: Sequence[ManifestStudy], places: Mapping[str, int], given: Mapping[str, int]
) -> tuple[int | None, MatchedBy]:
    key = safe_key(name)
    if key in given:
        return given[key], MatchedBy.TABLE
    place = places.get(key)
    if place is not None and key == safe_key(studies[place].study):
        return place, MatchedBy.NAME
    return place, MatchedBy.OTHER_NAME
