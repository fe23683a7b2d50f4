"""The sagittal series of one station as images on one grid."""

from collections.abc import Mapping
from dataclasses import dataclass

from spinemets.errors import GeometryError
from spinemets.study.alignment import AlignedVolume, AlignmentSettings, align
from spinemets.study.reading import load_volume
from spinemets.study.records import Series
from spinemets.study.selection import Channel, StationChannels
from spinemets.volume import Volume


@dataclass(frozen=True, slots=True, eq=False)
class ChannelStack:
    """The channels of a station on the grid of its reference series.

    Args:
        reference: The series whose grid it is.
        volumes: An image for each channel that the station has, in the network's order.
        statements: For each other channel what was measured of the patient's movement, and done about it.
        left_out: Channels that could not be brought onto the grid, with the reason.
    """

    reference: Series
    volumes: Mapping[Channel, Volume]
    statements: Mapping[Channel, str]
    left_out: Mapping[Channel, str]


def load_channels(station: StationChannels, settings: AlignmentSettings) -> ChannelStack:
    """Read the channels of a station and bring them onto the grid of its reference series.

    Args:
        station: The series chosen for it.
        settings: When movement between series is corrected.

    Raises:
        InputError: If the reference series cannot be read.
    """
    reference = load_volume(station.reference)
    volumes: dict[Channel, Volume] = {}
    statements: dict[Channel, str] = {}
    left_out: dict[Channel, str] = {}
    for channel, series in station.channels.items():
        if series is station.reference:
            volumes[channel] = reference
            continue
        try:
            aligned = _aligned(reference, station.reference, series, settings)
        except GeometryError as error:
            left_out[channel] = str(error)
        else:
            volumes[channel], statements[channel] = aligned.volume, aligned.statement
    return ChannelStack(station.reference, volumes, statements, left_out)


def _aligned(
    reference: Volume, reference_series: Series, series: Series, settings: AlignmentSettings
) -> AlignedVolume:
    frames = {reference_series.frame_of_reference, series.frame_of_reference}
    # Unknown frames are taken as the same: files seldom name one.
    same = len(frames - {""}) <= 1
    return align(reference, load_volume(series), settings, same_frame_of_reference=same)
