"""Random look-alikes of metastases, drawn at levels that have none."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spinemets.anatomy import Level
from spinemets.phantom.disease_priors import DiseasePriors
from spinemets.phantom.spec import (
    CollapseSpec,
    DiscSpec,
    LookalikeKind,
    LookalikeSpec,
    SpineSpec,
    VertebraSpec,
)

# Size by kind: diameter of a focus, thickness of an end-plate band, height of a fracture's oedema band;
# for metal the diameter of a pedicle screw.
_SIZE_MM = {
    LookalikeKind.HAEMANGIOMA: (7.0, 22.0),
    LookalikeKind.ENDPLATE_OEDEMA: (3.0, 9.0),
    LookalikeKind.ENDPLATE_FAT: (3.0, 9.0),
    LookalikeKind.SCHMORL_NODE: (4.0, 10.0),
    LookalikeKind.DISCITIS: (5.0, 12.0),
    LookalikeKind.BONE_ISLAND: (4.0, 10.0),
    LookalikeKind.RED_MARROW: (5.0, 12.0),
    LookalikeKind.OSTEOPOROTIC_FRACTURE: (5.0, 12.0),
    LookalikeKind.METAL: (4.5, 6.5),
}
OF_A_DISC = frozenset(
    {
        LookalikeKind.ENDPLATE_OEDEMA,
        LookalikeKind.ENDPLATE_FAT,
        LookalikeKind.SCHMORL_NODE,
        LookalikeKind.DISCITIS,
    }
)
# End-plate change belongs to degenerate discs (Modic et al. 1988, Radiology 166:193).
_DEGENERATE_PFIRRMANN = 4
_FRACTURE_LOSS_PERCENT = (15.0, 60.0)
_RETROPULSION_MM = (0.0, 3.0)


def draw_lookalikes(
    spec: SpineSpec, rng: np.random.Generator, priors: DiseasePriors, levels: Sequence[Level]
) -> SpineSpec:
    """Adds look-alikes at levels that neither disease nor another look-alike touches.

    Args:
        spec: A spine, with its metastases.
        rng: Source of randomness.
        priors: How often each kind occurs.
        levels: Levels that will be imaged.
    """
    if rng.uniform() >= priors.lookalike_chance:
        return spec
    count = int(rng.geometric(1.0 / priors.mean_lookalike_count))
    weights = np.array(priors.lookalike_weights) / sum(priors.lookalike_weights)
    for _ in range(count):
        kind = list(LookalikeKind)[int(rng.choice(len(weights), p=weights))]
        free = _free_levels(spec, kind, levels)
        if free:
            level = free[int(rng.integers(len(free)))]
            size_mm = float(rng.uniform(*_SIZE_MM[kind]))
            lookalike = LookalikeSpec(level, kind, size_mm, int(rng.integers(2**32)))
            spec = add_lookalike(spec, lookalike, rng)
    return spec


def add_lookalike(spec: SpineSpec, lookalike: LookalikeSpec, rng: np.random.Generator) -> SpineSpec:
    """Adds one look-alike with what it does to bone and disc: a fracture collapses, end plates degenerate."""
    vertebrae, discs = spec.vertebrae, spec.discs
    if lookalike.kind is LookalikeKind.OSTEOPOROTIC_FRACTURE:
        vertebrae = tuple(
            _fractured(each, rng) if each.level is lookalike.level else each for each in vertebrae
        )
    if lookalike.kind in (LookalikeKind.ENDPLATE_OEDEMA, LookalikeKind.ENDPLATE_FAT):
        discs = tuple(_degenerate(each) if each.above is lookalike.level else each for each in discs)
    return replace(spec, vertebrae=vertebrae, discs=discs, lookalikes=(*spec.lookalikes, lookalike))


def _free_levels(spec: SpineSpec, kind: LookalikeKind, levels: Sequence[Level]) -> list[Level]:
    taken = {lesion.level for lesion in spec.lesions} | {epidural.level for epidural in spec.epidurals}
    for lookalike in spec.lookalikes:
        taken.add(lookalike.level)
        below = spec.numbering.below(lookalike.level) if lookalike.kind in OF_A_DISC else None
        taken |= {below} if below is not None else set()
    free = [level for level in levels if level not in taken]
    if kind in OF_A_DISC:
        discs = {disc.above for disc in spec.discs}
        free = [level for level in free if level in discs and spec.numbering.below(level) in free]
    return free


def _fractured(vertebra: VertebraSpec, rng: np.random.Generator) -> VertebraSpec:
    """An osteoporotic fracture: wedge or biconcave, a retropulsed corner, never a convex wall."""
    loss = float(rng.uniform(*_FRACTURE_LOSS_PERCENT))
    anterior, middle = (loss, 0.8 * loss) if rng.uniform() < 0.6 else (0.5 * loss, loss)
    retropulsion = float(rng.uniform(*_RETROPULSION_MM))
    collapse = CollapseSpec(anterior, middle, 0.15 * loss, retropulsion_mm=retropulsion)
    return replace(vertebra, collapse=collapse)


def _degenerate(disc: DiscSpec) -> DiscSpec:
    return replace(disc, pfirrmann=max(disc.pfirrmann, _DEGENERATE_PFIRRMANN))
