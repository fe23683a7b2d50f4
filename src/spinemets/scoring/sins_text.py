"""SINS findings from text: the words of a command line, a CSV row or a JSON object."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from typing import TypeVar

from spinemets.anatomy import STANDARD_NUMBERING, BoneLesionType, Level, Numbering
from spinemets.errors import InputError
from spinemets.scoring.collapse import (
    ANY_PERCENT,
    DEFAULT_NOISE_PERCENT,
    PercentRange,
    genant_grade,
    judge_collapse,
)
from spinemets.scoring.possible import Possible, Source, possible, unknown
from spinemets.scoring.sins import SinsFindings
from spinemets.scoring.sins_items import Alignment, Collapse, Pain, Posterolateral

T = TypeVar("T", bound=StrEnum)
R = TypeVar("R")

FIELDS = (
    "level",
    "pain",
    "bone",
    "alignment",
    "collapse",
    "involved",
    "posterolateral",
    "thoracic_count",
    "lumbar_count",
)
UNKNOWN_WORDS = frozenset({"", "unknown", "?"})
LEVELS_ALLOWED = "occiput, C1-C7, T1-T13, L1-L6, S1-S5"
THORACIC_COUNTS, LUMBAR_COUNTS = (11, 12, 13), (4, 5, 6)
# Levels that not everybody has, and so say themselves how many vertebrae there are.
_THORACIC_BY_LEVEL, _LUMBAR_BY_LEVEL = {Level.T13: 13}, {Level.L6: 6}
_PERCENT_ALLOWED = "a percentage from 0 to 100, a range such as 40-60, several joined by |, or unknown"


def allowed_words(kind: type[StrEnum]) -> str:
    """The words of a finding for a message or a help text, such as ``lytic|mixed|blastic``."""
    return "|".join(member.value for member in kind)


def findings_from_text(
    values: Mapping[str, str], row: str | None = None, noise_percent: float = DEFAULT_NOISE_PERCENT
) -> SinsFindings:
    """The findings that one row states; what it leaves out or calls unknown stays open.

    Counts of vertebrae that are not stated are what the level implies (T13, L6), else the usual 12 and 5.

    Args:
        values: Text by field name (``FIELDS``); other names are ignored.
        row: What to call the row in messages, such as ``row 3``.
        noise_percent: Smaller height losses are no collapse.

    Raises:
        InputError: If the level is missing, a value is not among those allowed, or the level does not occur
            with the counts; it names row, field and what is allowed.
    """
    read = _Reader(values, row)
    stated_level = read(_level, "level")
    counts = (
        read(partial(_count, THORACIC_COUNTS), "thoracic_count"),
        read(partial(_count, LUMBAR_COUNTS), "lumbar_count"),
    )
    level, numbering = read(lambda _: _numbered(stated_level, *counts), "level")
    return SinsFindings(
        level=level,
        pain=read(partial(_words, Pain), "pain"),
        bone=read(partial(_words, BoneLesionType), "bone"),
        alignment=read(partial(_words, Alignment), "alignment"),
        collapse=_collapse(read(_percentages, "collapse"), read(_percentages, "involved"), noise_percent),
        posterolateral=read(partial(_words, Posterolateral), "posterolateral"),
        numbering=numbering,
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Parses fields of one row, and says of which row and field a bad value is."""

    values: Mapping[str, str]
    row: str | None

    def __call__(self, parse: Callable[[str], R], field: str) -> R:
        text = self.values.get(field, "").strip()
        try:
            return parse(text)
        except ValueError as error:
            where = field if self.row is None else f"{self.row}, {field}"
            problem = f"{text!r} is not allowed" if text else "is missing"
            raise InputError(problem, field=where, remedy=f"allowed: {error}") from None


@lru_cache(maxsize=256)
def _level(text: str) -> Level:
    try:
        return Level.parse(text)
    except ValueError:
        raise ValueError(LEVELS_ALLOWED) from None


def _count(allowed: tuple[int, ...], text: str) -> int | None:
    if text.casefold() in UNKNOWN_WORDS:
        return None
    if text not in map(str, allowed):
        raise ValueError(f"{'|'.join(map(str, allowed))}, or unknown")
    return int(text)


@lru_cache(maxsize=512)
def _numbered(level: Level, thoracic: int | None, lumbar: int | None) -> tuple[Possible[Level], Numbering]:
    numbering = Numbering(
        thoracic or _THORACIC_BY_LEVEL.get(level, STANDARD_NUMBERING.thoracic_count),
        lumbar or _LUMBAR_BY_LEVEL.get(level, STANDARD_NUMBERING.lumbar_count),
    )
    counts = f"{numbering.thoracic_count} thoracic and {numbering.lumbar_count} lumbar vertebrae"
    if level not in numbering.levels:
        raise ValueError(f"levels of a spine of {counts}")
    evidence = level.value if numbering == STANDARD_NUMBERING else f"{level}, {counts}"
    return possible([level], Source.STATED, evidence), numbering


@lru_cache(maxsize=1024)
def _words(kind: type[T], text: str) -> Possible[T]:
    if text.casefold() in UNKNOWN_WORDS:
        return unknown(kind)
    try:
        return possible([kind(word.strip().casefold()) for word in text.split("|")], Source.STATED)
    except ValueError:
        raise ValueError(f"{allowed_words(kind)}, several joined by |, or unknown") from None


def _percentages(text: str) -> tuple[PercentRange, ...] | None:
    if text.casefold() in UNKNOWN_WORDS:
        return None
    try:
        return tuple(_percent_range(part) for part in text.split("|"))
    except ValueError:
        raise ValueError(_PERCENT_ALLOWED) from None


def _percent_range(text: str) -> PercentRange:
    low, dash, high = text.replace("%", "").partition("-")
    return PercentRange(float(low), float(high if dash else low))


def _collapse(
    loss: tuple[PercentRange, ...] | None, part: tuple[PercentRange, ...] | None, noise_percent: float
) -> Possible[Collapse]:
    if loss is None and part is None:
        return unknown(Collapse)
    evidence = []
    if loss is not None:
        evidence.append(f"{_in_words(loss)} % of height lost, {_genant_in_words(loss)}")
    if part is not None:
        evidence.append(f"{_in_words(part)} % of body involved")
    return judge_collapse(
        loss or (ANY_PERCENT,), part or (ANY_PERCENT,), Source.STATED, "; ".join(evidence), noise_percent
    )


def _genant_in_words(loss: tuple[PercentRange, ...]) -> str:
    least = genant_grade(min(each.low for each in loss))
    greatest = genant_grade(max(each.high for each in loss))
    return f"Genant {least}" if least is greatest else f"Genant {least}-{greatest}"


def _in_words(ranges: tuple[PercentRange, ...]) -> str:
    return " or ".join(
        f"{each.low:g}" if each.low == each.high else f"{each.low:g}-{each.high:g}" for each in ranges
    )
