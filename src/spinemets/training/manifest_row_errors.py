"""Says in plain words which rows of a manifest are wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from spinemets.errors import InputError

_MOST_PROBLEMS = 10


def wrong_rows(path: Path | None, content: Mapping[str, Any], error: ValidationError) -> InputError:
    """The error that lists what is wrong, the first ten.

    Args:
        path: The manifest; None before it is written.
        content: What was validated.
        error: What pydantic found.
    """
    errors = error.errors(include_url=False)
    # Pydantic calls a list whose items are wrong too short, besides.
    inner = {each["loc"][:length] for each in errors for length in range(len(each["loc"]))}
    found = [_described(content, each) for each in errors if each["loc"] not in inner]
    (field, problem), *others = found
    more = [f"{where}: {what}" for where, what in others[: _MOST_PROBLEMS - 1]]
    if len(found) > _MOST_PROBLEMS:
        more.append(f"and {len(found) - _MOST_PROBLEMS} more")
    return InputError(
        "; ".join([problem, *more]), file=path, field=field or None, remedy="see docs/manifest.md"
    )


def _described(content: Mapping[str, Any], error: Any) -> tuple[str, str]:
    """Where and what: ``row 3 (case-3), stations[0].series[1].plane`` and a sentence."""
    place = list(error["loc"])
    row = ""
    if place[:1] == ["training"] and len(place) > 1:
        number = place[1]
        study = content["training"][number]
        name = study.get("study") if isinstance(study, Mapping) else None
        row, place = f"row {number + 1}" + (f" ({name})" if name else ""), place[2:]
    inside = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    shown = f", found {error['input']!r}" if isinstance(error["input"], str | int | float) else ""
    what = {"extra_forbidden": "is no field of a manifest", "missing": "is missing"}.get(error["type"])
    problem = what or f"{error['msg'].removeprefix('Value error, ')}{shown}"
    return ", ".join(filter(None, (row, inside))), problem
