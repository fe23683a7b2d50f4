"""A figure of an evaluation: a value with its interval, how that was made, and of how many patients."""

from dataclasses import dataclass
from math import isfinite

from spinemets.findings.measurement import Unit


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its interval, or the reason why there is none.

    Args:
        name: What it is, such as ``sensitivity``.
        value: In ``unit``; None where it is undefined.
        unit: Of the value and its interval.
        low, high: Ends of the interval, both or neither.
        level: Coverage that the interval aims at.
        method: How the interval was made; "" where there is none.
        n: What was counted for it: lesions, vertebrae, cases, as the name says.
        patients: Whose they are.
        undefined_resamples: Resamples that left the value undefined and count for nothing in the interval.
        reason: Why there is no value, or no interval.
        by, stratum: Of which part of the data it is, such as ``site`` and ``B``; "" for all.

    Raises:
        ValueError: If a number is not finite, or a value or an interval is missing without a reason.
    """

    name: str
    value: float | None
    unit: Unit = Unit.ONE
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    method: str = ""
    n: int = 0
    patients: int = 0
    undefined_resamples: int = 0
    reason: str = ""
    by: str = ""
    stratum: str = ""

    def __post_init__(self) -> None:
        if any(each is not None and not isfinite(each) for each in (self.value, self.low, self.high)):
            raise ValueError(f"{self.name} has a number that is not finite; say None and why")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.name} has one end of an interval")
        if (self.value is None or self.low is None) and not self.reason:
            raise ValueError(f"{self.name} lacks a value or an interval, and a reason for it")
