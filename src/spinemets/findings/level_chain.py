"""Levels of a station's vertebrae, each with the probability that the whole chain gives it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Level, Region
from spinemets.findings.level_belief import LevelBelief, LevelProbability
from spinemets.findings.level_evidence import ABOVE_SACRUM, TOP, Anchor, LevelEvidence, regions_of
from spinemets.findings.level_model import LEVELS, ChainObservations, level_probabilities
from spinemets.findings.vertebra_instances import VertebraInstances
from spinemets.volume import Volume

Floats = npt.NDArray[np.float64]

# How much a statement that is wrong would weigh against an image that is certain; ours. A user errs rarely,
# and whoever filled in the body part often, but seldom by a whole region.
_WRONG_ANCHOR, _WRONG_BODY_PART = 0.01, 0.05
# Below this probability, by the image alone, a statement contradicts it.
_CONTRADICTS = 0.05
# Stations reach this far beyond the region that they are named after, counted for their middle vertebra.
_BEYOND_REGION = 2.5
# Levels less likely than this are left out.
_NEGLIGIBLE = 1e-3


@dataclass(frozen=True, slots=True)
class LevelChain:
    """Levels of a station.

    Args:
        beliefs: One for each vertebra, head to feet.
        warnings: What contradicts, or limits them, in sentences.
    """

    beliefs: tuple[LevelBelief, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Statement:
    """Evidence beside the image: which levels it allows to one vertebra, and how it reads."""

    vertebra: int
    allowed: npt.NDArray[np.bool_]
    if_wrong: float
    words: str


def infer_levels(instances: VertebraInstances, evidence: LevelEvidence) -> LevelChain:
    """Which level each vertebra may be.

    Args:
        instances: Of the station.
        evidence: Beside the image.
    """
    if not len(instances):
        return LevelChain(())
    seen = _observations(instances)
    statements, warnings = _statements(instances, evidence)
    by_image = level_probabilities(seen)
    probabilities = by_image
    for one in statements:
        seen.factors[one.vertebra] *= np.where(one.allowed, 1.0, one.if_wrong)
        if float(by_image[one.vertebra][one.allowed].sum()) < _CONTRADICTS:
            likely = LEVELS[int(by_image[one.vertebra].argmax())]
            warnings.append(f"{one.words}, but the image suggests {likely} there: levels need checking")
    if statements:
        probabilities = level_probabilities(seen)
    beliefs = tuple(
        LevelBelief(_sorted(row), _sentences(index, instances, statements))
        for index, row in enumerate(probabilities)
    )
    return LevelChain(beliefs, (*warnings, *_limits(instances, beliefs)))


def _observations(instances: VertebraInstances) -> ChainObservations:
    sacrum = np.array(instances.is_sacrum)
    heights = np.array(instances.height_mm)
    usual = float(np.median(heights[~sacrum])) if (~sacrum).any() else 25.0
    return ChainObservations(
        coordinate=np.where(sacrum, np.nan, instances.coordinate),
        spread=np.where(sacrum, np.nan, instances.spread),
        gap=np.array(instances.gap_above_mm)[1:] / usual,
        ends_in_sacrum=bool(sacrum[-1]),
        factors=np.ones((len(instances), len(LEVELS))),
    )


def _statements(instances: VertebraInstances, evidence: LevelEvidence) -> tuple[list[_Statement], list[str]]:
    statements, warnings = [], []
    bodies = [index for index, sacrum in enumerate(instances.is_sacrum) if not sacrum]
    if evidence.anchor is not None:
        vertebra = _anchored(evidence.anchor, instances, bodies)
        if vertebra is None:
            warnings.append(f"the anchor ({evidence.anchor.words}) fits no vertebra of the station: not used")
        else:
            allowed = np.array([level is evidence.anchor.level for level in LEVELS])
            words = f"the anchor says that {evidence.anchor.words}"
            statements.append(_Statement(vertebra, allowed, _WRONG_ANCHOR, words))
    for body_part in evidence.body_parts:
        regions = regions_of(body_part)
        if regions and bodies:
            words = f"the series' body part is {body_part}"
            middle = bodies[len(bodies) // 2]
            statements.append(_Statement(middle, _within(regions), _WRONG_BODY_PART, words))
    return statements, warnings


def _anchored(anchor: Anchor, instances: VertebraInstances, bodies: list[int]) -> int | None:
    """Index of the vertebra that an anchor speaks of; None where there is none."""
    if anchor.place == ABOVE_SACRUM:
        return bodies[-1] if bodies and instances.is_sacrum[-1] else None
    number = 1 if anchor.place == TOP else int(anchor.place)
    return bodies[number - 1] if number <= len(bodies) else None


def _within(regions: frozenset[Region]) -> npt.NDArray[np.bool_]:
    """Levels that the middle vertebra of a station of these regions may have."""
    named = [level.coordinate for level in LEVELS if level.region in regions]
    low, high = min(named) - _BEYOND_REGION, max(named) + _BEYOND_REGION
    return np.array([low <= level.coordinate <= high for level in LEVELS])


def _sorted(row: Floats) -> tuple[LevelProbability, ...]:
    kept = np.where(row >= _NEGLIGIBLE, row, 0.0)
    kept /= kept.sum()
    order = [int(index) for index in np.argsort(-kept, kind="stable") if kept[index] > 0.0]
    return tuple(LevelProbability(LEVELS[index], float(kept[index])) for index in order)


def _sentences(index: int, instances: VertebraInstances, statements: list[_Statement]) -> tuple[str, ...]:
    """What the belief in a vertebra's level rests on."""
    sentences = []
    coordinate = instances.coordinate[index]
    if instances.is_sacrum[index]:
        sentences.append("it is drawn as sacrum, and is named by its uppermost part")
    elif np.isfinite(coordinate):
        nearest = min(LEVELS, key=lambda level: abs(level.coordinate - coordinate))
        sentences.append(f"the level map puts it at {coordinate:.1f} ({nearest} is {nearest.coordinate:g})")
    if instances.is_sacrum[-1]:
        if (above := len(instances) - 1 - index) > 0:
            sentences.append(f"counted from the sacrum it is number {above}")
    else:
        sentences.append("the station shows no sacrum to count from")
    sentences += [one.words for one in statements]
    return tuple(sentences)


