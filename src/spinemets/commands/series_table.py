"""The series of a study as text and as JSON."""

import textwrap
from collections.abc import Sequence
from typing import Any

from spinemets.study.records import Problem, Series, Study
from spinemets.study.selection import Decision, Role, Selection

# Narrower terminals show size and spacing below the row.
_FULL_TABLE_COLUMNS = 118
_MOST_PROBLEMS = 10
_HEADINGS = (
    "series",
    "plane",
    "weighting",
    "station",
    "serves as",
    "slices x rows x columns",
    "spacing (mm)",
)
_NARROW_CELLS = 5


def study_text(selection: Selection, columns: int) -> str:
    """A study's table, warnings and problems, at most ``columns`` wide where words allow.

    Args:
        selection: What was chosen of the study.
        columns: Width of the terminal.
    """
    study = selection.study
    lines = [f"Study {study.key}"]
    if study.series:
        lines += _table(study.series, selection.decisions, columns)
    lines += [line for warning in selection.warnings for line in _wrapped(f"! {warning}", columns, 2)]
    return "\n".join([*lines, *problem_lines(study.problems, columns)])


def failure_text(study: Study, reason: str, columns: int) -> str:
    """A study that could not be sorted, with the reason."""
    lines = [f"Study {study.key}", *_wrapped(f"! {reason}", columns, 2)]
    return "\n".join([*lines, *problem_lines(study.problems, columns)])


def problem_lines(problems: Sequence[Problem], columns: int) -> list[str]:
    """What was left out, one paragraph for each file, the first few."""
    lines = [
        line
        for problem in problems[:_MOST_PROBLEMS]
        for line in _wrapped(f"left out: {_with_path(problem)}", columns, 2)
    ]
    more = len(problems) - _MOST_PROBLEMS
    return [*lines, f"  and {more} more; json=true lists them all"] if more > 0 else lines


def study_json(selection: Selection) -> dict[str, Any]:
    """The same facts as one JSON object."""
    decision_of = {one.series_key: one for one in selection.decisions}
    return {
        "study": selection.study.key,
        "usable": selection.usable,
        "series": [_series_json(one, decision_of[one.key]) for one in selection.study.series],
        "warnings": list(selection.warnings),
        "problems": _problems_json(selection.study.problems),
    }


def failure_json(study: Study, reason: str) -> dict[str, Any]:
    """A study that could not be sorted, as one JSON object of the same shape."""
    return {
        "study": study.key,
        "usable": False,
        "series": [],
        "warnings": [reason],
        "problems": _problems_json(study.problems),
    }


def _series_json(series: Series, decision: Decision) -> dict[str, Any]:
    return {
        "series": series.key,
        "number": series.number,
        "description": series.parameters.series_description,
        "plane": series.plane.value,
        "weighting": series.weighting.weighting.value,
        "evidence": series.weighting.evidence.value,
        "weighting_reason": series.weighting.reason,
        "shape": list(series.shape),
        "spacing_mm": [round(spacing, 4) for spacing in series.spacing_mm],
        "stations": list(decision.station),
        "role": decision.role.value,
        "channel": None if decision.channel is None else decision.channel.value,
        "reason": decision.reason,
        "warnings": list(series.warnings),
    }


def _problems_json(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [{"path": str(one.path), "kind": one.kind, "message": one.message} for one in problems]


def _table(series: Sequence[Series], decisions: Sequence[Decision], columns: int) -> list[str]:
    cells = len(_HEADINGS) if columns >= _FULL_TABLE_COLUMNS else _NARROW_CELLS
    rows = [_row(one, decision) for one, decision in zip(series, decisions, strict=True)]
    widths = [max(map(len, column)) for column in zip(_HEADINGS, *rows, strict=True)][:cells]
    lines = [_aligned(_HEADINGS, widths)]
    for one, decision, row in zip(series, decisions, rows, strict=True):
        size = "" if cells == len(_HEADINGS) else f"{row[5]} voxels of {row[6]} mm. "
        text = f"{size}{one.weighting.reason} {decision.reason}"
        lines.append(_aligned(row, widths))
        lines += _wrapped(text, columns, 6)
        lines += [line for warning in one.warnings for line in _wrapped(f"! {warning}", columns, 6)]
    return lines


def _row(series: Series, decision: Decision) -> tuple[str, ...]:
    role = f"{decision.channel} channel" if decision.channel is not None else decision.role.value
    return (
        series.key,
        series.plane.value,
        series.weighting.weighting.value,
        ", ".join(decision.station) or "-",
        "-" if decision.role is Role.UNUSED else role,
        " x ".join(map(str, series.shape)),
        " x ".join(f"{spacing:.2f}" for spacing in series.spacing_mm),
    )


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)).rstrip()


def _wrapped(text: str, columns: int, indent: int) -> list[str]:
    blank = " " * indent
    return textwrap.wrap(
        text,
        max(columns, 40),
        initial_indent=blank,
        subsequent_indent=blank + ("  " if text[:2] == "! " else ""),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _with_path(problem: Problem) -> str:
    return problem.message if str(problem.path) in problem.message else f"{problem.path}: {problem.message}"
