"""``result.json``: a study's result in a versioned file that later versions still read."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from pydantic import TypeAdapter, ValidationError

from spinemets.errors import InputError, UnreadableFileError
from spinemets.inference.records import SCHEMA_VERSION, StudyResult

# A thousandth of a micrometre: finer digits are noise of arithmetic. Probabilities keep more, because those
# of a level must still add up to 1.
_DECIMALS, _DECIMALS_OF_PROBABILITY = 6, 9
# What a reader wants to see before anything else.
_FIRST = ("schema_version", "note")
_NEWER = "read it with the version of SpineMets that wrote it, or a later one"
_DAMAGED = "run spinemets infer again"


def write_result(result: StudyResult, path: Path) -> None:
    """Write a result; the file appears whole or not at all, and the same result gives the same bytes.

    Keys are in the order of the records, enumerations are their words, floats have at most six decimals.

    Args:
        result: Of one study.
        path: Of the file.

    Raises:
        ValueError: If a value is not finite, which is an error of ours.
    """
    content = _rounded(_adapter().dump_python(result, mode="json", warnings="error"))
    content = {name: content[name] for name in _FIRST} | content
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        partial.write_bytes(f"{text}\n".encode())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_result(path: Path) -> StudyResult:
    """Read a result that this version, an older one, or a later one of the same major version wrote.

    Args:
        path: Of the file.

    Raises:
        UnreadableFileError: If the file is missing or no JSON.
        InputError: If it is no result, is damaged, or has a newer format; it names the field.
    """
    content = _content(path)
    _check_version(content, path)
    try:
        # From text, because JSON has lists and words where the records have tuples and enumerations.
        return _adapter().validate_json(json.dumps(content), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise InputError(
            first["msg"].removeprefix("Value error, "), file=path, field=field, remedy=_DAMAGED
        ) from None


@cache
def _adapter() -> TypeAdapter[StudyResult]:
    return TypeAdapter(StudyResult)


def _rounded(value: Any, key: str = "") -> Any:
    if isinstance(value, float):
        # Adding zero turns -0.0 into 0.0.
        return round(value, _DECIMALS_OF_PROBABILITY if key == "probability" else _DECIMALS) + 0.0
    if isinstance(value, dict):
        return {name: _rounded(one, name) for name, one in value.items()}
    return [_rounded(one, key) for one in value] if isinstance(value, list) else value


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_not_finite)
    except OSError as error:
        raise UnreadableFileError(
            f"cannot be read ({error.strerror})", file=path, remedy="check the path"
        ) from None
    except (ValueError, RecursionError) as error:
        raise UnreadableFileError(f"is no JSON ({error})", file=path, remedy=_DAMAGED) from None
    if not isinstance(content, dict):
        raise InputError(
            "holds no object", file=path, field="the whole", remedy="name a result.json of spinemets infer"
        )
    return content


def _not_finite(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _check_version(content: dict[str, Any], path: Path) -> None:
    version = content.get("schema_version")
    major, dot, minor = version.partition(".") if isinstance(version, str) else ("", "", "")
    if not (dot and major.isdecimal() and minor.isdecimal()):
        found = "is missing" if version is None else f"{version!r} is no version"
        raise InputError(
            found, file=path, field="schema_version", remedy="name a result.json of spinemets infer"
        )
    if int(major) > int(SCHEMA_VERSION.partition(".")[0]):
        raise InputError(
            f"is {version}; this version reads up to {SCHEMA_VERSION}",
            file=path,
            field="schema_version",
            remedy=_NEWER,
        )
