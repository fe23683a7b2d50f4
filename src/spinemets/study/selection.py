"""Which series of a study serve: sagittal channels of each station, axial T2, extras."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from spinemets.errors import ConfigurationError
from spinemets.study.composed import without_composed
from spinemets.study.override import Override, Use, apply_override
from spinemets.study.preference import Candidate, candidate, ranked, why_better
from spinemets.study.records import Plane, Series, Study, Weighting
from spinemets.study.stations import Station, find_stations, overlap_mm, range_s_mm


class Channel(StrEnum):
    """Sagittal channels, in the order in which the network takes them."""

    T1 = "T1"
    T2 = "T2"
    FLUID = "STIR"
    T1_GD = "T1+Gd"


class Role(StrEnum):
    """What a series serves for."""

    CHANNEL = "channel"
    AXIAL_T2 = "axial T2"
    EXTRA = "extra"
    UNUSED = "not used"


# The first of these that a station has gives the grid that the others are brought onto; T2 shows the canal.
REFERENCE_ORDER = (Channel.T2, Channel.T1, Channel.FLUID, Channel.T1_GD)
CHANNEL_OF_WEIGHTING: Mapping[Weighting, Channel] = {
    Weighting.T1: Channel.T1,
    Weighting.T2: Channel.T2,
    Weighting.STIR: Channel.FLUID,
    Weighting.T2_FS: Channel.FLUID,
    Weighting.T1_GD: Channel.T1_GD,
}
_EXTRA_WEIGHTINGS = frozenset(
    {
        Weighting.CT,
        Weighting.DWI,
        Weighting.ADC,
        Weighting.DIXON_IN,
        Weighting.DIXON_OPPOSED,
        Weighting.DIXON_WATER,
        Weighting.DIXON_FAT,
    }
)


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """What a series must have to serve; see ``configs/study`` for the values and their reasons.

    Args:
        station_overlap: Shared part of the union (0 to 1) from which two sagittal series are one station.
        separate_frames_of_reference: Whether series with different frames of reference are kept apart.
        fewest_slices: Fewer slices than these are a localizer or a single cut.
        largest_in_plane_spacing_mm: Coarser pixels show no end plates.
        largest_slice_spacing_mm: Sagittal slices further apart miss pedicles.

    Raises:
        ConfigurationError: If a value is out of range.
    """

    station_overlap: float
    separate_frames_of_reference: bool
    fewest_slices: int
    largest_in_plane_spacing_mm: float
    largest_slice_spacing_mm: float

    def __post_init__(self) -> None:
        if not 0.0 < self.station_overlap <= 1.0:
            raise ConfigurationError(
                f"is {self.station_overlap}", field="station_overlap", remedy="allowed: above 0, up to 1"
            )
        for name in ("fewest_slices", "largest_in_plane_spacing_mm", "largest_slice_spacing_mm"):
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"is {getattr(self, name)}", field=name, remedy="allowed: above 0")


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided on one series, and why.

    Args:
        series_key: The series.
        role: What it serves for.
        channel: The channel that it serves as; None for every other role.
        station: Names of the stations that it shows; several for a long axial series.
        reason: A sentence.
    """

    series_key: str
    role: Role
    channel: Channel | None
    station: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class StationChannels:
    """The sagittal series that serve at one station."""

    station: Station
    channels: Mapping[Channel, Series]

    @property
    def reference(self) -> Series:
        """The series whose grid the others are brought onto."""
        for channel in REFERENCE_ORDER:
            if channel in self.channels:
                return self.channels[channel]
        raise ValueError("a station has at least one channel")


