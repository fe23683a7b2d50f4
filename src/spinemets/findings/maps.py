"""What findings are measured on: label maps and images of one station, on one grid."""

from collections.abc import Mapping
from dataclasses import dataclass

from spinemets.study.extra_images import ExtraImage
from spinemets.study.selection import Channel
from spinemets.volume import Volume


@dataclass(frozen=True, slots=True, eq=False)
class StationMaps:
    """Label maps and images of a station.

    All lie on the grid of the reference series, reoriented so that slices run from the patient's right to
    left, rows from head to feet, columns from front to back (``LIP``); oblique grids stay oblique.

    Args:
        anatomy: uint8, codes of ``Anatomy``.
        vertebrae: uint8, number of the vertebra (1 is the highest) on its body, posterior elements or
            sacrum; 0 elsewhere.
        lesions: uint16, number of the lesion, 0 elsewhere.
        lesion_probability: float32, calibrated, 0 to 1.
        images: Of each channel that the station has.
        series: Key of the series of each channel.
        reference_series: Key of the series whose grid it is.
        weights_sha256: Of the network that made the maps, several of an ensemble joined by ``+``; "" for
            masks drawn by hand.
        extras: CT, Dixon, DWI and ADC, each on its own grid.
        slices_reversed: Whether the series counts its slices from the patient's left.
    """

    anatomy: Volume
    vertebrae: Volume
    lesions: Volume
    lesion_probability: Volume
    images: Mapping[Channel, Volume]
    series: Mapping[Channel, str]
    reference_series: str
    weights_sha256: str = ""
    extras: tuple[ExtraImage, ...] = ()
    slices_reversed: bool = False
