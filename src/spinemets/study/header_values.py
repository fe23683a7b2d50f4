"""Reads values of a DICOM header that may be absent, empty or nonsense."""

import math
from collections.abc import Iterable, Iterator, MutableSequence

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

Key = str | BaseTag


def values(elements: Dataset, key: Key) -> tuple[object, ...]:
    """The values of an element; empty where it is absent, empty or cannot be read."""
    try:
        found = elements.get(key)
        # By tag, pydicom gives the element, by keyword its value.
        value = found.value if isinstance(key, BaseTag) and found is not None else found
    except Exception:  # a value that its representation forbids raises almost anything
        return ()
    if value is None or value == "":
        return ()
    return tuple(value) if isinstance(value, MutableSequence | tuple) else (value,)


def text(elements: Dataset, key: Key) -> str:
    """The first value as text without white space around it; "" where there is none."""
    found = values(elements, key)
    return str(found[0]).strip().strip("\0") if found else ""


def whole_text(elements: Dataset, key: Key) -> str:
    """All values as they stand in the file: a backslash in a description does not divide it."""
    return "\\".join(str(value) for value in values(elements, key)).strip().strip("\0")


def texts(elements: Dataset, key: Key) -> tuple[str, ...]:
    """All values as text without white space around them."""
    return tuple(str(value).strip() for value in values(elements, key))


def number(elements: Dataset, key: Key) -> float | None:
    """The first value as a finite number; None where it is none."""
    found = values(elements, key)
    if not found:
        return None
    converted = _float(found[0])
    return converted if math.isfinite(converted) else None


def whole_number(elements: Dataset, key: Key) -> int | None:
    """The first value as an integer; None where it is no number."""
    found = number(elements, key)
    return None if found is None else int(found)


def numbers(elements: Dataset, key: Key) -> tuple[float, ...]:
    """All values as numbers; not a number where a value is none."""
    return tuple(_float(value) for value in values(elements, key))


def raw(elements: Dataset, tag: BaseTag) -> object:
    """An element as it stands in the file, to be compared: converting it would cost far more."""
    if tag not in elements:
        return None
    value = elements.get_item(tag).value
    return value if isinstance(value, bytes) else str(value)


def _float(value: object) -> float:
    try:
        return float(value.decode() if isinstance(value, bytes) else value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def items(elements: Dataset, key: Key) -> Iterator[Dataset]:
    """The items of a sequence; none where it is absent or no sequence."""
    return (item for item in values(elements, key) if isinstance(item, Dataset))


def first_item(places: Iterable[Dataset], key: Key) -> Dataset:
    """The first item of a sequence in the first of several places that has one; else an empty data set."""
    return next((item for place in places for item in items(place, key)), _NOTHING)


_NOTHING = Dataset()
