"""Which station shows a vertebra best, where stations overlap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spinemets.findings.records import StationFindings, Vertebra

# Centres of one body in two stations differ by breathing and by the edge of a cut body; neighbours of an
# adult lie at least 15 mm apart.
_SAME_BODY_MM = 10.0


@dataclass(frozen=True, slots=True)
class StationVertebrae:
    """A station's findings with the scanner coordinates that they lie in.

    Args:
        name: Of the station.
        frame_of_reference: Of its reference series; "" where unknown.
        findings: Its vertebrae and lesions.
    """

    name: str
    frame_of_reference: str
    findings: StationFindings


@dataclass(frozen=True, slots=True)
class ShownVertebra:
    """A vertebra in the station that shows it best."""

    station: str
    vertebra: Vertebra


def involved_vertebrae(stations: Sequence[StationVertebrae]) -> tuple[ShownVertebra, ...]:
    """Vertebrae with tumour of all stations, each once, from head to feet."""
    return tuple(one for one in all_vertebrae(stations) if one.vertebra.involved)


def all_vertebrae(stations: Sequence[StationVertebrae]) -> tuple[ShownVertebra, ...]:
    """Vertebrae of all stations, each once, from head to feet.

    A vertebra that two stations show is taken from the one in which it has tumour, then from the one that
    shows it whole, else from the first one.
    """
    chosen: list[tuple[StationVertebrae, Vertebra]] = []
    for station in stations:
        for vertebra in station.findings.vertebrae:
            twin = next(
                (place for place, other in enumerate(chosen) if _same((station, vertebra), other)), None
            )
            if twin is None:
                chosen.append((station, vertebra))
            elif _worth(vertebra) > _worth(chosen[twin][1]):
                chosen[twin] = station, vertebra
    chosen.sort(key=lambda one: one[1].belief.most_likely.coordinate)
    return tuple(ShownVertebra(station.name, vertebra) for station, vertebra in chosen)


def _worth(vertebra: Vertebra) -> tuple[bool, bool]:
    return vertebra.involved, vertebra.whole


def _same(one: tuple[StationVertebrae, Vertebra], other: tuple[StationVertebrae, Vertebra]) -> bool:
    """Whether two vertebrae are one: by place where coordinates can be compared, else by their level."""
    if one[0] is other[0]:
        return False
    frames = {one[0].frame_of_reference, other[0].frame_of_reference}
    if len(frames) == 1:
        apart = np.subtract(one[1].centre_ras_mm, other[1].centre_ras_mm)
        return bool(np.linalg.norm(apart) < _SAME_BODY_MM)
    return one[1].belief.credible == other[1].belief.credible
