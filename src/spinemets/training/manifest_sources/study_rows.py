"""Studies of image files, with their masks, as rows of a manifest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from spinemets.errors import ConfigurationError
from spinemets.study.records import FileSource, Plane, Series
from spinemets.study.stations import find_stations, overlap_mm, range_s_mm
from spinemets.training.manifest_records import Annotation, ManifestSeries, ManifestStation

# As ``configs/study/selection.yaml`` has it: shared part of the union from which two series are one station.
_STATION_OVERLAP = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class AnnotatedSeries:
    """A series of an image file with its masks."""

    series: Series
    annotations: tuple[Annotation, ...] = ()

    def row(self) -> ManifestSeries:
        """The series as a manifest has it."""
        source = self.series.source
        assert isinstance(source, FileSource), "the layouts hold image files"
        return ManifestSeries(
            name=self.series.key,
            plane=self.series.plane,
            weighting=self.series.weighting.weighting,
            image=source.path,
            annotations=self.annotations,
        )


def stations_of(series: Sequence[AnnotatedSeries]) -> tuple[ManifestStation, ...]:
    """Series that show the same part of the spine together, from head to feet.

    Sagittal series make the stations; every other one joins the station that it shares most with.
    """
    sagittal = [one.series for one in series if one.series.plane is Plane.SAGITTAL]
    if not sagittal:
        return (ManifestStation("station 1", tuple(one.row() for one in series)),)
    stations = find_stations(sagittal, _STATION_OVERLAP, separate_frames=True)
    members: dict[str, list[ManifestSeries]] = {station.name: [] for station in stations}
    for one in series:
        reach = range_s_mm(one.series)
        own = [station for station in stations if one.series.key in station.series_keys]
        joined = own or [max(stations, key=lambda station: overlap_mm(reach, station.range_s_mm))]
        members[joined[0].name].append(one.row())
    return tuple(ManifestStation(name, tuple(rows)) for name, rows in members.items())


def patient_of(case: str, pattern: str | None, otherwise: str) -> str:
    """The patient that a case's name tells.

    Args:
        case: Name of the case or study.
        pattern: Regular expression with one group; None takes ``otherwise``.
        otherwise: The patient where no pattern is given.

    Raises:
        ConfigurationError: If the pattern is none, or does not match.
    """
    if pattern is None:
        return otherwise
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise _bad_pattern(f"is no regular expression ({error})") from None
    if compiled.groups != 1:
        raise _bad_pattern(f"has {compiled.groups} groups")
    match = compiled.search(case)
    if match is None or not match[1]:
        raise _bad_pattern(f"finds no patient in {case!r}")
    return match[1]


def _bad_pattern(problem: str) -> ConfigurationError:
    return ConfigurationError(
        problem, field="patient_pattern", remedy=r"give one group that matches in every name, as '^(\w+)_'"
    )
