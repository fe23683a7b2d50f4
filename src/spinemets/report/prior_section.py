"""What the report says of an earlier study of the same patient: lesions and levels beside each other."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from spinemets.findings.measurement import Measurement
from spinemets.inference.prior_records import (
    Direction,
    EsccChange,
    Gain,
    Involvement,
    LesionChange,
    LesionChangeKind,
    LesionReference,
    LevelChange,
    PriorComparison,
)
from spinemets.report.words import NOT_MEASURED, amount, either, number, sentence

_INVOLVEMENT = {
    Involvement.NEW: "new",
    Involvement.BOTH: "then and now",
    Involvement.ENDED: "no longer found",
    Involvement.NOT_COMPARABLE: "cannot be compared",
}
_KINDS = {LesionChangeKind.NOT_COMPARABLE: "cannot be compared"}
# These words are said of the answer first.
_MARKED = (LesionChangeKind.NEW, LesionChangeKind.GROWN)


@dataclass(frozen=True, slots=True)
class LesionChangeRow:
    """A lesion then and now."""

    kind: str
    marked: bool
    level: str
    then: str
    now: str
    volume_then: str
    volume_now: str
    percent: str
    note: str


@dataclass(frozen=True, slots=True)
class LevelChangeRow:
    """A level then and now."""

    level: str
    involvement: str
    escc_then: str
    escc_now: str
    escc: str
    sins: str
    sins_image: str
    note: str


@dataclass(frozen=True, slots=True)
class PriorSection:
    """All that the report says of the earlier study.

    Args:
        heading: ``Compared with the study 90 days earlier``.
        study: Its pseudonym.
        statements: What limits the comparison, in sentences.
        lesions: The worst first.
        levels: Head to feet.
    """

    heading: str
    study: str
    statements: tuple[str, ...]
    lesions: tuple[LesionChangeRow, ...]
    levels: tuple[LevelChangeRow, ...]


def prior_section(prior: PriorComparison) -> PriorSection:
    """The section of a comparison."""
    return PriorSection(
        heading=f"Compared with the {earlier_words(prior)}",
        study=prior.study,
        statements=tuple(map(sentence, prior.statements)),
        lesions=tuple(map(_lesion_row, prior.lesions)),
        levels=tuple(map(_level_row, prior.levels)),
    )


def earlier_words(prior: PriorComparison) -> str:
    """``study 90 days earlier``, or ``earlier study`` where only the order is known."""
    if prior.days is None:
        return "earlier study"
    return f"study {prior.days} day{'' if prior.days == 1 else 's'} earlier"


def lesions_words(changes: Sequence[LesionChange]) -> str:
    """How many lesions have become what: ``1 new, 2 grown, 1 cannot be compared``."""
    counts = Counter(one.kind for one in changes)
    return ", ".join(
        f"{counts[kind]} {_KINDS.get(kind, kind.value)}" for kind in LesionChangeKind if counts[kind]
    )


def directions_words(directions: Sequence[Direction]) -> str:
    """``worse or same``; ``open`` where everything is possible."""
    return "open" if len(directions) == len(Direction) else either(directions)


def _lesion_row(change: LesionChange) -> LesionChangeRow:
    return LesionChangeRow(
        kind=_KINDS.get(change.kind, change.kind.value),
        marked=change.kind in _MARKED,
        level="none" if change.belief is None else change.belief.words,
        then=_numbers(change.then),
        now=_numbers(change.now),
        volume_then=_volume(change.volume_then),
        volume_now=_volume(change.volume_now),
        percent=NOT_MEASURED if change.change_percent is None else _signed(change.change_percent),
        note=sentence(change.reason),
    )


def _numbers(lesions: Sequence[LesionReference]) -> str:
    """Numbers, with the station's name where a study has several of the same number."""
    return ", ".join(f"{one.number} ({one.station})" for one in lesions) or NOT_MEASURED


def _volume(volume: Measurement | None) -> str:
    return NOT_MEASURED if volume is None else amount(volume)


def _signed(value: float) -> str:
    return f"+{number(value, 0)}" if round(value) > 0 else number(value, 0)


def _level_row(change: LevelChange) -> LevelChangeRow:
    then, now, escc = _escc(change.escc)
    gains = () if change.sins is None else (change.sins.total, change.sins.image)
    total, image = map(_gain, gains) if gains else (NOT_MEASURED, NOT_MEASURED)
    notes = (change.reason, "" if change.escc is None else change.escc.reason)
    return LevelChangeRow(
        level=change.belief.words,
        involvement=_INVOLVEMENT[change.involvement],
        escc_then=then,
        escc_now=now,
        escc=escc,
        sins=total,
        sins_image=image,
        note=" ".join(sentence(note) for note in notes if note),
    )


def _escc(change: EsccChange | None) -> tuple[str, str, str]:
    if change is None:
        return (NOT_MEASURED,) * 3
    then, now = (either(grades) if grades else NOT_MEASURED for grades in (change.then, change.now))
    return then, now, directions_words(change.directions) if change.directions else "cannot be compared"


def _gain(gain: Gain) -> str:
    """``+2``, or ``-1 to +5, open``."""
    ends = dict.fromkeys((_signed(gain.minimum), _signed(gain.maximum)))
    return f"{' to '.join(ends)}, {directions_words(gain.directions)}"
