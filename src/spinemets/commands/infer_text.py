"""What the terminal shows of an assessed study."""

from collections import Counter
from pathlib import Path

from spinemets.inference.prior_records import LesionChangeKind, PriorComparison
from spinemets.inference.records import RESEARCH_USE_ONLY, EsccResult, LevelResult, StudyResult
from spinemets.report.archive_lists import Tally
from spinemets.report.archive_page import ARCHIVE_PAGE
from spinemets.report.archive_tables import FAILURES_CSV, SUMMARY_CSV, SUMMARY_PARQUET
from spinemets.scoring.sins import SinsScore


def study_lines(result: StudyResult, folder: Path, took: str) -> list[str]:
    """A short table of the involved levels, warnings, and where the report is.

    Args:
        result: Of the study.
        folder: Of its files.
        took: How long, or why it took no time.
    """
    lines = ["", f"{result.study}  ({took})"]
    if result.levels:
        lines += _table([_row(level) for level in result.levels])
    else:
        lines.append("  no lesion found; that is no proof that there is none")
    if result.prior is not None:
        lines.append(f"  since {result.prior.study}: {_since(result.prior)}")
    lines += [f"  ! {warning}" for warning in result.warnings]
    lines.append(f"  report: {folder / 'report.html'}")
    if any(one.simulated for one in result.provenance.weights):
        lines.append("  The weights were trained on simulated images in part or whole.")
    return [*lines, f"  {result.note}"]


def _since(prior: PriorComparison) -> str:
    days = "" if prior.days is None else f" ({prior.days} days)"
    counts = Counter(one.kind.value for one in prior.lesions)
    lesions = ", ".join(f"{counts[kind]} {kind}" for kind in LesionChangeKind if counts[kind])
    return f"lesions {lesions or 'none then or now'}{days}"


def archive_lines(tally: Tally, folder: Path) -> list[str]:
    """How many studies of an archive have a result, and where the lists are.

    Args:
        tally: Of the studies.
        folder: Of all outputs.
    """
    without = tally.refused + tally.failed
    lines = ["", f"{tally.done} of {tally.done + without} studies assessed"]
    if without:
        lines.append(f"  {tally.refused} refused, {tally.failed} failed: {folder / FAILURES_CSV}")
    lines.append(f"  worklist: {folder / ARCHIVE_PAGE}")
    lines.append(f"  summary:  {folder / SUMMARY_CSV}, {SUMMARY_PARQUET}")
    return [*lines, f"  {RESEARCH_USE_ONLY}"]


_HEADER = ("level", "lesions mL", "ESCC", "SINS", "class")


def _row(level: LevelResult) -> tuple[str, ...]:
    volume = level.lesion_volume
    size = "" if volume.value is None else f"{'>= ' if volume.at_least else ''}{volume.value:.1f}"
    return level.belief.words, size, _escc(level.escc), _sins(level.sins), " or ".join(level.sins.classes)


def _escc(escc: EsccResult) -> str:
    return " or ".join(escc.assessment.grades) if escc.assessment.is_gradable else "not gradable"


def _sins(score: SinsScore) -> str:
    return str(score.minimum) if score.minimum == score.maximum else f"{score.minimum} to {score.maximum}"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    every = [_HEADER, *rows]
    widths = [max(len(row[column]) for row in every) for column in range(len(_HEADER))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in every
    ]
