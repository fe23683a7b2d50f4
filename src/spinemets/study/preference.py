"""Which of several series serves best as a channel of a station, and in words why."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from spinemets.study.composed import is_composed
from spinemets.study.records import Evidence, Series, Weighting
from spinemets.study.sequence import Readout, sequence_of
from spinemets.study.stations import Range, overlap_mm, range_s_mm
from spinemets.study.vocabulary import plain_words


@dataclass(frozen=True, slots=True)
class Candidate:
    """A series that could serve.

    Args:
        series: The series.
        order: Its place in the order of acquisition.
        covered: Part of the station's range that it covers, 0 to 1.
        asked_for: Whether the override file asks for it.
    """

    series: Series
    order: int
    covered: float
    asked_for: bool

    @property
    def in_plane_mm(self) -> float:
        """The larger of its two pixel spacings."""
        return max(self.series.spacing_mm[1:])

    @property
    def slice_mm(self) -> float:
        """Distance between its slices."""
        return self.series.spacing_mm[0]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One step of the comparison: the higher ``rank`` wins, ``says`` words it for winner and loser."""

    rank: Callable[[Candidate], float]
    says: Callable[[Candidate, Candidate], str]


def candidate(series: Series, order: int, station: Range, asked_for: bool) -> Candidate:
    """A series with how much of a station it covers."""
    length_mm = station[1] - station[0]
    covered = overlap_mm(range_s_mm(series), station) / length_mm
    return Candidate(series, order, covered, asked_for)


def ranked(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Best first, by ``CRITERIA`` in their order."""
    return sorted(candidates, key=lambda one: [-criterion.rank(one) for criterion in CRITERIA])


def why_better(winner: Candidate, loser: Candidate) -> str:
    """The first criterion that parts the two, in words that continue "because"."""
    for criterion in CRITERIA:
        if criterion.rank(winner) > criterion.rank(loser):
            return criterion.says(winner, loser)
    return "it comes first"


# Slices thinner than this, without a word on 2D or 3D, come from a 3D acquisition or from resampling;
# two-dimensional spine slices are 3-5 mm thick (3 mm at the least in cervical protocols).
_THINNEST_2D_MM = 2.0
_SINGLE_SHOT = re.compile(r"haste|ss ?fse|ss ?tse|fase|single ?shot")


def _readout_rank(one: Candidate) -> float:
    """2 for a 2D (turbo) spin echo, 1 for a 3D one, 0 for gradient echoes and single shots."""
    parameters = one.series.parameters
    sequence = sequence_of(parameters)
    fast = plain_words(f"{parameters.series_description} {parameters.sequence_name}")
    if sequence.readout not in (None, Readout.SPIN_ECHO) or _SINGLE_SHOT.search(fast):
        return 0.0
    volume = parameters.acquisition_type.upper() == "3D"
    unnamed = parameters.acquisition_type == "" and one.slice_mm < _THINNEST_2D_MM
    return 1.0 if volume or unnamed else 2.0


_READOUTS = ("gradient echo or single shot", "3D spin echo", "2D spin echo")


def _step(spacing_mm: float) -> int:
    """Spacings within about a fifth of each other count as equal: the noise differs more than the detail."""
    return round(math.log(spacing_mm) / math.log(1.2))


# In this order. Coverage leads, because what lies outside a series cannot be read from it at all.
CRITERIA = (
    Criterion(lambda one: one.asked_for, lambda best, other: "the override file asks for it"),
    Criterion(
        lambda one: not is_composed(one.series),
        lambda best, other: "it was acquired, this was composed from stations",
    ),
    Criterion(
        lambda one: round(one.covered * 10.0),  # in tenths: less is a matter of placing the field of view
        lambda best, other: f"it covers {best.covered:.0%} of the station, this {other.covered:.0%}",
    ),
    Criterion(
        lambda one: one.series.weighting.weighting is not Weighting.T2_FS,
        lambda best, other: "STIR suppresses fat evenly where T2-FS may fail",
    ),
    Criterion(
        _readout_rank,
        lambda best, other: (
            f"it is a {_READOUTS[int(_readout_rank(best))]}, this a {_READOUTS[int(_readout_rank(other))]}"
        ),
    ),
    Criterion(
        lambda one: -_step(one.in_plane_mm),
        lambda best, other: f"its pixels are {best.in_plane_mm:.2f} mm, these {other.in_plane_mm:.2f} mm",
    ),
    Criterion(
        lambda one: -_step(one.slice_mm),
        lambda best, other: f"its slices lie {best.slice_mm:.1f} mm apart, these {other.slice_mm:.1f} mm",
    ),
    Criterion(
        lambda one: one.series.shape[0],
        lambda best, other: f"it has {best.series.shape[0]} slices, this {other.series.shape[0]}",
    ),
    Criterion(
        lambda one: one.series.weighting.evidence in (Evidence.OVERRIDE, Evidence.PARAMETERS),
        lambda best, other: f"its weighting rests on parameters, this one's on the {_source(other)}",
    ),
    Criterion(lambda one: one.order, lambda best, other: "it was acquired later, as a repeat is"),
)


def _source(one: Candidate) -> str:
    return one.series.weighting.evidence.value