def _limits(instances: VertebraInstances, beliefs: tuple[LevelBelief, ...]) -> list[str]:
    warnings = []
    order = {level: place for place, level in enumerate(LEVELS)}
    likely = [belief.most_likely for belief in beliefs]
    for above, below in pairwise(likely):
        if below.coordinate - above.coordinate > 1.5 and order[below] > order[above] + 1:
            warnings.append(f"a vertebra seems to be missing between {above} and {below}")
    open_ones = [belief for belief in beliefs if not belief.is_certain]
    if open_ones and not instances.is_sacrum[-1]:
        warnings.append(
            "no sacrum is seen to count from: "
            f"{len(open_ones)} of {len(beliefs)} vertebrae may have more than one level"
        )
    return warnings


def levels_volume(instances: VertebraInstances, beliefs: tuple[LevelBelief, ...]) -> Volume:
    """The most likely level of every vertebra as ``Level.code``, 0 elsewhere, uint8 on the same grid.

    The sacrum's voxels become S1 to S5 by the level map, S1 where that says nothing.

    Args:
        instances: Of the station.
        beliefs: One for each.

    Raises:
        ValueError: If there is not one belief for each vertebra.
    """
    if len(beliefs) != len(instances):
        raise ValueError(f"{len(beliefs)} beliefs for {len(instances)} vertebrae")
    table = np.array([0, *(belief.most_likely.code for belief in beliefs)], dtype=np.uint8)
    codes = table[instances.labels.array]
    if len(instances) and instances.is_sacrum[-1]:
        voxels = instances.labels.array == len(instances)
        coordinate = np.nan_to_num(instances.level.array[voxels], nan=Level.S1.coordinate)
        first, last = round(Level.S1.coordinate), round(Level.S5.coordinate)
        codes[voxels] = np.clip(np.round(coordinate), first, last).astype(np.uint8)
    return Volume(codes, instances.labels.affine_ras)