@dataclass(frozen=True, slots=True)
class Selection:
    """The series of a study that serve.

    Args:
        study: The study, with the user's override applied.
        stations: From head to feet; those with at least one channel.
        axial_t2: Every axial T2, in order of acquisition.
        extras: CT, Dixon, DWI and ADC.
        decisions: One for each series, in the study's order.
        warnings: What is missing, in sentences.
    """

    study: Study
    stations: tuple[StationChannels, ...]
    axial_t2: tuple[Series, ...]
    extras: tuple[Series, ...]
    decisions: tuple[Decision, ...]
    warnings: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Whether there is a sagittal series to read."""
        return bool(self.stations)


def select_series(study: Study, settings: SelectionSettings, override: Override | None = None) -> Selection:
    """Which series of a study serve, and why.

    Per station the best sagittal series of each channel serves, by the criteria of ``preference`` in
    their order; STIR before T2-FS. Every axial T2 serves. CT, Dixon, DWI and ADC of any plane are extras.

    Raises:
        ConfigurationError: If the override names a series that the study does not have.
    """
    uses: dict[str, Use] = {}
    if override is not None:
        study, uses = apply_override(study, override)
    decisions = {
        one.key: decision for one in study.series if (decision := _outright(one, settings, uses.get(one.key)))
    }
    open_series = [one for one in study.series if one.key not in decisions]
    stations = find_stations(open_series, settings.station_overlap, settings.separate_frames_of_reference)
    stations, composed = without_composed(stations, open_series)
    for one in composed:
        decisions[one.key] = _decision(
            one, Role.UNUSED, "It was composed from stations that are read themselves."
        )
    chosen = tuple(_choose(station, study, uses, decisions) for station in stations)
    return Selection(
        study=study,
        stations=chosen,
        axial_t2=_with_role(study, decisions, Role.AXIAL_T2),
        extras=_with_role(study, decisions, Role.EXTRA),
        decisions=tuple(_placed(decisions[one.key], one, stations) for one in study.series),
        warnings=_warnings(chosen, any(one.role is Role.AXIAL_T2 for one in decisions.values())),
    )


def _outright(series: Series, settings: SelectionSettings, use: Use | None) -> Decision | None:
    """The decision on a series that is no candidate for a channel; None for a candidate."""
    weighting, plane = series.weighting.weighting, series.plane
    if use in _ROLE_OF_USE:
        return _decision(series, _ROLE_OF_USE[use], "The override file says so.")
    if use is Use.CHANNEL:
        if weighting in CHANNEL_OF_WEIGHTING:
            return None
        return _decision(
            series,
            Role.UNUSED,
            f"The override file asks for a channel, but {weighting} is none; name its weighting.",
        )
    if weighting in _EXTRA_WEIGHTINGS:
        return _decision(series, Role.EXTRA, f"{weighting} supports the reading, in any plane.")
    if weighting is Weighting.OTHER:
        return _decision(series, Role.UNUSED, "Its contrast serves no purpose here.")
    if plane is Plane.AXIAL and weighting is Weighting.T2:
        return _decision(
            series, Role.AXIAL_T2, "Every axial T2 serves for the grade of epidural compression."
        )
    if plane is not Plane.SAGITTAL:
        return _decision(series, Role.UNUSED, f"{plane.capitalize()} {weighting} is not read.")
    return _too_coarse(series, settings)


_ROLE_OF_USE = {Use.AXIAL: Role.AXIAL_T2, Use.EXTRA: Role.EXTRA, Use.EXCLUDE: Role.UNUSED}


def _too_coarse(series: Series, settings: SelectionSettings) -> Decision | None:
    slice_mm, in_plane_mm = series.spacing_mm[0], max(series.spacing_mm[1:])
    if series.shape[0] < settings.fewest_slices:
        count = "1 slice" if series.shape[0] == 1 else f"{series.shape[0]} slices"
        reason = f"It has {count}, fewer than {settings.fewest_slices}."
    elif in_plane_mm > settings.largest_in_plane_spacing_mm:
        reason = f"Its pixels of {in_plane_mm:.2f} mm exceed {settings.largest_in_plane_spacing_mm:g} mm."
    elif slice_mm > settings.largest_slice_spacing_mm:
        reason = (
            f"Its slices lie {slice_mm:.1f} mm apart, more than {settings.largest_slice_spacing_mm:g} mm."
        )
    else:
        return None
    return _decision(series, Role.UNUSED, reason)


def _choose(
    station: Station, study: Study, uses: Mapping[str, Use], decisions: dict[str, Decision]
) -> StationChannels:
    rivals: dict[Channel, list[Candidate]] = {}
    for order, series in enumerate(study.series):
        if series.key in station.series_keys:
            asked_for = uses.get(series.key) is Use.CHANNEL
            channel = CHANNEL_OF_WEIGHTING[series.weighting.weighting]
            rivals.setdefault(channel, []).append(candidate(series, order, station.range_s_mm, asked_for))
    for channel, candidates in rivals.items():
        best, *others = ranked(candidates)
        decisions[best.series.key] = _decision(best.series, Role.CHANNEL, _praise(best, others), channel)
        for other in others:
            reason = f"{best.series.key} is preferred: {why_better(best, other)}."
            decisions[other.series.key] = _decision(other.series, Role.UNUSED, reason)
    return StationChannels(
        station, {channel: ranked(rivals[channel])[0].series for channel in Channel if channel in rivals}
    )


def _praise(best: Candidate, others: Sequence[Candidate]) -> str:
    weighting = best.series.weighting.weighting
    if best.asked_for:
        return "The override file asks for it."
    if not others:
        return f"The only sagittal {weighting} of the station."
    return f"The best of {len(others) + 1}: {why_better(best, others[0])}."


def _decision(series: Series, role: Role, reason: str, channel: Channel | None = None) -> Decision:
    return Decision(series.key, role, channel, (), reason)


def _with_role(study: Study, decisions: Mapping[str, Decision], role: Role) -> tuple[Series, ...]:
    return tuple(one for one in study.series if decisions[one.key].role is role)


def _placed(decision: Decision, series: Series, stations: Sequence[Station]) -> Decision:
    """The decision with the stations that the series shows."""
    names = tuple(
        station.name
        for station in stations
        if series.key in station.series_keys or (decision.channel is None and _shows(series, station))
    )
    return Decision(decision.series_key, decision.role, decision.channel, names, decision.reason)


def _shows(series: Series, station: Station) -> bool:
    # An empty frame of reference says nothing: coordinates are then taken as shared.
    apart = "" not in (series.frame_of_reference, station.frame_of_reference)
    if apart and series.frame_of_reference != station.frame_of_reference:
        return False
    reach = range_s_mm(series)
    shared_mm = overlap_mm(reach, station.range_s_mm)
    # Neighbouring sagittal stations overlap; a sagittal series belongs to the one that holds most of it.
    return shared_mm > (0.5 * (reach[1] - reach[0]) if series.plane is Plane.SAGITTAL else 0.0)


_NOTHING_TO_READ = (
    "No sagittal T1, T2, STIR, T2-FS or T1+Gd: nothing to read. If there is one, name its weighting and "
    "plane in series.yaml."
)


def _warnings(stations: Sequence[StationChannels], has_axial: bool) -> tuple[str, ...]:
    found = [] if stations else [_NOTHING_TO_READ]
    for one in stations:
        missing = [
            channel for channel in (Channel.T1, Channel.T2, Channel.FLUID) if channel not in one.channels
        ]
        if missing:
            found.append(f"{one.station.name.capitalize()}: no sagittal {' and no '.join(missing)}.")
    if stations and not has_axial:
        found.append("No axial T2: epidural compression is not gradable.")
    return tuple(found)
