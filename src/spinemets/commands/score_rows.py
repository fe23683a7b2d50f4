"""Rows of findings from CSV or JSON, as text by field name."""

import csv
import difflib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from spinemets.errors import InputError, UnreadableFileError
from spinemets.scoring.sins_text import FIELDS

Row = dict[str, str]
_DELIMITERS = ",;\t"
# A cell that starts so is run as a formula by spreadsheets (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def rows_of_text(text: str, layout: str, file: Path) -> list[Row]:
    """All rows of a CSV or JSON text.

    Args:
        text: The whole text.
        layout: ``csv`` (a header, then a row for each lesion) or ``json`` (an object, or a list of them).
        file: Named in messages.

    Raises:
        InputError: If the text is no such table, has no level, or misspells a field.
    """
    rows = list(_csv_rows(text, file) if layout == "csv" else _json_rows(text, file))
    if not rows:
        raise InputError("holds no rows", file=file, remedy="give at least one lesion")
    return rows


def safe_cell(text: str) -> str:
    """Text for a CSV cell that no spreadsheet takes for a formula; numbers stay as they are."""
    if not text.startswith(_FORMULA_STARTS):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def _csv_rows(text: str, file: Path) -> Iterator[Row]:
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    try:
        names = [name.strip() for name in next(reader, [])]
        names = [name.casefold() if name.casefold() in FIELDS else name for name in names]
        _check_names(names, file)
        for number, cells in enumerate((cells for cells in reader if any(cells)), start=1):
            if len(cells) > len(names):
                raise InputError(
                    f"has {len(cells)} cells for {len(names)} columns", file=file, field=f"row {number}"
                )
            yield dict(zip(names, cells, strict=False))
    except csv.Error as error:
        raise UnreadableFileError(f"is no CSV ({error})", file=file) from None


def _json_rows(text: str, file: Path) -> Iterator[Row]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise UnreadableFileError(f"is no JSON ({error})", file=file) from None
    entries: Sequence[Any] = content if isinstance(content, list) else [content]
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, Mapping):
            raise InputError("is no object of fields", file=file, field=f"row {number}")
        _check_names(list(entry), file)
        yield {name: _json_text(value) for name, value in entry.items()}


def _json_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "|".join(_json_text(each) for each in value)
    return value if isinstance(value, str) else json.dumps(value)


def _check_names(names: Sequence[str], file: Path) -> None:
    """A misspelt field would silently be unknown: it is refused."""
    for name in names:
        if name not in FIELDS and (like := difflib.get_close_matches(name.casefold(), FIELDS, 1, 0.8)):
            raise InputError("is not a field", file=file, field=name, remedy=f"did you mean {like[0]}?")
    if len(set(names)) < len(names):
        raise InputError("has a column twice", file=file, field=", ".join(names))
    if "level" not in names:
        raise InputError("is missing", file=file, field="level", remedy=f"fields: {', '.join(FIELDS)}")
