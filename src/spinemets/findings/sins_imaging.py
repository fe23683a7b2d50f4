"""What an image says of the items of SINS at a level, as sets of findings.

Fisher et al. 2010 (Spine 35:E1221) name the findings and give no method of measurement; the limits here are
ours where no source is named.
"""

from dataclasses import dataclass

import numpy as np

from spinemets.anatomy import BoneLesionType
from spinemets.findings.maps import StationMaps
from spinemets.findings.measurement import Measurement
from spinemets.findings.posterolateral import judge_posterolateral
from spinemets.findings.records import AlignmentFindings, BodyFindings, Lesion, SinsImaging
from spinemets.scoring.collapse import (
    ANY_PERCENT,
    PercentRange,
    judge_collapse,
)
from spinemets.scoring.possible import Possible, Source, possible, unknown
from spinemets.scoring.sins_items import Alignment, Collapse
from spinemets.volume import Volume

# White and Panjabi 1990 (Clinical Biomechanics of the Spine): 3.5 mm of translation is instability in the
# neck, the smallest of their limits; 22 deg of angulation in the lumbar spine, the largest.
TRANSLATION_FROM_MM = 3.5
KYPHOSIS_FROM_DEG = 22.0
# Wedge of one body, and scoliosis over three, from which the spine counts as deformed: Cobb's angle of
# scoliosis by definition, and the same of a body.
DEFORMITY_FROM_DEG = 10.0
# Ends the evidence of alignment, until a prior study answers it.
NEEDS_PRIOR = "whether it is new needs a prior study"
_LOSS_THIRDS = ("loss_anterior", "loss_middle", "loss_posterior")


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """How far measurements may be off: within these, findings on both sides of a limit are possible.

    They are what the project asks of its measurements on simulated studies.

    Args:
        loss_percent, involved_percent: Points.
        angle_deg, slip_mm: Of alignment.
    """

    loss_percent: float = 5.0
    involved_percent: float = 5.0
    angle_deg: float = 3.0
    slip_mm: float = 1.5


DEFAULT_UNCERTAINTY = Uncertainty()


def judge_sins(
    number: int,
    body: BodyFindings | None,
    alignment: AlignmentFindings | None,
    lesions: tuple[Lesion, ...],
    maps: StationMaps,
    compartments: Volume,
    uncertainty: Uncertainty = DEFAULT_UNCERTAINTY,
) -> SinsImaging:
    """Items of SINS at one involved level.

    Args:
        number: Of the vertebra.
        body, alignment: As measured; None where they were not.
        lesions: Those that involve the vertebra.
        maps: Of the station.
        compartments: From ``compartment_map``.
        uncertainty: Of the measurements.
    """
    collapse = judge_height(body, uncertainty)
    return SinsImaging(
        bone=join_types(lesions),
        alignment=judge_alignment(alignment, collapse, uncertainty),
        collapse=collapse,
        posterolateral=judge_posterolateral(number, maps, compartments),
    )


def join_types(lesions: tuple[Lesion, ...]) -> Possible[BoneLesionType]:
    """The type at a level with several lesions: each that one of them may have.

    Lytic and blastic lesions side by side make the level mixed, so that mixed is possible then as well. A
    lesion that tells nothing, as one in the canal alone, does not count beside one that does.
    """
    known = [one.bone for one in lesions if one.bone.source is not Source.UNKNOWN]
    if not known:
        reasons = "; ".join(sorted({one.bone.evidence for one in lesions}))
        return unknown(BoneLesionType, reasons or "no lesion lies in bone")
    values = {value for one in known for value in one.values}
    if {BoneLesionType.LYTIC, BoneLesionType.BLASTIC} <= values:
        values.add(BoneLesionType.MIXED)
    evidence = "; ".join(dict.fromkeys(one.evidence for one in known))
    source = Source.CT if all(one.source is Source.CT for one in known) else Source.MEASURED
    return possible(values, source, evidence, needs_confirmation=True)


