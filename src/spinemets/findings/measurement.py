"""A measured value with its unit, what it was read from, and the rule that gave it."""

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """Units of measurements, as UCUM writes them."""

    MILLIMETRE = "mm"
    MILLILITRE = "mL"
    PERCENT = "%"
    DEGREE = "deg"
    ONE = "1"
    DIFFUSION = "10*-6.mm2/s"
    HOUNSFIELD = "[hnsf'U]"


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a value comes from.

    Args:
        rule: Name of the rule in ``findings.rules``, which says how it is measured and after whom.
        series: Keys of the series that it was read from.
        slices: Indices, from 0, of the slices of the first of these that show what is measured, a body or a
            lesion; none where it is not read from masks.
        weights_sha256: Of the network whose masks it rests on, several of an ensemble joined by ``+``; ""
            where none is involved.
    """

    rule: str
    series: tuple[str, ...] = ()
    slices: tuple[int, ...] = ()
    weights_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value, or the reason why there is none.

    Args:
        value: In ``unit``; None where it could not be measured.
        unit: Of the value.
        trace: Where it comes from.
        at_least: Whether the value is a lower bound, as of a lesion that the image cuts.
        note: Why there is no value, or what limits it.

    Raises:
        ValueError: If there is neither a value nor a note.
    """

    value: float | None
    unit: Unit
    trace: Trace
    at_least: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        if self.value is None and not self.note:
            raise ValueError("a measurement without a value needs a note that says why")
