"""Random metastatic disease drawn into a spine's specification."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spinemets.anatomy import BoneLesionType, EsccGrade, Level, Numbering, Region
from spinemets.phantom.disease_priors import DiseasePriors
from spinemets.phantom.lesion_draw import draw_traits
from spinemets.phantom.lookalike_draw import draw_lookalikes
from spinemets.phantom.spec import (
    CollapseSpec,
    EpiduralSide,
    EpiduralSpec,
    LesionShape,
    LesionSpec,
    SpineSpec,
    VertebraSpec,
)

# Ranges of what a broken vertebra looks like; our choice, to cover what SINS distinguishes.
_COLLAPSE_PERCENT = (12.0, 75.0)
_CONVEX_BULGE_MM = (0.5, 2.5)
_SLIP_MM = (4.0, 7.0)
_EPIDURAL_EXTENT_MM = (8.0, 38.0)
# Here the sac has ended, and nothing can deform it.
_BELOW_SAC = (Level.S2, Level.S3, Level.S4, Level.S5)
# A lesion that feeds epidural tumour is at least this large in the body and on each side of the arch.
_SOURCE_IN_BODY_ML = 2.0
_SOURCE_IN_ARCH_ML = 1.2
# Part of the box around a body that the body fills: an ellipse with a waist.
_BODY_FILL = 0.72


def draw_disease(
    spec: SpineSpec, rng: np.random.Generator, priors: DiseasePriors, levels: Sequence[Level]
) -> SpineSpec:
    """A patient's metastases, their consequences, and look-alikes elsewhere.

    Args:
        spec: A spine without disease.
        rng: Source of randomness.
        priors: How often each form occurs.
        levels: Levels that will be imaged; nothing is drawn elsewhere.

    Raises:
        ValueError: If none of the levels has a body in the specification.
    """
    usable = usable_bodies(spec, levels)
    if not usable:
        raise ValueError("none of the levels to be imaged has a vertebral body in the specification")
    if rng.uniform() >= priors.lesion_free_chance:
        spec = _with_metastases(spec, usable, priors, rng)
    return draw_lookalikes(spec, rng, priors, [vertebra.level for vertebra in usable])


def body_volume_ml(vertebra: VertebraSpec) -> float:
    """Approximate volume of an intact body."""
    height_mm = (vertebra.anterior_height_mm + vertebra.posterior_height_mm) / 2.0
    return _BODY_FILL * vertebra.depth_mm * vertebra.width_mm * height_mm / 1000.0


def usable_bodies(spec: SpineSpec, levels: Sequence[Level]) -> list[VertebraSpec]:
    """Vertebrae at these levels that have a body for a metastasis to grow in."""
    return [vertebra for vertebra in spec.vertebrae if vertebra.level in set(levels) and _has_body(vertebra)]


def _has_body(vertebra: VertebraSpec) -> bool:
    # The occiput and the atlas have none.
    return vertebra.level not in (Level.OCCIPUT, Level.C1) and body_volume_ml(vertebra) > 1.0


def _with_metastases(
    spec: SpineSpec, usable: list[VertebraSpec], priors: DiseasePriors, rng: np.random.Generator
) -> SpineSpec:
    chosen = _draw_levels(spec.numbering, usable, priors, rng)
    lesions: list[LesionSpec] = []
    for vertebra in chosen:
        main_type = lesions[0].bone_type if lesions else None
        lesions.append(draw_lesion(vertebra, main_type, priors, rng))
    epidurals: tuple[EpiduralSpec, ...] = ()
    if rng.uniform() < priors.epidural_chance:
        for place in _epidural_places(spec.numbering, lesions, priors, rng):
            epidurals = (*epidurals, _draw_epidural(lesions[place].level, priors, rng))
            lesions[place] = _reach_canal(lesions[place], epidurals[-1])
    tight = {epidural.level for epidural in epidurals}
    broken = {
        vertebra.level: draw_collapse(vertebra, lesion, vertebra.level in tight, priors, rng)
        for vertebra, lesion in zip(chosen, lesions, strict=True)
    }
    vertebrae = tuple(broken.get(vertebra.level, vertebra) for vertebra in spec.vertebrae)
    return replace(spec, vertebrae=vertebrae, lesions=tuple(lesions), epidurals=epidurals)


def _draw_levels(
    numbering: Numbering, usable: list[VertebraSpec], priors: DiseasePriors, rng: np.random.Generator
) -> list[VertebraSpec]:
    region_weights = {
        Region.CERVICAL: priors.cervical_weight,
        Region.THORACIC: priors.thoracic_weight,
        Region.LUMBAR: priors.lumbar_weight,
        Region.SACRAL: priors.sacral_weight,
    }
    regions = [level.region for level in numbering.levels]
    weights = np.array(
        [
            region_weights[vertebra.level.region] / max(regions.count(vertebra.level.region), 1)
            for vertebra in usable
        ]
    )
    if weights.sum() <= 0:
        weights = np.ones(len(usable))
    count = int(rng.geometric(1.0 / priors.mean_lesion_count))
    count = min(count, priors.most_lesions, int(np.count_nonzero(weights)))
    places = rng.choice(len(usable), size=count, replace=False, p=weights / weights.sum())
    return [usable[place] for place in sorted(places.tolist())]


def draw_lesion(
    vertebra: VertebraSpec,
    main_type: BoneLesionType | None,
    priors: DiseasePriors,
    rng: np.random.Generator,
) -> LesionSpec:
    """A metastasis in the body of a vertebra, of the patient's main type as a rule."""
    traits = draw_traits(priors.lesions, body_volume_ml(vertebra), main_type, rng)
    to_arch = bool(rng.uniform() < priors.arch_chance) and traits.volume_ml >= priors.arch_from_ml
    side = int(rng.integers(3))
    paravertebral = bool(rng.uniform() < priors.paravertebral_chance) and traits.breaches_cortex
    return LesionSpec(
        level=vertebra.level,
        bone_type=traits.bone_type,
        shape=LesionShape.DIFFUSE if traits.diffuse else LesionShape.FOCAL,
        centre_body=traits.centre_body,
        volume_ml=traits.volume_ml,
        elongation=traits.elongation,
        spreads_to_left=to_arch and side in (0, 2),
        spreads_to_right=to_arch and side in (1, 2),
        breaches_cortex=traits.breaches_cortex,
        paravertebral=paravertebral,
        halo=traits.halo,
        seed=int(rng.integers(2**32)),
    )


