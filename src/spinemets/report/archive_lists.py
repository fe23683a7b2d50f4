"""The lists of an archive, made from what lies in its folder: summary, failures, worklist."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from spinemets.errors import InputError
from spinemets.inference.archive.ledger import Entry, Ledger
from spinemets.inference.archive.locks import LOCKS, locked
from spinemets.inference.archive.work import Status
from spinemets.inference.records import StudyResult
from spinemets.inference.result_json import read_result
from spinemets.report.archive_page import FailedStudy, write_archive_page
from spinemets.report.archive_tables import FailureRow, failures_table, summary_tables
from spinemets.report.summary_rows import summary_rows
from spinemets.report.worklist import WorklistRow, worklist_row

_RESULT = "result.json"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many studies have a result, were refused, or have none for another reason."""

    done: int
    refused: int
    failed: int


def write_lists(studies: Iterable[str], ledger: Ledger, folder: Path) -> Tally:
    """Write ``summary.csv``, ``summary.parquet``, ``failures.csv`` and ``archive.html``.

    All of it is in the order of keys, so that the same results give the same bytes. One study is in memory at
    a time, and a line of each.

    Args:
        studies: Keys of those that are listed.
        ledger: What became of them.
        folder: Of all outputs.
    """
    rows: list[WorklistRow] = []
    failures: list[FailedStudy] = []
    refused = 0
    with ExitStack() as stack:
        stack.enter_context(locked(folder / LOCKS / ".lists"))
        summary = stack.enter_context(summary_tables(folder))
        add_failure = stack.enter_context(failures_table(folder))
        for key in sorted(studies):
            read = _read(key, ledger.entry(key), folder)
            if isinstance(read, StudyResult):
                summary.add(summary_rows(read))
                rows.append(worklist_row(read))
            else:
                add_failure(read)
                refused += read.status == Status.REFUSED
                failures.append(FailedStudy(read.study, read.status, read.error, read.message))
        write_archive_page(rows, failures, folder)
    return Tally(len(rows), refused, len(failures) - refused)


def _read(key: str, entry: Entry | None, folder: Path) -> StudyResult | FailureRow:
    """A study's result, or why there is none."""
    if entry is not None and entry.failure is not None:
        failure = entry.failure
        return FailureRow(key, entry.status, failure.kind, failure.message, failure.traceback)
    try:
        return read_result(folder / key / _RESULT)
    except InputError as error:
        message = f"{_RESULT}: {error.problem}; delete the study's folder and run again"
        return FailureRow(key, Status.FAILED, type(error).__name__, message, "")
