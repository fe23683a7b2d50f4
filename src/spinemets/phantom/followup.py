"""A later visit of a phantom patient: the same person, whose disease has gone on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from spinemets.anatomy import EsccGrade, Level
from spinemets.phantom.disease import body_volume_ml, draw_collapse, draw_lesion, usable_bodies
from spinemets.phantom.disease_priors import DiseasePriors
from spinemets.phantom.spec import EpiduralSpec, LesionSpec, SpineSpec, VertebraSpec

# No lesion outgrows this share of its body.
_FULL_SHARE = 0.95
_GRADES = tuple(EsccGrade)


class Fate(StrEnum):
    """What becomes of a metastasis until the next visit."""

    NEW = "new"
    GROWN = "grown"
    STABLE = "stable"
    SHRUNK = "shrunk"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class FollowUpPriors:
    """How disease goes on; our choice, for variety and not for epidemiology.

    Args:
        grown_weight, stable_weight, shrunk_weight, gone_weight: Fates of a metastasis, relative.
        growth: Factor on the volume of one that grows.
        shrinkage: Factor on the volume of one that shrinks.
        mean_new_count: New metastases until the next visit; a Poisson distribution.
        days: Between two visits.
    """

    grown_weight: float = 0.4
    stable_weight: float = 0.3
    shrunk_weight: float = 0.15
    gone_weight: float = 0.15
    growth: tuple[float, float] = (1.8, 4.0)
    shrinkage: tuple[float, float] = (0.2, 0.5)
    mean_new_count: float = 0.8
    days: tuple[float, float] = (40.0, 250.0)

    def __post_init__(self) -> None:
        weights = (self.grown_weight, self.stable_weight, self.shrunk_weight, self.gone_weight)
        if min(weights) < 0 or sum(weights) <= 0:
            raise ValueError("weights of fates must be at least 0 and not all 0")
        if not 1.0 <= self.growth[0] <= self.growth[1]:
            raise ValueError(f"growth is {self.growth}; factors rise from at least 1")
        if not 0.0 < self.shrinkage[0] <= self.shrinkage[1] <= 1.0:
            raise ValueError(f"shrinkage is {self.shrinkage}; factors rise to at most 1")
        if self.mean_new_count < 0 or not 1.0 <= self.days[0] <= self.days[1]:
            raise ValueError("mean_new_count must be at least 0, days rise from at least 1")


@dataclass(frozen=True, slots=True)
class LesionFate:
    """What was drawn for one metastasis; ``seed`` is that of its ``LesionSpec``, the same at every visit."""

    seed: int
    level: Level
    fate: Fate


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The next visit.

    Args:
        spec: The same spine with its disease as it is then.
        fates: Of every metastasis of either visit.
        days: Since the visit before.
    """

    spec: SpineSpec
    fates: tuple[LesionFate, ...]
    days: int


def draw_followup(
    spec: SpineSpec,
    rng: np.random.Generator,
    priors: FollowUpPriors,
    disease: DiseasePriors,
    levels: Sequence[Level],
) -> FollowUp:
    """Let disease go on until the next visit.

    Metastases grow where they are, shrink, stay or vanish without a scar, and new ones come at levels without
    disease or look-alikes. Epidural tumour follows the lesion of its level by one grade, and vanishes with
    it. Bodies may break; a broken one stays as it is. Look-alikes do not change.

    Args:
        spec: The spine at the visit before.
        rng: Source of randomness.
        priors: How disease goes on.
        disease: How new disease is drawn.
        levels: Levels that are imaged.
    """
    fates = {lesion.seed: _draw_fate(priors, rng) for lesion in spec.lesions}
    bodies = {vertebra.level: vertebra for vertebra in spec.vertebrae}
    kept = [
        _later(lesion, fates[lesion.seed], bodies[lesion.level], priors, rng)
        for lesion in spec.lesions
        if fates[lesion.seed] is not Fate.GONE
    ]
    new = _draw_new(spec, levels, priors, disease, rng)
    by_level = {lesion.level: fates[lesion.seed] for lesion in spec.lesions}
    epidurals = tuple(
        _later_epidural(one, by_level[one.level])
        for one in spec.epidurals
        if by_level.get(one.level, Fate.GONE) is not Fate.GONE
    )
    tight = {one.level for one in epidurals}
    may_break = [one for one in (*kept, *new) if fates.get(one.seed, Fate.NEW) in (Fate.NEW, Fate.GROWN)]
    broken = {
        one.level: draw_collapse(bodies[one.level], one, one.level in tight, disease, rng)
        for one in may_break
        if bodies[one.level].collapse is None
    }
    vertebrae = tuple(broken.get(each.level, each) for each in spec.vertebrae)
    later = replace(spec, vertebrae=vertebrae, lesions=(*kept, *new), epidurals=epidurals)
    every = [LesionFate(one.seed, one.level, fates[one.seed]) for one in spec.lesions]
    every += [LesionFate(one.seed, one.level, Fate.NEW) for one in new]
    return FollowUp(later, tuple(every), int(rng.integers(int(priors.days[0]), int(priors.days[1]) + 1)))


def _draw_fate(priors: FollowUpPriors, rng: np.random.Generator) -> Fate:
    fates = (Fate.GROWN, Fate.STABLE, Fate.SHRUNK, Fate.GONE)
    weights = np.array([priors.grown_weight, priors.stable_weight, priors.shrunk_weight, priors.gone_weight])
    return fates[int(rng.choice(4, p=weights / weights.sum()))]


def _later(
    lesion: LesionSpec, fate: Fate, body: VertebraSpec, priors: FollowUpPriors, rng: np.random.Generator
) -> LesionSpec:
    limits = {Fate.GROWN: priors.growth, Fate.SHRUNK: priors.shrinkage}.get(fate, (1.0, 1.0))
    largest_ml = max(_FULL_SHARE * body_volume_ml(body), lesion.volume_ml)
    return replace(lesion, volume_ml=min(lesion.volume_ml * float(rng.uniform(*limits)), largest_ml))


def _later_epidural(epidural: EpiduralSpec, fate: Fate) -> EpiduralSpec:
    step = {Fate.GROWN: 1, Fate.SHRUNK: -1}.get(fate, 0)
    rank = min(max(epidural.grade.rank + step, 0), len(_GRADES) - 1)
    return replace(epidural, grade=_GRADES[rank])


def _draw_new(
    spec: SpineSpec,
    levels: Sequence[Level],
    priors: FollowUpPriors,
    disease: DiseasePriors,
    rng: np.random.Generator,
) -> list[LesionSpec]:
    taken = {one.level for one in spec.lesions} | {one.level for one in spec.epidurals}
    taken |= {one.level for one in spec.lookalikes}
    free = [body for body in usable_bodies(spec, levels) if body.level not in taken]
    count = min(int(rng.poisson(priors.mean_new_count)), len(free))
    places = sorted(rng.choice(len(free), size=count, replace=False).tolist()) if count else []
    main_type = spec.lesions[0].bone_type if spec.lesions else None
    return [draw_lesion(free[place], main_type, disease, rng) for place in places]
