"""``summary.csv``, ``summary.parquet`` and ``failures.csv`` of an archive, written row by row."""

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from typing import TextIO, get_args, get_type_hints

import pyarrow
from pyarrow.parquet import ParquetWriter

from spinemets.inference.archive.whole_file import whole_file
from spinemets.report.csv_cell import safe_cell
from spinemets.report.summary_rows import SummaryRow

SUMMARY_CSV, SUMMARY_PARQUET, FAILURES_CSV = "summary.csv", "summary.parquet", "failures.csv"
_ROWS_AT_ONCE = 1024
_ARROW = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64(), bool: pyarrow.bool_()}


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A study without a result: what became of it, and why."""

    study: str
    status: str
    error: str
    message: str
    traceback: str


class SummaryTables:
    """Takes the rows of a summary one after the other, and writes them as CSV and as Parquet.

    Args:
        text: For the CSV.
        parquet: For the Parquet.
    """

    def __init__(self, text: TextIO, parquet: ParquetWriter) -> None:
        self._csv = csv.writer(text, lineterminator="\n")
        self._csv.writerow(field.name for field in fields(SummaryRow))
        self._parquet = parquet
        self._waiting: list[SummaryRow] = []

    def add(self, rows: Iterable[SummaryRow]) -> None:
        """Add the rows of a study."""
        for row in rows:
            self._csv.writerow(map(_cell, astuple(row)))
            self._waiting.append(row)
        if len(self._waiting) >= _ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what waits to be written together."""
        rows = [asdict(row) for row in self._waiting]
        self._parquet.write_table(pyarrow.Table.from_pylist(rows, schema=_schema()))
        self._waiting.clear()


@contextmanager
def summary_tables(folder: Path) -> Iterator[SummaryTables]:
    """Tables to add rows to; they take their places in the folder once the block has ended well."""
    with (
        whole_file(folder / SUMMARY_CSV) as table,
        whole_file(folder / SUMMARY_PARQUET) as parquet,
        table.open("w", encoding="utf-8", newline="") as text,
        ParquetWriter(parquet, _schema()) as writer,
    ):
        summary = SummaryTables(text, writer)
        yield summary
        summary.flush()


@contextmanager
def failures_table(folder: Path) -> Iterator[Callable[[FailureRow], None]]:
    """What adds a row to ``failures.csv``, which takes its place once the block has ended well."""
    with whole_file(folder / FAILURES_CSV) as path, path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(field.name for field in fields(FailureRow))

        def add(row: FailureRow) -> None:
            writer.writerow(map(_cell, astuple(row)))

        yield add


def _cell(value: object) -> object:
    """Text that is no formula; an empty cell for what is not known."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return safe_cell(value) if isinstance(value, str) else value


def _schema() -> pyarrow.Schema:
    """Types of the columns, from those of the record."""
    kinds = {name: get_args(kind) or (kind,) for name, kind in get_type_hints(SummaryRow).items()}
    return pyarrow.schema([(name, _ARROW[kind[0]]) for name, kind in kinds.items()])
