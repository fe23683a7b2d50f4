"""Whether a deformity is new: alignment at a level against that on an earlier study."""

import math

from spinemets.findings.measurement import Measurement
from spinemets.findings.records import AlignmentFindings
from spinemets.findings.sins_imaging import (
    DEFAULT_UNCERTAINTY,
    DEFORMITY_FROM_DEG,
    KYPHOSIS_FROM_DEG,
    NEEDS_PRIOR,
    Uncertainty,
    reaches,
)
from spinemets.scoring.possible import Possible, Source, possible
from spinemets.scoring.sins_items import Alignment

Answers = frozenset[bool]
_OPEN: Answers = frozenset({True, False})
# Angle, its limit, and whether only its positive side counts.
_ANGLES = (
    ("wedge", DEFORMITY_FROM_DEG, True),
    ("scoliosis", DEFORMITY_FROM_DEG, False),
    ("kyphosis", KYPHOSIS_FROM_DEG, True),
)
_WORDS = {
    frozenset({True}): "so that it is new",
    frozenset({False}): "so that it is not new",
    _OPEN: "which leaves open whether it is new",
}


def judge_new_deformity(
    seen: Possible[Alignment],
    now: AlignmentFindings,
    then: AlignmentFindings,
    uncertainty: Uncertainty = DEFAULT_UNCERTAINTY,
) -> Possible[Alignment]:
    """The alignment item with the earlier study's answer to what is new.

    SINS counts a deformity that is new (Fisher et al. 2010). An angle beyond its limit is new where it was
    not beyond it and has changed by more than two measurements differ, or where the change alone is beyond
    it; it is not new where it has changed by no more than that. In between both stay possible, and so does
    the answer where an angle was not measured then. A translation counts whether it is new or not.

    Args:
        seen: What this study alone says.
        now, then: Alignment of one vertebra.
        uncertainty: Of one measurement.
    """
    if Alignment.DEFORMITY not in seen.values:
        return seen
    answers = [
        _is_new(getattr(now, name), getattr(then, name), limit, signed, uncertainty)
        for name, limit, signed in _ANGLES
    ]
    new: Answers = frozenset({True}) if frozenset({True}) in answers else frozenset().union(*answers)
    evidence = f"{seen.evidence.removesuffix(f'; {NEEDS_PRIOR}')}; then {_values(then)}, {_WORDS[new]}"
    if new == _OPEN:
        return possible(seen.values, seen.source, evidence, seen.needs_confirmation)
    kept = set(seen.values) - {Alignment.DEFORMITY, Alignment.NORMAL}
    kept.add(Alignment.DEFORMITY if True in new else Alignment.NORMAL)
    return possible(kept, Source.MEASURED, evidence, needs_confirmation=len(kept) > 1)


def was_deformed(then: AlignmentFindings, uncertainty: Uncertainty = DEFAULT_UNCERTAINTY) -> bool | None:
    """Whether the earlier study shows a deformity; None where that is not certain."""
    answers = [
        reaches(getattr(then, name), limit, uncertainty.angle_deg, signed=signed)
        for name, limit, signed in _ANGLES
    ]
    if frozenset({True}) in answers:
        return True
    return False if all(one == {False} for one in answers) else None


def _is_new(
    now: Measurement, then: Measurement, limit_deg: float, signed: bool, uncertainty: Uncertainty
) -> Answers:
    beyond = reaches(now, limit_deg, uncertainty.angle_deg, signed=signed)
    if beyond == {False}:
        return beyond
    if now.value is None or then.value is None:
        return _OPEN
    # Two measurements differ by chance as the root of the sum of their squares.
    chance_deg = math.sqrt(2.0) * uncertainty.angle_deg
    before, after = (one if signed else abs(one) for one in (then.value, now.value))
    if after - before <= chance_deg:
        return frozenset({False})
    if reaches(then, limit_deg, uncertainty.angle_deg, signed=signed) == {False}:
        return beyond
    return frozenset({True}) if after - before - chance_deg >= limit_deg else _OPEN


def _values(then: AlignmentFindings) -> str:
    values = ((name, getattr(then, name).value) for name, _, _ in _ANGLES)
    return ", ".join(
        f"{name} {'not known' if value is None else f'{value:.0f} deg'}" for name, value in values
    )
