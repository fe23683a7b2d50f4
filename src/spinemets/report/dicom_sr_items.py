"""Single statements of a DICOM structured report: measured values, grades and items of SINS."""

from collections.abc import Iterable

from highdicom.sr import (
    CodeContentItem,
    CodedConcept,
    ContentItem,
    ContentSequence,
    Measurement,
    NumContentItem,
    QualitativeEvaluation,
    RelationshipTypeValues,
    TextContentItem,
    UIDRefContentItem,
)
from pydicom.sr.coding import Code

from spinemets.anatomy import EsccGrade
from spinemets.findings import measurement as findings
from spinemets.inference.records import EsccResult, GradedSlice
from spinemets.report import dicom_sr_codes as names
from spinemets.scoring.escc import EsccAssessment
from spinemets.scoring.possible import Source
from spinemets.scoring.sins import SinsItem

Concept = Code | CodedConcept
Statement = Measurement | QualitativeEvaluation

# More digits than any measurement has, few enough for DICOM's 16 characters.
_DECIMALS = 4


def measured(name: Concept, value: findings.Measurement) -> Statement:
    """A measured value with its rule and source; where there is none, that it is unknown, and why.

    A lower bound carries the qualifier ``LOWER_BOUND``.
    """
    comment = [text(_trace_words(value))]
    if value.value is None:
        return evaluation(name, names.NOT_KNOWN, comment)
    qualifier = names.LOWER_BOUND if value.at_least else None
    return number(name, value.value, names.UNITS[value.unit], comment, qualifier)


def number(
    name: Concept,
    value: float,
    unit: Concept,
    children: Iterable[ContentItem] = (),
    qualifier: Concept | None = None,
) -> Measurement:
    """A number with what belongs to it."""
    made = Measurement(name=name, value=round(float(value), _DECIMALS), unit=unit, qualifier=qualifier)
    _add(made, children)
    return made


def evaluation(name: Concept, value: Concept, children: Iterable[ContentItem] = ()) -> QualitativeEvaluation:
    """A coded answer with what belongs to it."""
    made = QualitativeEvaluation(name=name, value=value)
    _add(made, children)
    return made


def text(
    words: str, relationship: RelationshipTypeValues = RelationshipTypeValues.HAS_PROPERTIES
) -> TextContentItem:
    """A comment."""
    return TextContentItem(name=names.COMMENT, value=words, relationship_type=relationship)


def probability_of(value: float) -> NumContentItem:
    """How probable the statement above it is, 0 to 1."""
    return NumContentItem(
        name=names.PROBABILITY,
        value=round(float(value), _DECIMALS),
        unit=names.UNITS[findings.Unit.ONE],
        relationship_type=RelationshipTypeValues.HAS_PROPERTIES,
    )


def sins_item(item: SinsItem) -> QualitativeEvaluation:
    """An item of SINS: its finding, or that it is open with every finding that is possible."""
    possible = [names.finding_code(item.item, finding) for finding in item.findings]
    known = item.source is not Source.UNKNOWN
    value = possible[0] if len(possible) == 1 else names.open_finding_code(item.item, known)
    children = [_child(names.POSSIBLE_FINDING, each) for each in possible if len(possible) > 1]
    words = f"source: {item.source}"
    words += f"; {item.evidence}" if item.evidence else ""
    words += "; needs confirmation" if item.needs_confirmation else ""
    return evaluation(names.item_code(item.item), value, [*children, text(words)])


def escc_graded(escc: EsccResult) -> QualitativeEvaluation:
    """The grade of the deciding slice with the set of possible grades, or that nothing can be graded."""
    worst = None if escc.worst is None else escc.slices[escc.worst]
    words = "; ".join(part for part in (escc.assessment.reason, escc.rule, escc.hint) if part)
    children: list[ContentItem] = [
        *_possible_grades(escc.assessment, worst),
        *_cuts(escc.assessment),
        *_deciding_slice(worst),
        text(words),
    ]
    if escc.assessment.is_gradable and escc.coverage is not None:
        children.append(_coverage(escc.coverage))
    return evaluation(names.ESCC_GRADE, _grade_value(escc.assessment, worst), children)


def escc_measured(escc: EsccResult) -> QualitativeEvaluation:
    """The grade that the geometry of the masks gives."""
    assessment = escc.measured
    children = [*_possible_grades(assessment, None), *_cuts(assessment), text(assessment.reason)]
    return evaluation(names.ESCC_MEASURED, _grade_value(assessment, None), children)


def _grade_value(assessment: EsccAssessment, worst: GradedSlice | None) -> Code:
    if not assessment.is_gradable:
        return names.NOT_GRADABLE
    if worst is not None:
        return names.grade_code(worst.grade)
    single = assessment.grades[0] if len(assessment.grades) == 1 else None
    return names.INDETERMINATE if single is None else names.grade_code(single)


def _possible_grades(assessment: EsccAssessment, worst: GradedSlice | None) -> list[CodeContentItem]:
    probabilities: dict[EsccGrade, float] = (
        {each.grade: each.probability for each in worst.probabilities} if worst else {}
    )
    items = []
    for grade in assessment.grades:
        item = _child(names.ESCC_POSSIBLE, names.grade_code(grade))
        if grade in probabilities:
            item.ContentSequence = ContentSequence([probability_of(probabilities[grade])])
        items.append(item)
    return items


def _cuts(assessment: EsccAssessment) -> list[CodeContentItem]:
    """Both published cuts between grades, and whether the cauda equina was graded."""
    answers = {True: names.YES, False: names.NO}
    cauda = assessment.cauda_equina
    return [
        *(_child(names.ESCC_SEVERITY, names.severity_code(each)) for each in assessment.severity),
        *(_child(names.ESCC_AT_LEAST_1C, answers[each]) for each in assessment.at_least_1c),
        *([] if cauda is None else [_child(names.ESCC_CAUDA, answers[cauda])]),
    ]


def _deciding_slice(worst: GradedSlice | None) -> list[ContentItem]:
    if worst is None:
        return []
    items: list[ContentItem] = [text(f"deciding slice: series {worst.series}, slice {worst.slice_index}")]
    if worst.sop_instance_uid:
        items.append(
            UIDRefContentItem(
                name=names.ESCC_SLICE,
                value=worst.sop_instance_uid,
                relationship_type=RelationshipTypeValues.HAS_PROPERTIES,
            )
        )
    return items


def _coverage(coverage: float) -> NumContentItem:
    return NumContentItem(
        name=names.ESCC_COVERAGE,
        value=round(100.0 * coverage, _DECIMALS),
        unit=names.UNITS[findings.Unit.PERCENT],
        relationship_type=RelationshipTypeValues.HAS_PROPERTIES,
    )


def _child(name: Concept, value: Concept) -> CodeContentItem:
    return CodeContentItem(name=name, value=value, relationship_type=RelationshipTypeValues.HAS_PROPERTIES)


def _add(statement: Statement, children: Iterable[ContentItem]) -> None:
    held = list(children)
    if held:
        statement[0].ContentSequence = ContentSequence(held)


def _trace_words(value: findings.Measurement) -> str:
    trace = value.trace
    words = [f"rule {trace.rule}"]
    if trace.series:
        words.append(f"series {', '.join(trace.series)}")
    if trace.slices:
        words.append(f"slices {trace.slices[0] + 1} to {trace.slices[-1] + 1}")
    if value.note:
        words.append(value.note)
    return "; ".join(words)
