"""The collapse item of SINS from a height loss and the involved part of the body."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from spinemets.scoring.possible import Possible, Source, possible
from spinemets.scoring.sins_items import Collapse

# SINS (Fisher et al. 2010) cuts at 50 %; exactly 50 % is undefined there and counted as more.
HALF_PERCENT = 50.0
# What is too small to be collapse rather than noise of measurement: ours, a setting.
DEFAULT_NOISE_PERCENT = 10.0
# Genant et al. 1993 (J Bone Miner Res 8:1137): lower bounds of mild, moderate and severe deformity.
_GENANT_PERCENT = (20.0, 25.0, 40.0)


class Genant(StrEnum):
    """Semiquantitative grade of a vertebral deformity (Genant et al. 1993)."""

    NONE = "0"
    MILD = "1"
    MODERATE = "2"
    SEVERE = "3"


@dataclass(frozen=True, slots=True)
class PercentRange:
    """Percentages that are possible, both ends included.

    Raises:
        ValueError: If an end lies outside 0 to 100, or they are in the wrong order.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.low <= self.high <= 100.0:
            raise ValueError(f"{self.low:g} to {self.high:g} is no range of percentages from 0 to 100")


ANY_PERCENT = PercentRange(0.0, 100.0)


def judge_collapse(
    loss_percent: Iterable[PercentRange],
    involved_percent: Iterable[PercentRange],
    source: Source,
    evidence: str = "",
    noise_percent: float = DEFAULT_NOISE_PERCENT,
) -> Possible[Collapse]:
    """The findings of the collapse item that a height loss and an involved part allow.

    Args:
        loss_percent: Largest loss of body height at its thirds; several ranges where several are possible.
        involved_percent: Lesion in the body over the body; only asked where there is no collapse.
        source: Where the percentages come from.
        evidence: What they rest on.
        noise_percent: Smaller losses are no collapse.

    Raises:
        ValueError: If the noise limit is not between 0 and 50, or nothing is possible.
    """
    if not 0.0 < noise_percent <= HALF_PERCENT:
        raise ValueError(f"noise_percent is {noise_percent:g}; it must be above 0 and at most 50")
    losses, parts = tuple(loss_percent), tuple(involved_percent)
    findings: set[Collapse] = set()
    if any(loss.high >= HALF_PERCENT for loss in losses):
        findings.add(Collapse.AT_LEAST_HALF)
    if any(loss.high >= noise_percent and loss.low < HALF_PERCENT for loss in losses):
        findings.add(Collapse.UNDER_HALF)
    if any(loss.low < noise_percent for loss in losses):
        findings |= _without_collapse(parts)
    if noise_percent == HALF_PERCENT:
        findings.discard(Collapse.UNDER_HALF)
    return possible(findings, source, evidence)


def genant_grade(loss_percent: float) -> Genant:
    """Genant's grade of a height loss, reported beside the item."""
    return list(Genant)[sum(loss_percent >= limit for limit in _GENANT_PERCENT)]


def _without_collapse(parts: tuple[PercentRange, ...]) -> set[Collapse]:
    findings = set()
    if any(part.high > HALF_PERCENT for part in parts):
        findings.add(Collapse.INVOLVED_OVER_HALF)
    if any(part.low <= HALF_PERCENT for part in parts):
        findings.add(Collapse.NEITHER)
    return findings
