"""The spinal instability neoplastic score over what is known and what is not.

SINS: Fisher et al. 2010, Spine 35:E1221; reliability: Fourney et al. 2011, J Clin Oncol 29:3072.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any

from spinemets.anatomy import STANDARD_NUMBERING, BoneLesionType, Level, Numbering
from spinemets.scoring.location import location_of
from spinemets.scoring.possible import Possible, Source
from spinemets.scoring.sins_items import POINTS, Alignment, Collapse, Item, Location, Pain, Posterolateral


class SinsClass(StrEnum):
    """Class of the total."""

    STABLE = "stable"
    INDETERMINATE = "indeterminate"
    UNSTABLE = "unstable"


# Lowest total of each class (Fisher et al. 2010).
_CLASS_FROM = ((13, SinsClass.UNSTABLE), (7, SinsClass.INDETERMINATE), (0, SinsClass.STABLE))


class Consultation(StrEnum):
    """What the original advises for a class (Fisher et al. 2010); decision support, not an order."""

    NONE = "no surgical consultation on account of instability"
    ADVISED = "surgical consultation"
    URGENT = "urgent surgical consultation"


_CONSULTATION = {
    SinsClass.STABLE: Consultation.NONE,
    SinsClass.INDETERMINATE: Consultation.ADVISED,
    SinsClass.UNSTABLE: Consultation.URGENT,
}


@dataclass(frozen=True, slots=True)
class SinsFindings:
    """What is possible for each item at one level.

    Args:
        level: One level, or several where the numbering of levels is uncertain.
        pain: Stated by the patient.
        bone: Type of the lesion.
        alignment: Of the spine at the level.
        collapse: Of the body.
        posterolateral: Replacement or fracture of posterolateral elements.
        numbering: The person's count of vertebrae.

    Raises:
        ValueError: If the person has none of the levels' names.
    """

    level: Possible[Level]
    pain: Possible[Pain]
    bone: Possible[BoneLesionType]
    alignment: Possible[Alignment]
    collapse: Possible[Collapse]
    posterolateral: Possible[Posterolateral]
    numbering: Numbering = STANDARD_NUMBERING

    @property
    def location(self) -> tuple[Location, ...]:
        """Location classes of the possible levels, in the order of the table."""
        classes = {location_of(level, self.numbering) for level in self.level.values}
        return tuple(location for location in Location if location in classes)


@dataclass(frozen=True, slots=True)
class SinsItem:
    """One item of a score.

    Args:
        item: Which.
        findings: What is possible, most points first.
        points: Of each finding.
        source: Where the findings come from.
        evidence: What they rest on.
        needs_confirmation: Whether a person has to confirm them.
    """

    item: Item
    findings: tuple[str, ...]
    points: tuple[int, ...]
    source: Source
    evidence: str
    needs_confirmation: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What the score would be if an item had this finding.

    Args:
        finding: Of the item.
        minimum, maximum: Least and greatest total, 0 to 18, that the other items then allow.
        classes: Every class that they then allow.
    """

    finding: str
    minimum: int
    maximum: int
    classes: tuple[SinsClass, ...]


class Settles(StrEnum):
    """Whether knowing an item leaves one class."""

    ALWAYS = "whatever the answer"
    SOMETIMES = "for some answers"
    NEVER = "narrows the score only"


@dataclass(frozen=True, slots=True)
class MissingFact:
    """An uncertain item, and what each answer to it would give.

    Args:
        item: Which one.
        settles: Whether the answer leaves one class.
        answers: One for each finding that is possible.
    """

    item: Item
    settles: Settles
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class SinsScore:
    """The score of one level.

    Args:
        levels: The level, or all that it may be.
        items: In the order of the original table.
        minimum, maximum: Least and greatest total that the findings allow; both are reached.
        classes: Every class that the findings allow, least severe first.
        consultation: Advice for each class, in the same order.
        missing: Uncertain items, the most useful first; empty where the class is certain.
    """

    levels: tuple[Level, ...]
    items: tuple[SinsItem, ...]
    minimum: int
    maximum: int
    classes: tuple[SinsClass, ...]
    consultation: tuple[Consultation, ...]
    missing: tuple[MissingFact, ...]


