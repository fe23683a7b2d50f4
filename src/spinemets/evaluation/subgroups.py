"""The parts of the data, such as each site."""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

NOT_STATED = "not stated"


def parts_of(items: Sequence[T], stratum_of: Callable[[T], str | None]) -> dict[str, list[T]]:
    """Items of each stratum, by its name in order.

    Args:
        items: Cases, or rows of whatever is evaluated.
        stratum_of: The stratum of one; None or "" where it is not stated, which is a stratum of its own.
    """
    parts: dict[str, list[T]] = {}
    for item in items:
        parts.setdefault(stratum_of(item) or NOT_STATED, []).append(item)
    return {stratum: parts[stratum] for stratum in sorted(parts)}
