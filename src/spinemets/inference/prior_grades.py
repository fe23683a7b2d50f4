"""How ESCC and SINS of one level have changed: everything that what is known then and now allows."""

from collections.abc import Iterable

from spinemets.inference.prior_records import Direction, EsccChange, Gain, SinsChange
from spinemets.scoring.escc import EsccAssessment
from spinemets.scoring.sins import SinsScore
from spinemets.scoring.sins_items import Item


def compare_escc(then: EsccAssessment, now: EsccAssessment) -> EsccChange:
    """Every direction that the two sets of grades allow; none where one of them is empty."""
    reasons = [f"{when} {one.reason}" for when, one in (("then", then), ("now", now)) if not one.is_gradable]
    directions = _directions(after.rank - before.rank for before in then.grades for after in now.grades)
    return EsccChange(directions, then.grades, now.grades, "; ".join(reasons))


def compare_sins(then: SinsScore, now: SinsScore) -> SinsChange:
    """Least and greatest gain of points, of all items and of those that an image shows.

    Location is left out: it is the same vertebra, so that an uncertain level is no change. All other items
    are taken to be independent of one another, and of what they were then.
    """
    before = {one.item: one.points for one in then.items}
    gains = {
        one.item: (min(one.points) - max(before[one.item]), max(one.points) - min(before[one.item]))
        for one in now.items
        if one.item is not Item.LOCATION
    }
    image = {item: gain for item, gain in gains.items() if item is not Item.PAIN}
    return SinsChange(_sum(gains.values()), _sum(image.values()))


def _sum(gains: Iterable[tuple[int, int]]) -> Gain:
    lowest, highest = (sum(each) for each in zip(*gains, strict=True))
    return Gain(_directions(range(lowest, highest + 1)), lowest, highest)


def _directions(differences: Iterable[int]) -> tuple[Direction, ...]:
    """Directions of these differences, the worst first."""
    signs = {(one > 0) - (one < 0) for one in differences}
    by_sign = {1: Direction.WORSE, 0: Direction.SAME, -1: Direction.IMPROVED}
    return tuple(direction for sign, direction in by_sign.items() if sign in signs)