def _epidural_places(
    numbering: Numbering, lesions: list[LesionSpec], priors: DiseasePriors, rng: np.random.Generator
) -> list[int]:
    """Which lesions grow into the canal: the largest, then the next that are no neighbours of those."""
    mean = priors.mean_epidural_count
    # One tumour is no draw, so that studies of these priors stay what they were.
    count = 1 if mean == 1 else int(rng.geometric(1.0 / mean))
    order = {level: index for index, level in enumerate(numbering.levels)}
    places: list[int] = []
    for place in sorted(range(len(lesions)), key=lambda each: -lesions[each].volume_ml):
        index = order[lesions[place].level]
        # The tumour of a neighbour reaches over, and each grade would change the other's.
        if len(places) < count and all(abs(index - order[lesions[one].level]) > 1 for one in places):
            places.append(place)
    return places


def _draw_epidural(level: Level, priors: DiseasePriors, rng: np.random.Generator) -> EpiduralSpec:
    grade_weights, side_weights = np.array(priors.grade_weights), np.array(priors.side_weights)
    grade = list(EsccGrade)[int(rng.choice(6, p=grade_weights / grade_weights.sum()))]
    side = list(EpiduralSide)[int(rng.choice(5, p=side_weights / side_weights.sum()))]
    if level in _BELOW_SAC and grade.rank > EsccGrade.G1A.rank:
        grade = EsccGrade.G1A
    ventral = side in (EpiduralSide.VENTRAL, EpiduralSide.CIRCUMFERENTIAL)
    return EpiduralSpec(
        level=level,
        grade=grade,
        side=side,
        extent_mm=float(rng.uniform(*_EPIDURAL_EXTENT_MM)),
        curtain=ventral and bool(rng.uniform() < priors.curtain_chance),
        seed=int(rng.integers(2**32)),
    )


def _reach_canal(lesion: LesionSpec, epidural: EpiduralSpec) -> LesionSpec:
    """Epidural tumour comes from bone: the lesion moves to the back of the body and into the arch."""
    if epidural.grade is EsccGrade.G0:
        return lesion
    right, _, superior = lesion.centre_body
    beyond_front = (EpiduralSide.DORSAL, EpiduralSide.CIRCUMFERENTIAL)
    left = lesion.spreads_to_left or epidural.side in (*beyond_front, EpiduralSide.LEFT)
    right_too = lesion.spreads_to_right or epidural.side in (*beyond_front, EpiduralSide.RIGHT)
    least_ml = _SOURCE_IN_BODY_ML + _SOURCE_IN_ARCH_ML * (left + right_too)
    return replace(
        lesion,
        centre_body=(right, -0.6, superior),
        volume_ml=max(lesion.volume_ml, least_ml),
        spreads_to_left=left,
        spreads_to_right=right_too,
    )


def draw_collapse(
    vertebra: VertebraSpec,
    lesion: LesionSpec,
    epidural_level: bool,
    priors: DiseasePriors,
    rng: np.random.Generator,
) -> VertebraSpec:
    """The vertebra, broken by chance where its lesion is large enough."""
    involved = 100.0 * lesion.volume_ml / body_volume_ml(vertebra)
    if vertebra.level is Level.C2 or vertebra.level.region is Region.SACRAL:
        return vertebra
    if involved < priors.collapse_from_percent or rng.uniform() >= priors.collapse_chance:
        return vertebra
    loss = float(rng.uniform(*_COLLAPSE_PERCENT))
    wedge = bool(rng.uniform() < 0.5)
    middle, posterior = rng.uniform(0.7, 1.0), rng.uniform(0.1, 0.5) if wedge else rng.uniform(0.7, 1.0)
    # The grade at this level is asked of the epidural tumour, so the wall itself stays straight there.
    bulge = 0.0 if epidural_level else float(rng.uniform(*_CONVEX_BULGE_MM))
    slips = bool(rng.uniform() < priors.slip_chance) and not epidural_level
    return replace(
        vertebra,
        collapse=CollapseSpec(loss, loss * float(middle), loss * float(posterior), convex_bulge_mm=bulge),
        slip_mm=float(rng.uniform(*_SLIP_MM)) if slips else vertebra.slip_mm,
    )
