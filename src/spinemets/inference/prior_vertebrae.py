"""Which vertebra of an earlier study is which one of this study."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spinemets.findings.level_belief import CREDIBLE_SHARE, LevelBelief
from spinemets.findings.records import Vertebra
from spinemets.inference.merging import StationVertebrae, all_vertebrae
from spinemets.inference.records import StationResult

# Against two numberings that agree: that both studies show nothing in common.
_NOTHING_IN_COMMON = 0.02
# Two beliefs never rule out that they mean one vertebra by more than this.
_LEAST_AGREEMENT = 1e-5
# Standard deviation, in mm, of how far the distance of two neighbouring bodies' centres differs between two
# studies, where they are the same bodies and where they are others of the same person; ours.
_SAME_PITCH_MM, _OTHER_PITCH_MM = 2.0, 3.0
# The same of the place of a centre, where both studies share scanner coordinates.
_SAME_PLACE_MM, _OTHER_PLACE_MM = 4.0, 20.0
# A body that breaks moves its neighbours: no distance counts for more than this many deviations.
_MOST_DEVIATIONS = 2.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A vertebra with the station that shows it best."""

    station: StationResult
    vertebra: Vertebra


@dataclass(frozen=True, slots=True)
class SpinesBeside:
    """Vertebrae of two studies, head to feet, and which may be which.

    Args:
        now, then: Of this study and of the earlier one.
        matches: For each of ``now`` every place in ``then`` that it may be; None among them where it may not
            be shown there.
    """

    now: tuple[Shown, ...]
    then: tuple[Shown, ...]
    matches: tuple[tuple[int | None, ...], ...]

    @property
    def matches_then(self) -> tuple[tuple[int | None, ...], ...]:
        """The same seen from the earlier study."""
        found: list[list[int | None]] = [[] for _ in self.then]
        for place, twins in enumerate(self.matches):
            for twin in twins:
                if twin is not None:
                    # A vertebra that may be several is none of them for certain.
                    found[twin] += [place, None] if len(twins) > 1 else [place]
        return tuple(tuple(dict.fromkeys(each)) or (None,) for each in found)

    @property
    def certain(self) -> dict[int, int]:
        """Places in ``then`` of those vertebrae of ``now`` that are certain."""
        pairs = {place: twins[0] for place, twins in enumerate(self.matches) if len(twins) == 1}
        return {place: twin for place, twin in pairs.items() if twin is not None}


def lay_beside(now: Sequence[StationResult], then: Sequence[StationResult]) -> SpinesBeside:
    """The vertebrae of two studies of one patient."""
    here, there = _shown_vertebrae(now), _shown_vertebrae(then)
    return SpinesBeside(here, there, match_vertebrae(here, there))


def _shown_vertebrae(stations: Sequence[StationResult]) -> tuple[Shown, ...]:
    named = {station.name: station for station in stations}
    views = [StationVertebrae(one.name, one.frame_of_reference, one.findings) for one in stations]
    return tuple(Shown(named[one.station], one.vertebra) for one in all_vertebrae(views))


def match_vertebrae(now: Sequence[Shown], then: Sequence[Shown]) -> tuple[tuple[int | None, ...], ...]:
    """For each vertebra of this study every one of the earlier study that it may be.

    The spine of one study is laid beside that of the other, shifted by whole vertebrae. A shift is as likely
    as the least agreement of two beliefs that come to lie beside each other (all beliefs of a study rest on
    one numbering, so that many say no more than one), times what the distances between neighbouring bodies
    say, or their places where both studies share scanner coordinates. Shifts that together hold
    ``CREDIBLE_SHARE`` are credible; that the studies show nothing in common is one of them.

    Args:
        now, then: Head to feet.

    Returns:
        See ``SpinesBeside.matches``.
    """
    shifts = _credible_shifts(now, then)
    return tuple(tuple(dict.fromkeys(shift.get(place) for shift in shifts)) for place in range(len(now)))