def score_sins(findings: SinsFindings) -> SinsScore:
    """Score one level: the interval of totals, the set of classes, and the fact that would settle them.

    Args:
        findings: What is possible for each item. Items are taken to be independent of one another.
    """
    held: tuple[tuple[Item, tuple[Enum, ...], Possible[Any]], ...] = (
        (Item.LOCATION, findings.location, findings.level),
        (Item.PAIN, findings.pain.values, findings.pain),
        (Item.BONE, findings.bone.values, findings.bone),
        (Item.ALIGNMENT, findings.alignment.values, findings.alignment),
        (Item.COLLAPSE, findings.collapse.values, findings.collapse),
        (Item.POSTEROLATERAL, findings.posterolateral.values, findings.posterolateral),
    )
    outcome = _outcome(tuple((item, values) for item, values, _ in held))
    items = tuple(
        SinsItem(
            item,
            *_names_and_points(item, values),
            known.source,
            known.evidence,
            known.needs_confirmation,
        )
        for item, values, known in held
    )
    return SinsScore(findings.level.values, items, *outcome)


def class_of(total: int) -> SinsClass:
    """The class of a total.

    Raises:
        ValueError: If no spine has this total.
    """
    if not 0 <= total <= 18:
        raise ValueError(f"{total} is no SINS total; totals are 0 to 18")
    return next(each for lowest, each in _CLASS_FROM if total >= lowest)


@lru_cache(maxsize=4096)
def _names_and_points(item: Item, values: tuple[Enum, ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    return tuple(str(value.value) for value in values), tuple(POINTS[item][value] for value in values)


_Outcome = tuple[int, int, tuple[SinsClass, ...], tuple[Consultation, ...], tuple[MissingFact, ...]]
_Held = tuple[tuple[Item, tuple[Enum, ...]], ...]


@lru_cache(maxsize=65536)
def _outcome(held: _Held) -> _Outcome:
    totals = _totals(held)
    classes = _classes(totals)
    missing = _missing(held) if len(classes) > 1 else ()
    return min(totals), max(totals), classes, tuple(_CONSULTATION[each] for each in classes), missing


def _totals(held: _Held) -> frozenset[int]:
    """Every total that some completion of the findings reaches."""
    totals = {0}
    for item, values in held:
        totals = {total + POINTS[item][value] for total in totals for value in values}
    return frozenset(totals)


def _classes(totals: frozenset[int]) -> tuple[SinsClass, ...]:
    reached = {class_of(total) for total in totals}
    return tuple(each for each in SinsClass if each in reached)


def _missing(held: _Held) -> tuple[MissingFact, ...]:
    facts = [_fact(held, index) for index, (_, values) in enumerate(held) if len(values) > 1]
    order = list(Settles)

    def usefulness(fact: MissingFact) -> tuple[int, int, int]:
        settling = sum(len(answer.classes) == 1 for answer in fact.answers)
        widest = max(answer.maximum - answer.minimum for answer in fact.answers)
        return order.index(fact.settles), -settling, widest

    return tuple(sorted(facts, key=usefulness))


def _fact(held: _Held, index: int) -> MissingFact:
    item, values = held[index]
    answers = []
    for value in values:
        totals = _totals((*held[:index], (item, (value,)), *held[index + 1 :]))
        answers.append(Answer(str(value.value), min(totals), max(totals), _classes(totals)))
    settled = [len(answer.classes) == 1 for answer in answers]
    settles = Settles.ALWAYS if all(settled) else Settles.SOMETIMES if any(settled) else Settles.NEVER
    return MissingFact(item, settles, tuple(answers))
