"""What the report says of one involved level: ESCC, SINS with evidence, what would settle it, pathway."""

from dataclasses import dataclass

from spinemets.anatomy import EsccGrade
from spinemets.inference.records import AxialImage, EsccResult, GradedSlice, LevelResult
from spinemets.report.axial_view import AxialView, axial_view
from spinemets.report.words import (
    ITEM_NAMES,
    SOURCE_NAMES,
    either,
    escc_words,
    interval,
    levels_with_probability,
    percent,
    quantity,
    sentence,
)
from spinemets.scoring.pathway import Pathway
from spinemets.scoring.possible import Source
from spinemets.scoring.sins import MissingFact, Settles, SinsItem, SinsScore
from spinemets.scoring.sins_items import Collapse

# Bilsky et al. 2010, J Neurosurg Spine 13:324.
_GRADE_MEANING = {
    EsccGrade.G0: "bone only",
    EsccGrade.G1A: "epidural, thecal sac not deformed",
    EsccGrade.G1B: "thecal sac deformed, cord not touched",
    EsccGrade.G1C: "thecal sac deformed, cord touched",
    EsccGrade.G2: "cord compressed, CSF visible",
    EsccGrade.G3: "cord compressed, no CSF visible",
}
# Words of the score that need more to be understood where they stand alone.
_FINDING_WORDS = {Collapse.NEITHER.value: "no collapse, 50 % or less involved"}
_SETTLES = {
    Settles.ALWAYS: "settles the class, whatever the answer",
    Settles.SOMETIMES: "settles the class for some answers",
    Settles.NEVER: "narrows the score, but does not settle the class",
}


@dataclass(frozen=True, slots=True)
class GradeBar:
    """One grade in the chart of probabilities; the width is a percentage."""

    grade: str
    meaning: str
    width: float
    words: str
    in_set: bool


@dataclass(frozen=True, slots=True)
class EsccSection:
    """Epidural compression at the level.

    Args:
        words: ``ESCC 1c or 2``, or why there is none.
        gradable: Whether there is a grade.
        statements: What the grade means and rests on, in sentences.
        measured: What the geometry of the masks gives.
        disagrees: Whether the two differ by more than one grade.
        bars: Six, or none.
        slices: Every graded slice with its grade, in words.
        slice_words: The deciding slice.
        view: Its image; None where there is none.
    """

    words: str
    gradable: bool
    statements: tuple[str, ...]
    measured: str
    disagrees: bool
    bars: tuple[GradeBar, ...]
    slices: tuple[str, ...]
    slice_words: str
    view: AxialView | None


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
        escc=_escc_section(level.escc, axial),
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


def _escc_section(escc: EsccResult, axial: AxialImage | None) -> EsccSection:
    deciding = None if escc.worst is None else escc.slices[escc.worst]
    return EsccSection(
        words=escc_words(escc),
        gradable=escc.assessment.is_gradable,
        statements=tuple(_escc_statements(escc)),
        measured=_measured(escc),
        disagrees=escc.disagrees,
        bars=() if deciding is None else _bars(deciding, escc),
        slices=tuple(_slice_words(one) for one in escc.slices),
        slice_words="" if deciding is None else f"slice {deciding.slice_index + 1} of {deciding.series}",
        view=None if axial is None else axial_view(axial),
    )


def _escc_statements(escc: EsccResult) -> list[str]:
    assessment = escc.assessment
    if not assessment.is_gradable:
        return [f"Hint, not a grade: {sentence(escc.hint)}"] if escc.hint else []
    severity, answers = either(assessment.severity), assessment.at_least_1c
    alternative = "open" if len(answers) > 1 else "yes" if answers[0] else "no"
    statements = [
        sentence(assessment.reason),
        f"Compression: {severity} grade. Grade 1c or more: {alternative}.",
        coverage_words(escc),
    ]
    return [*statements, f"Rule: {escc.rule}." if escc.rule else "", sentence(escc.hint)]


def coverage_words(escc: EsccResult) -> str:
    """What the set of grades promises."""
    if escc.coverage is None:
        return "The network was not calibrated: this set is only as good as the network's own confidence."
    return f"The set is made to hold the true grade in {percent(escc.coverage)} of new slices."


def _measured(escc: EsccResult) -> str:
    measured = escc.measured
    if not measured.is_gradable:
        return sentence(measured.reason)
    return f"ESCC {either(measured.grades)} ({measured.reason})."


def _bars(deciding: GradedSlice, escc: EsccResult) -> tuple[GradeBar, ...]:
    return tuple(
        GradeBar(
            grade=one.grade.value,
            meaning=_meaning(one.grade, escc.assessment.cauda_equina),
            width=round(one.probability * 100, 1),
            words=percent(one.probability),
            in_set=one.grade in escc.assessment.grades,
        )
        for one in deciding.probabilities
    )


def _meaning(grade: EsccGrade, cauda_equina: bool | None) -> str:
    """Below the conus the cauda equina stands in the cord's place."""
    meaning = _GRADE_MEANING[grade]
    return meaning.replace("cord", "cauda equina") if cauda_equina else meaning


def _slice_words(one: GradedSlice) -> str:
    likely = max(one.probabilities, key=lambda each: each.probability)
    return f"{one.series}, slice {one.slice_index + 1}: {likely.grade} ({percent(likely.probability)})"


def _sins_row(item: SinsItem) -> SinsRow:
    unknown = item.source is Source.UNKNOWN
    finding = "not known" if unknown else either(_FINDING_WORDS.get(each, each) for each in item.findings)
    points = sorted(set(item.points))
    listed = [str(each) for each in points]
    return SinsRow(
        name=ITEM_NAMES[item.item],
        finding=finding,
        points=listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} or {listed[-1]}",
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
