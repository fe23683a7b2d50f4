"""Rows of findings from CSV or JSON, as text by field name."""

import csv
import difflib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from spinemets.errors import InputError, UnreadableFileError
from spinemets.scoring.sins_text import FIELDS

Row = dict[str, str]
_DELIMITERS = ",;\t"
# So much of a field's name in common with a column's makes a person think that the column is read.
_TELLING_LETTERS = 6


def rows_of_text(text: str, layout: str, file: Path) -> list[Row | InputError]:
    """All rows of a CSV or JSON text; a row that cannot be used is the error that says why.

    Args:
        text: The whole text.
        layout: ``csv`` (a header, then a row for each lesion) or ``json`` (an object, or a list of them).
        file: Named in messages.

    Raises:
        InputError: If the text is no such table, has no level, or a column's name is a misspelt field.
    """
    rows = list(_csv_rows(text, file) if layout == "csv" else _json_rows(text, file))
    if not rows:
        raise InputError("holds no rows", file=file, remedy="give at least one lesion")
    return rows


def unread_columns(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Columns that are kept but not read, though they look like a field that is missing, with that field."""
    present = set(names)
    for field in FIELDS:
        if field not in present:
            start = field[:_TELLING_LETTERS]
            yield from ((name, field) for name in sorted(present) if name.casefold().startswith(start))


def _csv_rows(text: str, file: Path) -> Iterator[Row | InputError]:
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    try:
        names = [name.strip() for name in next(reader, [])]
        names = [name.casefold() if name.casefold() in FIELDS else name for name in names]
        _check_header(names, file)
        for number, cells in enumerate((cells for cells in reader if any(cells)), start=1):
            if len(cells) > len(names):
                problem = f"has {len(cells)} cells for {len(names)} columns"
                yield InputError(problem, field=f"row {number}", remedy='quote cells that hold a "," or ";"')
            else:
                yield dict(zip(names, cells, strict=False))
    except csv.Error as error:
        raise UnreadableFileError(f"is no CSV ({error})", file=file) from None


def _check_header(names: Sequence[str], file: Path) -> None:
    for name in names:
        if meant := _misspelt(name):
            raise InputError("is not a field", file=file, field=name, remedy=f"did you mean {meant}?")
    if len(set(names)) < len(names):
        raise InputError("has a column twice", file=file, field=", ".join(names))
    if "level" not in names:
        raise InputError("is missing", file=file, field="level", remedy=f"fields: {', '.join(FIELDS)}")


def _json_rows(text: str, file: Path) -> Iterator[Row | InputError]:
    try:
        content = json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise UnreadableFileError("is no JSON of lesions (nested too deeply)", file=file) from None
    except ValueError as error:
        raise UnreadableFileError(f"is no JSON ({error})", file=file) from None
    entries: Sequence[Any] = content if isinstance(content, list) else [content]
    for number, entry in enumerate(entries, start=1):
        yield _json_row(entry, number)


def _json_row(entry: object, number: int) -> Row | InputError:
    if not isinstance(entry, Mapping):
        return InputError(
            "is no object of fields", field=f"row {number}", remedy=f"fields: {', '.join(FIELDS)}"
        )
    for name in entry:
        if meant := _misspelt(name):
            return InputError(
                "is not a field", field=f"row {number}, {name}", remedy=f"did you mean {meant}?"
            )
    return {name: _json_text(value) for name, value in entry.items()}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object holds {twice!r} twice")
    return content


def _json_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "|".join(_json_text(each) for each in value)
    return value if isinstance(value, str) else json.dumps(value)


@lru_cache(maxsize=1024)
def _misspelt(name: str) -> str | None:
    """The field that a name comes close to: read as a column of the user's own it would stay unknown."""
    if name in FIELDS:
        return None
    written = name.casefold()
    swapped = [field for field in FIELDS if sorted(field) == sorted(written)]
    return next(iter(swapped or difflib.get_close_matches(written, FIELDS, 1, 0.8)), None)
