"""What the report says of epidural compression at one level."""

from dataclasses import dataclass

from spinemets.anatomy import EsccGrade
from spinemets.inference.records import AxialImage, EsccResult, GradedSlice
from spinemets.report.axial_view import AxialView, axial_view
from spinemets.report.words import either, escc_words, percent, sentence

# Bilsky et al. 2010, J Neurosurg Spine 13:324.
_GRADE_MEANING = {
    EsccGrade.G0: "bone only",
    EsccGrade.G1A: "epidural, thecal sac not deformed",
    EsccGrade.G1B: "thecal sac deformed, cord not touched",
    EsccGrade.G1C: "thecal sac deformed, cord touched",
    EsccGrade.G2: "cord compressed, CSF visible",
    EsccGrade.G3: "cord compressed, no CSF visible",
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
        statements: What the grade means and rests on, in sentences.
        measured: What the geometry of the masks gives.
        disagrees: Whether the two differ by more than one grade.
        bars: Six, or none.
        slices: Every graded slice with its grade, in words.
        slice_words: The deciding slice.
        view: Its image; None where there is none.
    """

    words: str
    statements: tuple[str, ...]
    measured: str
    disagrees: bool
    bars: tuple[GradeBar, ...]
    slices: tuple[str, ...]
    slice_words: str
    view: AxialView | None


def escc_section(escc: EsccResult, axial: AxialImage | None) -> EsccSection:
    """The section of a level's grade.

    Args:
        escc: The grade.
        axial: The deciding slice; None where nothing was graded.
    """
    deciding = None if escc.worst is None else escc.slices[escc.worst]
    return EsccSection(
        words=escc_words(escc),
        statements=tuple(filter(None, _escc_statements(escc))),
        measured=_measured(escc),
        disagrees=escc.disagrees,
        bars=() if deciding is None else _bars(deciding, escc),
        slices=tuple(_slice_words(one) for one in escc.slices),
        slice_words="" if deciding is None else f"Slice {deciding.slice_index + 1}, {deciding.series}",
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
