"""Rows of a small CSV or JSON table as text, with strict columns."""

import csv
import difflib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from spinemets.errors import InputError, UnreadableFileError

_DELIMITERS = ",;\t"


def read_rows(path: Path, fields: Sequence[str], required: Iterable[str]) -> list[dict[str, str]]:
    """The rows of a table, as text by column; empty rows are left out.

    Args:
        path: ``.json`` (an object, or a list of them), else CSV with a header.
        fields: Columns that may occur.
        required: Those that must.

    Raises:
        UnreadableFileError: If the file is missing or no table.
        InputError: If a column is unknown or missing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFileError(f"cannot be read ({error})", file=path, remedy="check the path") from None
    rows = _json_rows(text, path) if path.suffix.casefold() == ".json" else _csv_rows(text, path)
    names = {name for row in rows for name in row}
    for name in sorted(names - set(fields)):
        close = difflib.get_close_matches(name, fields, 1)
        meant = f"did you mean {close[0]}?" if close else f"columns: {', '.join(fields)}"
        raise InputError("is no column of this table", file=path, field=name, remedy=meant)
    if rows and (lost := [name for name in required if name not in names]):
        raise InputError("is missing", file=path, field=lost[0], remedy=f"columns: {', '.join(fields)}")
    return [row for row in rows if any(row.values())]


def _csv_rows(text: str, path: Path) -> list[dict[str, str]]:
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnreadableFileError(f"is no CSV ({error})", file=path) from None
    if not lines:
        raise UnreadableFileError("is empty", file=path, remedy="give a header and a row for each study")
    header = [name.strip().casefold() for name in lines[0]]
    for number, cells in enumerate(lines[1:], start=1):
        if len(cells) > len(header):
            raise InputError(
                f"has {len(cells)} cells for {len(header)} columns", file=path, field=f"row {number}"
            )
    return [{name: cell.strip() for name, cell in zip(header, cells, strict=False)} for cells in lines[1:]]


def _json_rows(text: str, path: Path) -> list[dict[str, str]]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise UnreadableFileError(f"is no JSON ({error})", file=path) from None
    entries = content if isinstance(content, list) else [content]
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, Mapping):
            raise InputError("is no object of fields", file=path, field=f"row {number}")
    return [{str(name): _text(value) for name, value in entry.items()} for entry in entries]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "|".join(map(_text, value)) if isinstance(value, list) else str(value).strip()