def judge_height(
    body: BodyFindings | None, uncertainty: Uncertainty = DEFAULT_UNCERTAINTY
) -> Possible[Collapse]:
    """The collapse item from the largest loss of the thirds and the involved part of the body."""
    if body is None:
        return unknown(Collapse, "the body was not measured")
    ranges = [_percent_range(getattr(body, third), uncertainty.loss_percent) for third in _LOSS_THIRDS]
    loss = PercentRange(max(one.low for one in ranges), max(one.high for one in ranges))
    involved = _percent_range(body.involved, uncertainty.involved_percent)
    if loss == ANY_PERCENT and involved == ANY_PERCENT:
        return unknown(Collapse, body.loss_middle.note or "no height could be compared")
    evidence = f"loss {_words(loss)}, involved {_words(involved)}"
    return judge_collapse((loss,), (involved,), Source.MEASURED, evidence)


def _percent_range(measured: Measurement, uncertainty: float) -> PercentRange:
    if measured.value is None:
        return ANY_PERCENT
    low, high = np.clip((measured.value - uncertainty, measured.value + uncertainty), 0.0, 100.0).tolist()
    return PercentRange(low, 100.0 if measured.at_least else high)


def _words(one: PercentRange) -> str:
    return "not known" if one == ANY_PERCENT else f"{one.low:.0f} to {one.high:.0f} %"


def judge_alignment(
    measured: AlignmentFindings | None,
    collapse: Possible[Collapse],
    uncertainty: Uncertainty = DEFAULT_UNCERTAINTY,
) -> Possible[Alignment]:
    """The alignment item; always to be confirmed, as only a prior study shows what is new.

    A slip from ``TRANSLATION_FROM_MM`` is translation. A wedge or scoliosis from ``DEFORMITY_FROM_DEG`` or a
    kyphosis from ``KYPHOSIS_FROM_DEG`` is deformity, and normal stays possible beside it: it may be old. Only
    where the body itself is certainly collapsed is its deformity taken as new. Within the uncertainty of
    a limit both sides are possible; what was not measured may be either.
    """
    if measured is None:
        return unknown(Alignment, "alignment was not measured")
    slip = reaches(measured.slip, TRANSLATION_FROM_MM, uncertainty.slip_mm, signed=False)
    angles = (
        reaches(measured.wedge, DEFORMITY_FROM_DEG, uncertainty.angle_deg),
        reaches(measured.scoliosis, DEFORMITY_FROM_DEG, uncertainty.angle_deg, signed=False),
        reaches(measured.kyphosis, KYPHOSIS_FROM_DEG, uncertainty.angle_deg),
    )
    if all(one == {True, False} for one in (slip, *angles)) and measured.slip.value is None:
        return unknown(Alignment, measured.slip.note)
    findings = {Alignment.TRANSLATION} if True in slip else set()
    if False in slip:
        findings |= _without_slip(angles, collapse)
    return possible(findings, Source.MEASURED, _alignment_evidence(measured), needs_confirmation=True)


def reaches(
    measured: Measurement, limit: float, uncertainty: float, *, signed: bool = True
) -> frozenset[bool]:
    """Whether a value reaches a limit: yes, no, or perhaps both; negative values count if not ``signed``."""
    if measured.value is None:
        return frozenset({True, False})
    value = measured.value if signed else abs(measured.value)
    answers = {value - uncertainty >= limit, value + uncertainty >= limit}
    return frozenset(answers | {True} if measured.at_least else answers)


def _without_slip(angles: tuple[frozenset[bool], ...], collapse: Possible[Collapse]) -> set[Alignment]:
    if not any(True in one for one in angles):
        return {Alignment.NORMAL}
    certain = any(one == {True} for one in angles)
    collapsed = set(collapse.values) <= {Collapse.AT_LEAST_HALF, Collapse.UNDER_HALF}
    return {Alignment.DEFORMITY} if certain and collapsed else {Alignment.DEFORMITY, Alignment.NORMAL}


def _alignment_evidence(measured: AlignmentFindings) -> str:
    named = (
        ("slip", measured.slip),
        ("wedge", measured.wedge),
        ("scoliosis", measured.scoliosis),
        ("kyphosis", measured.kyphosis),
    )
    values = (
        f"{name} {'not known' if one.value is None else f'{one.value:.0f} {one.unit}'}" for name, one in named
    )
    return f"{', '.join(values)}; {NEEDS_PRIOR}"
