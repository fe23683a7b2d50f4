"""Images that were put together from several stations after acquisition."""

import re
from collections.abc import Iterable, Sequence

from spinemets.study.records import Series
from spinemets.study.stations import Station
from spinemets.study.vocabulary import plain_words

_COMPOSED_TYPES = frozenset({"COMPOSED", "COMP", "MOBIVIEW"})
_COMPOSED_WORDS = re.compile(r"mobiview|\bcompos|\bcomp\b|\bstitch|\bpast(?:e|ing)\b|\bfused?\b")

# A composed image adds nothing where this much of it is covered by stations of their own.
_COVERED_BY_STATIONS = 0.9


def is_composed(series: Series) -> bool:
    """Whether a series was composed, from its Image Type or description."""
    types = {value.upper() for value in series.parameters.image_type}
    composed = any(value.startswith("COMP_") for value in types) or bool(types & _COMPOSED_TYPES)
    return composed or bool(_COMPOSED_WORDS.search(plain_words(series.parameters.series_description)))


def without_composed(
    stations: Sequence[Station], series: Iterable[Series]
) -> tuple[tuple[Station, ...], tuple[Series, ...]]:
    """Leave out stations of nothing but images composed from the others.

    Args:
        stations: From head to feet.
        series: At least the series of the stations.

    Returns:
        The stations that are kept, and the series of those that are not.
    """
    by_key = {one.key: one for one in series}
    composed = [one for one in stations if all(is_composed(by_key[key]) for key in one.series_keys)]
    acquired = [one for one in stations if one not in composed]
    redundant = [one for one in composed if _covered(one, acquired) >= _COVERED_BY_STATIONS]
    kept = tuple(one for one in stations if one not in redundant)
    return kept, tuple(by_key[key] for one in redundant for key in one.series_keys)


def _covered(station: Station, others: Iterable[Station]) -> float:
    """Part of a station that the others cover together."""
    lowest, highest = station.range_s_mm
    covered_mm, reached = 0.0, lowest
    same_frame = (one.range_s_mm for one in others if one.frame_of_reference == station.frame_of_reference)
    for low, high in sorted(same_frame):
        covered_mm += max(0.0, min(high, highest) - max(low, reached))
        reached = max(reached, high)
    return covered_mm / (highest - lowest)
