"""What a patient's findings make worth considering: decision support along four axes, never an order.

NOMS: Laufer et al. 2013, Oncologist 18:744. The mechanical axis is SINS (Fisher et al. 2010, Spine 35:E1221),
the neurological one ESCC (Bilsky et al. 2010, J Neurosurg Spine 13:324).
"""

import itertools
from dataclasses import dataclass
from enum import StrEnum

from spinemets.scoring.escc import EsccAssessment, Severity
from spinemets.scoring.sins import SinsClass

DECISION_SUPPORT_NOTE = "Decision support for discussion by the treating team; not an order."


class FirstStep(StrEnum):
    """What comes first against the tumour at the level."""

    RADIATION = "radiation first"
    DECOMPRESSION = "surgical decompression before radiation"


class Fact(StrEnum):
    """Inputs that decide branches."""

    ESCC = "ESCC grade on axial T2"
    RADIOSENSITIVE = "whether the tumour is very radiosensitive"
    FIT = "whether the patient can have surgery"
    SINS = "facts that settle the SINS class"


@dataclass(frozen=True, slots=True)
class PathwayInputs:
    """What is known of a level and its patient; None is not known.

    Args:
        escc: Grade, possibly a set or not gradable.
        sins: Every class that is possible.
        very_radiosensitive: Of the primary tumour.
        can_have_surgery: Systemic state.

    Raises:
        ValueError: If no SINS class is given.
    """

    escc: EsccAssessment
    sins: tuple[SinsClass, ...]
    very_radiosensitive: bool | None = None
    can_have_surgery: bool | None = None

    def __post_init__(self) -> None:
        if not self.sins:
            raise ValueError("give every SINS class that is possible, at least one")


@dataclass(frozen=True, slots=True)
class Pathway:
    """What the inputs make worth considering.

    Args:
        first_steps: Possible first steps; more than one where an input is missing.
        stabilisation: Statement on the mechanical axis.
        neurological, oncological, mechanical, systemic: State of each axis, in words.
        missing: Inputs that would close a branch that is open.
        note: How all of it is meant.
    """

    first_steps: tuple[FirstStep, ...]
    stabilisation: str
    neurological: str
    oncological: str
    mechanical: str
    systemic: str
    missing: tuple[Fact, ...]
    note: str = DECISION_SUPPORT_NOTE


_STABILISATION = {
    SinsClass.UNSTABLE: "instability by itself indicates stabilisation or cement; urgent consultation",
    SinsClass.INDETERMINATE: "impending instability: surgical consultation",
    SinsClass.STABLE: "no stabilisation on account of instability",
}


def suggest_pathway(inputs: PathwayInputs) -> Pathway:
    """The branches that the inputs leave open, and what would close them."""
    steps = _steps(inputs)
    return Pathway(
        first_steps=steps,
        stabilisation="; or ".join(_STABILISATION[each] for each in inputs.sins),
        neurological=_neurological(inputs.escc),
        oncological=_in_words(inputs.very_radiosensitive, "very radiosensitive", "not very radiosensitive"),
        mechanical=f"SINS class {' or '.join(inputs.sins)}",
        systemic=_in_words(inputs.can_have_surgery, "can have surgery", "cannot have surgery"),
        missing=_missing(inputs, steps),
    )


def _steps(inputs: PathwayInputs) -> tuple[FirstStep, ...]:
    severities = inputs.escc.severity or tuple(Severity)
    found = {
        _first_step(severity, sensitive, fit)
        for severity, sensitive, fit in itertools.product(
            severities, _answers(inputs.very_radiosensitive), _answers(inputs.can_have_surgery)
        )
    }
    return tuple(step for step in FirstStep if step in found)


def _first_step(severity: Severity, very_radiosensitive: bool, can_have_surgery: bool) -> FirstStep:
    decompress = severity is Severity.HIGH and not very_radiosensitive and can_have_surgery
    return FirstStep.DECOMPRESSION if decompress else FirstStep.RADIATION


def _answers(known: bool | None) -> tuple[bool, ...]:
    return (True, False) if known is None else (known,)


def _neurological(escc: EsccAssessment) -> str:
    if not escc.is_gradable:
        return f"ESCC {escc.reason}"
    grades = " or ".join(escc.grades)
    return f"ESCC {grades}: {' or '.join(escc.severity)} grade compression"


def _in_words(known: bool | None, yes: str, no: str) -> str:
    if known is None:
        return "not known"
    return yes if known else no


def _missing(inputs: PathwayInputs, steps: tuple[FirstStep, ...]) -> tuple[Fact, ...]:
    missing = []
    if len(steps) > 1:
        if len(inputs.escc.severity) != 1:
            missing.append(Fact.ESCC)
        if inputs.very_radiosensitive is None:
            missing.append(Fact.RADIOSENSITIVE)
        if inputs.can_have_surgery is None:
            missing.append(Fact.FIT)
    if len(inputs.sins) > 1:
        missing.append(Fact.SINS)
    return tuple(missing)
