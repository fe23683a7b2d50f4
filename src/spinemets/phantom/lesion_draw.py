"""Random traits of a single metastasis within a body."""

from dataclasses import dataclass

import numpy as np

from spinemets.anatomy import BoneLesionType
from spinemets.phantom.disease_priors import LesionPriors

# A diffuse lesion replaces this share of the body.
_DIFFUSE_SHARE = (0.55, 0.95)
_LARGEST_FOCAL_SHARE = 0.6
# Smaller ones do not reach through the cortex, and show no halo that MRI resolves.
_SMALLEST_BREACH_ML = 1.0
_SMALLEST_HALO_ML = 0.5
# Where a lesion fills most of the body no marrow is left for a halo to stand out from.
_LARGEST_HALO_ML = 6.0


@dataclass(frozen=True, slots=True)
class LesionTraits:
    """A lesion apart from the vertebra that holds it.

    ``centre_body`` is (right, anterior, superior) as fractions of the body's half width, half depth
    and half height from its centre; ``elongation`` the relative half axes in that order.
    """

    bone_type: BoneLesionType
    diffuse: bool
    centre_body: tuple[float, float, float]
    volume_ml: float
    elongation: tuple[float, float, float]
    breaches_cortex: bool
    halo: bool


def draw_traits(
    priors: LesionPriors,
    body_volume_ml: float,
    main_type: BoneLesionType | None,
    rng: np.random.Generator,
) -> LesionTraits:
    """One lesion.

    Args:
        priors: How lesions are drawn.
        body_volume_ml: Of the body that will hold it; the lesion is no larger.
        main_type: Bone type of the patient's other lesions; None for the first.
        rng: Source of randomness.
    """
    bone_type = _draw_type(priors, main_type, rng)
    diffuse = bool(rng.uniform() < priors.diffuse_chance)
    focal_ml = float(rng.lognormal(np.log(priors.volume_median_ml), priors.volume_sigma))
    share = float(rng.uniform(*_DIFFUSE_SHARE))
    largest_ml = _LARGEST_FOCAL_SHARE * body_volume_ml
    volume_ml = share * body_volume_ml if diffuse else min(max(focal_ml, priors.smallest_ml), largest_ml)
    breaches = bool(rng.uniform() < priors.breach_chance) and volume_ml >= _SMALLEST_BREACH_ML
    centre = _draw_centre(priors, breaches, rng)
    right, anterior, superior = (float(length) for length in rng.uniform(0.8, 1.25, size=3))
    halo = bool(rng.uniform() < priors.halo_chance) and not diffuse
    halo = halo and _SMALLEST_HALO_ML <= volume_ml <= _LARGEST_HALO_ML
    return LesionTraits(bone_type, diffuse, centre, volume_ml, (right, anterior, superior), breaches, halo)


def _draw_type(
    priors: LesionPriors, main_type: BoneLesionType | None, rng: np.random.Generator
) -> BoneLesionType:
    weights = np.array([priors.lytic_weight, priors.mixed_weight, priors.blastic_weight])
    drawn = list(BoneLesionType)[int(rng.choice(3, p=weights / weights.sum()))]
    keeps = rng.uniform() < priors.same_type_chance
    return main_type if main_type is not None and keeps else drawn


def _draw_centre(
    priors: LesionPriors, breaches: bool, rng: np.random.Generator
) -> tuple[float, float, float]:
    weights = np.array([priors.endplate_weight, priors.posterior_third_weight, priors.elsewhere_weight])
    place = int(rng.choice(3, p=weights / weights.sum()))
    right, anterior, superior = (float(share) for share in rng.uniform(-0.6, 0.6, size=3))
    if place == 0:
        superior = float(rng.choice([-1.0, 1.0]) * rng.uniform(0.45, 0.75))
    elif place == 1:
        anterior = float(rng.uniform(-0.8, -0.4))
    if breaches and place != 1:
        # A breach needs a wall: out to the side or the front, through whichever is nearer.
        right, anterior = (float(np.sign(right)) * 0.75, anterior) if abs(right) > 0.3 else (right, 0.75)
    return right, anterior, superior
