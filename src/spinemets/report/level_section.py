"""What the report says of one involved level: ESCC, SINS with evidence, what would settle it, pathway."""

from dataclasses import dataclass

from spinemets.inference.records import AxialImage, LevelResult
from spinemets.report.escc_section import EsccSection, escc_section
from spinemets.report.words import (
    ITEM_NAMES,
    SOURCE_NAMES,
    either,
    interval,
    levels_with_probability,
    quantity,
    sentence,
)
from spinemets.scoring.pathway import Pathway
from spinemets.scoring.possible import Source
from spinemets.scoring.sins import MissingFact, Settles, SinsItem, SinsScore
from spinemets.scoring.sins_items import Collapse

# Words of the score that need more to be understood where they stand alone.
_FINDING_WORDS = {Collapse.NEITHER.value: "no collapse, 50 % or less involved"}
_SETTLES = {
    Settles.ALWAYS: "settles the class, whatever the answer",
    Settles.SOMETIMES: "settles the class for some answers",
    Settles.NEVER: "narrows the score, but does not settle the class",
}


@dataclass(frozen=True, slots=True)
class SinsRow:
    """An item of the score as a row of its table."""

    name: str
    finding: str
    points: str
    source: str
    evidence: str
    needs_confirmation: bool


@dataclass(frozen=True, slots=True)
class MissingRow:
    """An open item, and what each answer to it would give."""

    name: str
    settles: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LevelSection:
    """All that the report says of a level.

    Args:
        anchor: Of the heading, for links.
        words: ``L4 or L5``.
        station: That shows it best.
        beliefs: Each level with its probability; "" where the level is certain.
        evidence: What the level's name rests on.
        lesion_volume: In words.
        escc: Epidural compression.
        total, classes, consultation: Of SINS.
        items: Of SINS.
        missing: Open items, the most useful first.
        pathway: What the findings make worth considering.
    """

    anchor: str
    words: str
    station: str
    beliefs: str
    evidence: tuple[str, ...]
    lesion_volume: str
    escc: EsccSection
    total: str
    classes: str
    consultation: str
    items: tuple[SinsRow, ...]
    missing: tuple[MissingRow, ...]
    pathway: Pathway


def level_section(place: int, level: LevelResult, axial: AxialImage | None) -> LevelSection:
    """The section of a level.

    Args:
        place: Of the level in the result.
        level: The level.
        axial: Its deciding slice; None where nothing was graded.
    """
    score = level.sins
    return LevelSection(
        anchor=f"level-{place + 1}",
        words=level.belief.words,
        station=level.station,
        beliefs="" if level.belief.is_certain else levels_with_probability(level.belief),
        evidence=tuple(map(sentence, level.belief.evidence)),
        lesion_volume=quantity(level.lesion_volume),
        escc=escc_section(level.escc, axial),
        total=interval(score.minimum, score.maximum),
        classes=either(score.classes),
        consultation=either(score.consultation),
        items=tuple(map(_sins_row, score.items)),
        missing=tuple(map(_missing_row, score.missing)),
        pathway=level.pathway,
    )


def open_items(score: SinsScore) -> tuple[str, ...]:
    """Names of the items that have more than one possible finding."""
    return tuple(ITEM_NAMES[one.item] for one in score.items if len(one.findings) > 1)


def _sins_row(item: SinsItem) -> SinsRow:
    unknown = item.source is Source.UNKNOWN
    finding = "not known" if unknown else either(_FINDING_WORDS.get(each, each) for each in item.findings)
    return SinsRow(
        name=ITEM_NAMES[item.item],
        finding=finding,
        points=either(map(str, sorted(set(item.points)))),
        source=SOURCE_NAMES[item.source],
        evidence=sentence(item.evidence),
        needs_confirmation=item.needs_confirmation,
    )


def _missing_row(fact: MissingFact) -> MissingRow:
    return MissingRow(
        name=ITEM_NAMES[fact.item],
        settles=_SETTLES[fact.settles],
        answers=tuple(
            f"{_FINDING_WORDS.get(one.finding, one.finding)}: {interval(one.minimum, one.maximum)}, "
            f"{either(one.classes)}"
            for one in fact.answers
        ),
    )
