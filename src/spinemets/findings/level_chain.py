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

# Weight of a level that a statement rules out, against one that it allows; ours. A user errs rarely, and
# whoever filled in the body part often, but seldom by a whole region.
_WRONG_ANCHOR, _WRONG_BODY_PART = 0.01, 0.05
# Below this probability, by the image alone, a statement contradicts it.
_CONTRADICTS = 0.05
# Share of the image where an anchor contradicts it: both stay possible.
_DISPUTED = 0.6
# Between bodies further apart than this part of their height there is another one.
_ROOM_FOR_A_BODY = 0.9
# Of a lumbar body, where the sacrum alone is seen.
_ADULT_HEIGHT_MM = 27.0
# Stations reach this far beyond the region that they are named after, counted for their middle vertebra.
_BEYOND_REGION = 2.5
# What follows what in people with fewer vertebrae, and what only people with more have.
_FEWER = frozenset({(Level.T11, Level.L1), (Level.L4, Level.S1)})
_MORE = frozenset({Level.T13, Level.L6})
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
    is_anchor: bool
    words: str

    def contradicts(self, by_image: Floats) -> bool:
        """Whether the image, (vertebra, level), all but rules the statement out."""
        return float(by_image[self.vertebra][self.allowed].sum()) < _CONTRADICTS


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
    probabilities = _with_statements(seen, statements, by_image)
    for one in statements:
        if one.contradicts(by_image):
            likely = LEVELS[int(by_image[one.vertebra].argmax())]
            warnings.append(f"{one.words}, but the image suggests {likely} there: levels need checking")
    beliefs = tuple(
        LevelBelief(_sorted(row), _sentences(index, instances, statements))
        for index, row in enumerate(probabilities)
    )
    return LevelChain(beliefs, (*warnings, *_limits(instances, beliefs)))


def _with_statements(seen: ChainObservations, statements: list[_Statement], by_image: Floats) -> Floats:
    """Probabilities with the evidence beside the image.

    An anchor that contradicts the image settles nothing, and neither does the image: both stay possible.
    """
    if not statements:
        return by_image
    for one in statements:
        disputed = one.is_anchor and one.contradicts(by_image)
        if_wrong = 0.0 if disputed else _WRONG_ANCHOR if one.is_anchor else _WRONG_BODY_PART
        seen.factors[one.vertebra] *= np.where(one.allowed, 1.0, if_wrong)
    told = level_probabilities(seen)
    if any(one.is_anchor and one.contradicts(by_image) for one in statements):
        return np.asarray(_DISPUTED * by_image + (1.0 - _DISPUTED) * told)
    return told


def _observations(instances: VertebraInstances) -> ChainObservations:
    sacrum = np.array(instances.is_sacrum)
    return ChainObservations(
        coordinate=np.where(sacrum, np.nan, instances.coordinate),
        spread=np.where(sacrum, np.nan, instances.spread),
        gap=_gaps(instances),
        ends_in_sacrum=bool(sacrum[-1]),
        factors=np.ones((len(instances), len(LEVELS))),
    )


def _gaps(instances: VertebraInstances) -> Floats:
    """Space between neighbours as a share of the usual height of the bodies, (vertebra - 1,)."""
    heights = [
        height for height, sacrum in zip(instances.height_mm, instances.is_sacrum, strict=True) if not sacrum
    ]
    usual = float(np.median(heights)) if heights else _ADULT_HEIGHT_MM
    return np.array(instances.gap_above_mm[1:]) / usual


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
            statements.append(_Statement(vertebra, allowed, True, words))
    for body_part in evidence.body_parts:
        regions = regions_of(body_part)
        if regions and bodies:
            words = f"the series' body part is {body_part}"
            middle = bodies[len(bodies) // 2]
            statements.append(_Statement(middle, _within(regions), False, words))
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
    likely = [belief.most_likely for belief in beliefs]
    for (above, below), gap in zip(pairwise(likely), _gaps(instances), strict=True):
        if gap > _ROOM_FOR_A_BODY and below.coordinate - above.coordinate > 1.0:
            warnings.append(f"a vertebra seems to be missing between {above} and {below}")
        elif (above, below) in _FEWER or below in _MORE:
            warnings.append(f"{above} is followed by {below}: an unusual number of vertebrae")
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
