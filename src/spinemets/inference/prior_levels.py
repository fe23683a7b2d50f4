"""Involved levels of this study beside those of an earlier one."""

from collections.abc import Mapping, Sequence, Set

from spinemets.inference.prior_grades import compare_escc, compare_sins
from spinemets.inference.prior_records import (
    Involvement,
    LesionChange,
    LesionChangeKind,
    LesionReference,
    LevelChange,
)
from spinemets.inference.prior_vertebrae import Shown, SpinesBeside
from spinemets.inference.records import LevelResult

_Levels = Mapping[tuple[str, int], LevelResult]
_Twins = Sequence[int | None]


def compare_levels(
    levels_now: Sequence[LevelResult],
    levels_then: Sequence[LevelResult],
    spines: SpinesBeside,
    lesions: Sequence[LesionChange],
) -> tuple[LevelChange, ...]:
    """Every level with tumour in one of the studies, from head to feet.

    A level is new, or no longer involved, only where the other study shows the places of its lesions.

    Args:
        levels_now, levels_then: Involved levels.
        spines: Vertebrae of both studies.
        lesions: As compared.
    """
    here, there = _by_vertebra(levels_now), _by_vertebra(levels_then)
    alone = [one for one in lesions if one.kind is LesionChangeKind.NOT_COMPARABLE]
    unseen_then = {reference for one in alone if not one.then for reference in one.now}
    unseen_now = {reference for one in alone if not one.now for reference in one.then}
    changes = [
        _now(one, twins, spines, here, there, unseen_then)
        for one, twins in zip(spines.now, spines.matches, strict=True)
        if _key(one) in here
    ]
    changes += [
        _then(one, twins, unseen_now)
        for one, twins in zip(spines.then, spines.matches_then, strict=True)
        if _key(one) in there and not _is_level(twins, spines.now, here)
    ]
    return tuple(sorted(changes, key=lambda one: one.belief.most_likely.coordinate))


def _by_vertebra(levels: Sequence[LevelResult]) -> _Levels:
    return {(one.station, one.vertebra): one for one in levels}


def _key(shown: Shown) -> tuple[str, int]:
    return shown.station.name, shown.vertebra.number


def _is_level(twins: _Twins, others: Sequence[Shown], levels: _Levels) -> bool:
    """Whether a vertebra is, for certain, one of the other study's involved levels."""
    return len(twins) == 1 and twins[0] is not None and _key(others[twins[0]]) in levels


def _now(
    shown: Shown,
    twins: _Twins,
    spines: SpinesBeside,
    here: _Levels,
    there: _Levels,
    unseen: Set[LesionReference],
) -> LevelChange:
    own, place = here[_key(shown)], list(here).index(_key(shown))
    twin = spines.then[twins[0]] if len(twins) == 1 and twins[0] is not None else None
    station_then, vertebra_then = ("", None) if twin is None else _key(twin)
    reason = _limit(shown, twins, "earlier", unseen)
    involvement, escc, sins = Involvement.NOT_COMPARABLE if reason else Involvement.NEW, None, None
    if twin is not None and _key(twin) in there:
        before = there[_key(twin)]
        involvement, reason = Involvement.BOTH, ""
        escc = compare_escc(before.escc.assessment, own.escc.assessment)
        sins = compare_sins(before.sins, own.sins)
    return LevelChange(own.belief, involvement, place, station_then, vertebra_then, escc, sins, reason)


def _then(shown: Shown, twins: _Twins, unseen: Set[LesionReference]) -> LevelChange:
    """A level that had tumour and is not, for certain, one that has tumour now."""
    reason = _limit(shown, twins, "later", unseen)
    involvement = Involvement.NOT_COMPARABLE if reason else Involvement.ENDED
    return LevelChange(shown.vertebra.belief, involvement, None, *_key(shown), None, None, reason)


def _limit(shown: Shown, twins: _Twins, where: str, unseen: Set[LesionReference]) -> str:
    """Why nothing can be said of a level in the other study; "" where it can."""
    if len(twins) > 1:
        return f"which vertebra of the {where} study it is, is not certain"
    if twins[0] is None:
        return f"the {where} study does not show it"
    own = {LesionReference(shown.station.name, number) for number in shown.vertebra.lesions}
    return f"the {where} study does not show the place of a lesion at it" if own & unseen else ""
