"""Reads predictions that are tables: ESCC grades, SINS and scores of lesions, a row for each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from spinemets.anatomy import EsccGrade, Level
from spinemets.errors import InputError
from spinemets.evaluation.infer_predictions import sins_of_score
from spinemets.evaluation.predicted import Grading, PredictedSins, PredictedSlice
from spinemets.inference.table import read_rows
from spinemets.scoring.sins import class_of, score_sins
from spinemets.scoring.sins_text import FIELDS, findings_from_text

R = TypeVar("R")

ESCC_TABLE, SINS_TABLE, LESION_TABLE = "escc.csv", "sins.csv", "lesions.csv"
_PROBABILITIES = tuple(f"p{grade}" for grade in EsccGrade)
_ESCC_COLUMNS = ("case", "level", "series", "slice", "grade", "set", "coverage", *_PROBABILITIES)
_SINS_COLUMNS = ("case", *FIELDS, "total", "minimum", "maximum")
_LESION_COLUMNS = ("case", "lesion", "probability")
_NOT_GRADABLE = frozenset({"", "not gradable", "unknown", "?"})
_LARGEST_TOTAL = 18


@dataclass(slots=True)
class CaseTables:
    """What the tables say of one case."""

    slices: list[PredictedSlice] = field(default_factory=list)
    levels: dict[Level, Grading] = field(default_factory=dict)
    sins: dict[Level, PredictedSins] = field(default_factory=dict)
    lesion_scores: dict[int, float] = field(default_factory=dict)


def read_tables(folder: Path) -> tuple[dict[str, CaseTables], tuple[Path, ...]]:
    """The tables in a folder by case, and their files.

    Args:
        folder: May hold ``escc.csv``, ``sins.csv`` and ``lesions.csv``; see ``docs/evaluation.md``.

    Raises:
        InputError: If a table is wrong; it names row and column.
    """
    cases: dict[str, CaseTables] = {}
    found = []
    for name, (columns, required, add) in _TABLES.items():
        path = folder / name
        if not path.is_file():
            continue
        found.append(path)
        for number, row in enumerate(read_rows(path, columns, required), start=1):
            cell = _Cells(path, number, row)
            add(cases.setdefault(cell.text("case", required=True), CaseTables()), cell)
    return cases, tuple(found)


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of one row, read with errors that say where."""

    path: Path
    number: int
    row: Mapping[str, str]

    def text(self, column: str, *, required: bool = False) -> str:
        found = self.row.get(column, "").strip()
        if required and not found:
            raise self.refused(column, "is empty", "give a value")
        return found

    def read(self, column: str, parse: Callable[[str], R], allowed: str) -> R | None:
        """The cell, or None where it is empty."""
        found = self.text(column)
        if not found:
            return None
        try:
            return parse(found)
        except ValueError:
            raise self.refused(column, f"is {found!r}", f"allowed: {allowed}") from None

    def refused(self, column: str, problem: str, remedy: str) -> InputError:
        return InputError(problem, file=self.path, field=f"row {self.number}, {column}", remedy=remedy)


def _add_escc(case: CaseTables, cell: _Cells) -> None:
    level = _level(cell)
    index = cell.read("slice", _index, "whole numbers from 0")
    if (level is None) == (index is None):
        raise cell.refused("level", "and slice are both given, or neither", "name a level, or a slice")
    grading = _grading(cell)
    if level is not None:
        if level in case.levels:
            raise cell.refused("level", f"{level} has a row already", "keep one row for each level")
        case.levels[level] = grading
    elif index is not None:
        case.slices.append(PredictedSlice(cell.text("series"), index, "", grading))


def _grading(cell: _Cells) -> Grading:
    grades = f"{', '.join(EsccGrade)}, or not gradable"
    stated = cell.text("grade").casefold()
    grade = None if stated in _NOT_GRADABLE else cell.read("grade", _grade, grades)
    several = cell.read("set", lambda text: tuple(_grade(one) for one in text.split("|")), "1b|1c")
    ordered = tuple(one for one in EsccGrade if one in (several or ()))
    coverage = cell.read("coverage", _share, "0 to 1")
    return Grading(grade, tuple(_probabilities(cell)), ordered, coverage)


def _probabilities(cell: _Cells) -> Iterator[float]:
    given = [cell.read(column, _share, "0 to 1") for column in _PROBABILITIES]
    known = [one for one in given if one is not None]
    if known and (len(known) < len(given) or abs(sum(known) - 1.0) > 1e-3):
        raise cell.refused("p0 to p3", "are not six that add up to 1", "give all six, or none")
    yield from known


def _add_sins(case: CaseTables, cell: _Cells) -> None:
    level = _level(cell)
    if level is None:
        raise cell.refused("level", "is empty", "name the level")
    if level in case.sins:
        raise cell.refused("level", f"{level} has a row already", "keep one row for each level")
    case.sins[level] = _sins(cell)


def _sins(cell: _Cells) -> PredictedSins:
    total = cell.read("total", _total, "0 to 18")
    ends = [cell.read(column, _total, "0 to 18") for column in ("minimum", "maximum")]
    low, high = (total if one is None else one for one in ends)
    items = {name: text for name, text in cell.row.items() if name in FIELDS}
    of_items = sins_of_score(score_sins(findings_from_text(items, f"row {cell.number} of {cell.path}")))
    stated = any(text for name, text in items.items() if name != "level" and not name.endswith("_count"))
    if low is None or high is None:
        return of_items
    if low > high:
        raise cell.refused("minimum", f"is {low}, above the maximum {high}", "swap them")
    classes = tuple(dict.fromkeys(class_of(each) for each in range(low, high + 1)))
    return PredictedSins(of_items.items if stated else {}, low, high, classes)


def _add_lesion(case: CaseTables, cell: _Cells) -> None:
    number = cell.read("lesion", _index, "the lesion's value in its mask")
    probability = cell.read("probability", _share, "0 to 1")
    if number is None or probability is None:
        raise cell.refused("lesion", "or its probability is empty", "give both")
    case.lesion_scores[number] = probability


def _level(cell: _Cells) -> Level | None:
    return cell.read("level", Level.parse, "occiput, C1-C7, T1-T13, L1-L6, S1-S5")


def _grade(text: str) -> EsccGrade:
    return EsccGrade(text.strip().casefold())


def _index(text: str) -> int:
    if not text.isdigit():
        raise ValueError
    return int(text)


def _total(text: str) -> int:
    if (total := _index(text)) > _LARGEST_TOTAL:
        raise ValueError
    return total


def _share(text: str) -> float:
    if not 0.0 <= (share := float(text)) <= 1.0:
        raise ValueError
    return share


_TABLES = {
    ESCC_TABLE: (_ESCC_COLUMNS, ("case", "grade"), _add_escc),
    SINS_TABLE: (_SINS_COLUMNS, ("case", "level"), _add_sins),
    LESION_TABLE: (_LESION_COLUMNS, _LESION_COLUMNS, _add_lesion),
}
