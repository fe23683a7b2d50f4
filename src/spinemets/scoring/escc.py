"""The grade of epidural spinal cord compression from what a section shows.

ESCC: Bilsky et al. 2010, J Neurosurg Spine 13:324.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from spinemets.anatomy import EsccGrade

# The published cut between low and high grade (Bilsky et al. 2010), and the one that another group uses
# (Hallinan et al. 2022, Front Oncol 12:849447): both are reported.
HIGH_FROM = EsccGrade.G2
ALTERNATIVE_FROM = EsccGrade.G1C

CAUDA_EQUINA_NOTE = "Below the conus there is no cord: the cauda equina is graded in its place."


class Severity(StrEnum):
    """Low or high grade compression."""

    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class EsccFindings:
    """What one section, or one level, shows; None where it is not known.

    Each finding takes the one before it for granted: a compressed cord is a touched one.

    Args:
        epidural_tumour: Tumour in the epidural space.
        sac_deformed: Thecal sac deformed.
        cord_touched: Cord touched, displaced or not.
        cord_compressed: Cord compressed.
        csf_visible: CSF seen around the cord at the site of compression.
        has_cord: False below the conus, where the cauda equina is judged in the cord's place.

    Raises:
        ValueError: If the findings contradict one another.
    """

    epidural_tumour: bool | None = None
    sac_deformed: bool | None = None
    cord_touched: bool | None = None
    cord_compressed: bool | None = None
    csf_visible: bool | None = None
    has_cord: bool | None = None

    def __post_init__(self) -> None:
        stated = [(name, getattr(self, name)) for name in _LADDER]
        for (lower, absent), (higher, present) in itertools.combinations(stated, 2):
            if absent is False and present is True:
                raise ValueError(f"{higher} is stated although {lower} is denied")


_LADDER = ("epidural_tumour", "sac_deformed", "cord_touched", "cord_compressed")


@dataclass(frozen=True, slots=True)
class EsccAssessment:
    """The grade of one section or level.

    Args:
        grades: Every grade that is possible, in order of severity; empty where nothing can be graded.
        reason: What the grades rest on, or why nothing can be graded.
        severity: Low, high or both; empty where nothing can be graded.
        at_least_1c: Whether the grade is 1c or more: the values that are possible.
        cauda_equina: True where the cauda equina was judged in the cord's place, None if not known.
    """

    grades: tuple[EsccGrade, ...]
    reason: str
    severity: tuple[Severity, ...]
    at_least_1c: tuple[bool, ...]
    cauda_equina: bool | None

    @property
    def is_gradable(self) -> bool:
        """Whether there is any grade."""
        return bool(self.grades)


def grade_escc(findings: EsccFindings) -> EsccAssessment:
    """The grades that the findings allow; several where a finding is not known."""
    completions = tuple(_completions(findings))
    grades = {_grade(completion) for completion in completions}
    stated = [
        f"{_in_words(field.name)}: {'yes' if getattr(findings, field.name) else 'no'}"
        for field in fields(findings)
        if field.name != "has_cord" and getattr(findings, field.name) is not None
    ]
    reason = "; ".join(stated) or "nothing is known"
    undecided = _undecided(completions)
    if stated and undecided:
        reason += f"; not known: {', '.join(map(_in_words, undecided))}"
    cauda = None if findings.has_cord is None else not findings.has_cord
    if cauda:
        reason += f". {CAUDA_EQUINA_NOTE}"
    return _assessment(grades, reason, cauda)


def not_gradable(reason: str) -> EsccAssessment:
    """The answer where nothing can be graded, such as without axial T2 at the level; never grade 0."""
    return EsccAssessment((), f"not gradable: {reason}", (), (), None)


def assessment_of(
    grades: Iterable[EsccGrade], reason: str, cauda_equina: bool | None = None
) -> EsccAssessment:
    """The assessment that a reader, or a network, gives as grades that are possible.

    Args:
        grades: At least one, in any order.
        reason: What they rest on.
        cauda_equina: Whether the cauda equina was judged in the cord's place; None if not known.

    Raises:
        ValueError: If there is no grade; ``not_gradable`` says that.
    """
    if not (found := tuple(grades)):
        raise ValueError("an assessment needs a grade")
    note = f". {CAUDA_EQUINA_NOTE}" if cauda_equina else ""
    return _assessment(found, f"{reason}{note}", cauda_equina)


def worst_of(assessments: Sequence[EsccAssessment]) -> EsccAssessment:
    """The worst grade over sections or levels, as a set where theirs are sets.

    Sections that could not be graded are left out, and their number is said.
    """
    graded = [each for each in assessments if each.is_gradable]
    if not graded:
        return not_gradable("no section could be graded")
    at_least = max(each.grades[0].rank for each in graded)
    grades = {grade for each in graded for grade in each.grades if grade.rank >= at_least}
    left_out = len(assessments) - len(graded)
    reason = f"worst of {len(graded)} graded"
    if left_out:
        reason += f"; {left_out} not gradable, so the true worst may be higher"
    deciding = {each.cauda_equina for each in graded if each.grades[-1].rank >= at_least}
    return _assessment(grades, reason, deciding.pop() if len(deciding) == 1 else None)


def _completions(findings: EsccFindings) -> Iterable[tuple[bool, ...]]:
    """Every ladder of findings (with CSF last) that agrees with what is stated."""
    for steps in range(len(_LADDER) + 1):
        ladder = tuple(index < steps for index in range(len(_LADDER)))
        agrees = all(
            getattr(findings, name) in (None, value) for name, value in zip(_LADDER, ladder, strict=True)
        )
        if agrees:
            for csf in (True, False):
                if findings.csf_visible in (None, csf):
                    yield (*ladder, csf)


def _in_words(name: str) -> str:
    return name.replace("_", " ").replace("csf", "CSF")


def _undecided(completions: Sequence[tuple[bool, ...]]) -> list[str]:
    """Findings that would tell the possible grades apart; those that others imply are not among them."""
    steps = {sum(ladder) for *ladder, _ in completions}
    names = list(_LADDER[min(steps) : max(steps)])
    csf = {csf_visible for *ladder, csf_visible in completions if all(ladder)}
    return [*names, "csf_visible"] if len(csf) > 1 else names


def _grade(completion: tuple[bool, ...]) -> EsccGrade:
    *ladder, csf_visible = completion
    if all(ladder):
        return EsccGrade.G2 if csf_visible else EsccGrade.G3
    return tuple(EsccGrade)[sum(ladder)]


def _assessment(grades: Iterable[EsccGrade], reason: str, cauda_equina: bool | None) -> EsccAssessment:
    ordered = tuple(sorted(set(grades), key=lambda grade: grade.rank))
    severities = {Severity.HIGH if grade.rank >= HIGH_FROM.rank else Severity.LOW for grade in ordered}
    return EsccAssessment(
        grades=ordered,
        reason=reason,
        severity=tuple(each for each in Severity if each in severities),
        at_least_1c=tuple(sorted({grade.rank >= ALTERNATIVE_FROM.rank for grade in ordered})),
        cauda_equina=cauda_equina,
    )
