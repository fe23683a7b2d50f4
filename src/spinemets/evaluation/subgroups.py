"""The same figures for each part of the data, such as each site."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from spinemets.evaluation.figure import Figure

T = TypeVar("T")

NOT_STATED = "not stated"


def figures_by(
    by: str,
    items: Sequence[T],
    stratum_of: Callable[[T], str | None],
    evaluate: Callable[[Sequence[T]], Iterable[Figure]],
) -> tuple[Figure, ...]:
    """Figures of each stratum, by its name.

    Args:
        by: What the data is split by, such as ``site``.
        items: Cases, or rows of whatever is evaluated.
        stratum_of: The stratum of one; None or "" where it is not stated, which is a stratum of its own.
        evaluate: Figures of some of the items.
    """
    parts: dict[str, list[T]] = {}
    for item in items:
        parts.setdefault(stratum_of(item) or NOT_STATED, []).append(item)
    return tuple(
        replace(figure, by=by, stratum=stratum)
        for stratum in sorted(parts)
        for figure in evaluate(parts[stratum])
    )
