"""What is held to be possible, where it comes from, and why: the form in which every rule takes its facts."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Generic, TypeVar

T = TypeVar("T", bound=Enum)


class Source(StrEnum):
    """Where a finding comes from."""

    MEASURED = "measured"
    CLINICAL = "clinical"
    CT = "CT"
    STATED = "stated"
    ASSUMED = "assumed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Possible(Generic[T]):
    """The findings that are possible for one item; one value is certainty, all values are ignorance.

    Args:
        values: Without repeats, in the order of the enumeration.
        source: Where they come from.
        evidence: What they rest on, for the reader.
        needs_confirmation: Whether a person has to confirm them before they count.

    Raises:
        ValueError: If no value is possible, one is repeated, or they are not in order.
    """

    values: tuple[T, ...]
    source: Source
    evidence: str = ""
    needs_confirmation: bool = False

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("at least one finding must be possible")
        if self.values != _ordered(self.values):
            raise ValueError(f"findings must be in order and without repeats, got {self.values}")

    @property
    def is_certain(self) -> bool:
        """Whether only one value is possible."""
        return len(self.values) == 1


def possible(
    values: Iterable[T], source: Source, evidence: str = "", needs_confirmation: bool = False
) -> Possible[T]:
    """Possible findings in any order, repeats allowed.

    Raises:
        ValueError: If there are none.
    """
    return Possible(_ordered(values), source, evidence, needs_confirmation)


def unknown(kind: type[T], evidence: str = "") -> Possible[T]:
    """Every value of an enumeration is possible, and nothing is known."""
    return Possible(tuple(kind), Source.UNKNOWN, evidence)


def _ordered(values: Iterable[T]) -> tuple[T, ...]:
    wanted = frozenset(values)
    return _in_order(type(next(iter(wanted))), wanted) if wanted else ()


# The kind is part of the key: words of different enumerations compare equal.
@lru_cache(maxsize=4096)
def _in_order(kind: type[T], wanted: frozenset[T]) -> tuple[T, ...]:
    return tuple(value for value in kind if value in wanted)
