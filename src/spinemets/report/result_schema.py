"""The JSON schema of ``result.json``, described in the words of the records' docstrings."""

import re
from typing import Any

from pydantic import TypeAdapter

from spinemets.inference.records import SCHEMA_VERSION, StudyResult

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# ``name: text`` or ``one, other: text`` in the section of arguments, with the lines that continue it.
_ARGUMENT = re.compile(r"^ {4}(\w+(?:, \w+)*): (.+(?:\n {8}.+)*)", re.MULTILINE)


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of what ``write_result`` writes.

    Each object is described by the first paragraph of its record's docstring, each field by its entry there.
    """
    built = TypeAdapter(StudyResult).json_schema(mode="serialization")
    for record in (built, *built["$defs"].values()):
        _describe(record)
    return {
        "$schema": _DIALECT,
        "title": f"SpineMets result {SCHEMA_VERSION}",
        **{name: part for name, part in built.items() if name != "title"},
    }


def _describe(record: dict[str, Any]) -> None:
    """Move the text on each field from the record's docstring to the field."""
    text = record.get("description", "")
    record["description"] = _plain(text.partition("\n\n")[0])
    texts = {
        name.strip(): _plain(entry.group(2))
        for entry in _ARGUMENT.finditer(text.partition("\n\nRaises:")[0])
        for name in entry.group(1).split(",")
    }
    for name, field in record.get("properties", {}).items():
        field.pop("title", None)
        if name in texts:
            field["description"] = texts[name]


def _plain(text: str) -> str:
    return re.sub(r"\bNone\b", "null", " ".join(text.replace("``", "'").split()))
