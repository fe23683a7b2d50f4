"""The SINS of a study: the highest of its levels."""

from collections.abc import Sequence
from dataclasses import dataclass

from spinemets.anatomy import Level
from spinemets.scoring.sins import SinsClass, SinsScore


@dataclass(frozen=True, slots=True)
class HighestSins:
    """The highest score of several levels.

    Args:
        minimum, maximum: Least and greatest value that the highest total may have; both are reached.
        classes: Every class that it may have, least severe first.
        levels: For each score that may be the highest, the level or levels that it may belong to.
    """

    minimum: int
    maximum: int
    classes: tuple[SinsClass, ...]
    levels: tuple[tuple[Level, ...], ...]


def highest_sins(scores: Sequence[SinsScore]) -> HighestSins:
    """The highest of the scores of a study's levels, as an interval where theirs are intervals.

    A score belongs to one level; a study has that of its worst (Fisher et al. 2010, Spine 35:E1221). Levels
    are taken to be independent of one another.

    Raises:
        ValueError: If there is no score: a study without an involved level has none, not 0.
    """
    if not scores:
        raise ValueError("no level was scored, so that the study has no SINS")
    order = list(SinsClass)
    minimum = max(score.minimum for score in scores)
    least = max(order.index(score.classes[0]) for score in scores)
    reached = {each for score in scores for each in score.classes if order.index(each) >= least}
    return HighestSins(
        minimum=minimum,
        maximum=max(score.maximum for score in scores),
        classes=tuple(each for each in SinsClass if each in reached),
        levels=tuple(score.levels for score in scores if score.maximum >= minimum),
    )