def _apart_mm(one: Shown, other: Shown) -> float:
    """Distance between the centres of two bodies of one station."""
    return float(np.linalg.norm(np.subtract(one.vertebra.centre_ras_mm, other.vertebra.centre_ras_mm)))


def share_coordinates(one: StationResult, other: StationResult) -> bool:
    """Whether two stations, of one study or of two, lie in the same scanner coordinates."""
    return one is other or one.frame_of_reference == other.frame_of_reference != ""


def _credible_shifts(now: Sequence[Shown], then: Sequence[Shown]) -> list[dict[int, int]]:
    """Pairs of places under each credible shift, the most likely first; no pairs for nothing in common."""
    here, there = _positions(now), _positions(then)
    hypotheses: list[dict[int, int]] = [{}]
    weights = [np.log(_NOTHING_IN_COMMON)]
    for shift in sorted({b - a for a in here for b in there}):
        place_at = {position: place for place, position in enumerate(there)}
        pairs = {i: place_at[a + shift] for i, a in enumerate(here) if a + shift in place_at}
        hypotheses.append(pairs)
        weights.append(_log_weight(pairs, now, then))
    probability = np.exp(np.array(weights) - max(weights))
    probability /= probability.sum()
    order = np.argsort(-probability, kind="stable")
    held = np.cumsum(probability[order])
    count = int(np.searchsorted(held, CREDIBLE_SHARE)) + 1
    return [hypotheses[place] for place in order[:count].tolist()]


def _positions(shown: Sequence[Shown]) -> list[int]:
    """Place of each vertebra in its spine, with room for those that were missed in between."""
    positions: list[int] = []
    for place, one in enumerate(shown):
        if place == 0:
            positions.append(0)
            continue
        above = shown[place - 1].vertebra.belief.most_likely.coordinate
        step = round(one.vertebra.belief.most_likely.coordinate - above)
        positions.append(positions[-1] + max(step, 1))
    return positions


def _log_weight(pairs: dict[int, int], now: Sequence[Shown], then: Sequence[Shown]) -> float:
    agreement = [_log_agreement(now[i].vertebra.belief, then[j].vertebra.belief) for i, j in pairs.items()]
    return min(agreement) + _log_geometry(pairs, now, then)


def _log_agreement(one: LevelBelief, other: LevelBelief) -> float:
    there = {each.level: each.probability for each in other.levels}
    agreement = sum(each.probability * there.get(each.level, 0.0) for each in one.levels)
    return float(np.log(max(agreement, _LEAST_AGREEMENT)))


def _log_geometry(pairs: dict[int, int], now: Sequence[Shown], then: Sequence[Shown]) -> float:
    total = 0.0
    for i, j in pairs.items():
        if share_coordinates(now[i].station, then[j].station):
            total += _log_ratio(_apart_mm(now[i], then[j]), _SAME_PLACE_MM, _OTHER_PLACE_MM)
        elif pairs.get(i + 1) == j + 1 and (change := _pitch_change_mm(i, j, now, then)) is not None:
            total += _log_ratio(change, _SAME_PITCH_MM, _OTHER_PITCH_MM)
    return total


def _pitch_change_mm(i: int, j: int, now: Sequence[Shown], then: Sequence[Shown]) -> float | None:
    """How much the distance to the next body below has changed; None where it is not seen whole in both."""
    four = (now[i], now[i + 1], then[j], then[j + 1])
    if not all(one.vertebra.whole for one in four):
        return None
    if not share_coordinates(now[i].station, now[i + 1].station):
        return None
    if not share_coordinates(then[j].station, then[j + 1].station):
        return None
    return _apart_mm(now[i], now[i + 1]) - _apart_mm(then[j], then[j + 1])


def _log_ratio(difference: float, same: float, other: float) -> float:
    """Log of how much likelier a difference is under the smaller deviation than under the larger one."""
    capped = min(abs(difference), _MOST_DEVIATIONS * same)
    return float(np.log(other / same) - capped**2 / 2.0 * (1.0 / same**2 - 1.0 / other**2))
