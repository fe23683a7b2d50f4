"""SINS scores as CSV or JSON, beside what was given."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

from spinemets.commands.score_rows import Row
from spinemets.errors import InputError
from spinemets.report.csv_cell import safe_cell
from spinemets.scoring.sins import Settles, SinsScore
from spinemets.scoring.sins_items import Item

RESULT_COLUMNS = (
    "sins_min",
    "sins_max",
    "sins_class",
    *(f"{item}_points" for item in Item),
    "settled_by",
    "settled_for_some_answers_by",
)


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """A row that was scored: its number from 1, its text, its score."""

    number: int
    row: Row
    score: SinsScore


@dataclass(frozen=True, slots=True)
class _Entry:
    input: Row
    score: SinsScore


def write_csv(scored: Sequence[ScoredRow], stream: TextIO) -> None:
    """A line for each score, the columns of the input first.

    Raises:
        InputError: If the input has a column of a name that the output adds.
    """
    columns = list(dict.fromkeys(name for each in scored for name in each.row))
    if taken := [name for name in columns if name in RESULT_COLUMNS]:
        raise InputError(
            "is a column that --csv adds",
            field=", ".join(taken),
            remedy="rename it in the input, or use --json",
        )
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([safe_cell(name) for name in (*columns, *RESULT_COLUMNS)])
    for each in scored:
        writer.writerow([*(safe_cell(each.row.get(name, "")) for name in columns), *_results(each.score)])


def write_json(scored: Sequence[ScoredRow], stream: TextIO, as_list: bool) -> None:
    """Each score whole, beside the text that it was made from: a list, or one object."""
    from pydantic import TypeAdapter  # start-up time: neither text nor CSV needs it

    adapter = TypeAdapter(_Entry)
    opening, closing = ("[\n", "\n]\n") if as_list else ("", "\n")
    for index, each in enumerate(scored):
        entry = adapter.dump_json(_Entry(each.row, each.score), indent=1).decode()
        stream.write((",\n" if index else opening) + entry)
    stream.write(closing)


def _results(score: SinsScore) -> Iterable[object]:
    yield from (score.minimum, score.maximum, "|".join(score.classes))
    for points in (item.points for item in score.items):
        low, high = min(points), max(points)
        yield low if low == high else f"{low}-{high}"
    for settles in (Settles.ALWAYS, Settles.SOMETIMES):
        yield "|".join(fact.item for fact in score.missing if fact.settles is settles)
