"""Which axial T2 slices show which vertebra, and where the canal lies in them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.networks.escc_crop import canal_centres
from spinemets.study.records import DicomSource, Series
from spinemets.volume import Volume

Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AxialSlice:
    """A slice of an axial series at a vertebra.

    Args:
        series_key: Of the series.
        index: Of the slice, from 0.
        centre_ras_mm: Of the canal in it.
    """

    series_key: str
    index: int
    centre_ras_mm: tuple[float, float, float]


def slices_of_vertebrae(
    series: Series,
    volume: Volume,
    canal_ras_mm: Points,
    vertebra_centres_ras_mm: Mapping[int, tuple[float, float, float]],
    reach_mm: float,
) -> dict[int, tuple[AxialSlice, ...]]:
    """The slices of a series at each vertebra, from head to feet.

    A slice belongs to the vertebra whose body's centre is nearest to the canal's centre in it, and to a
    neighbour where that one's is hardly further: slices along a disc show both sides of it.

    Args:
        series: The axial series.
        volume: Its voxels.
        canal_ras_mm: Voxels of the canal, from sagittal masks.
        vertebra_centres_ras_mm: By the vertebra's number.
        reach_mm: How much further a second vertebra may be.
    """
    found: dict[int, list[AxialSlice]] = {}
    if not len(canal_ras_mm) or not vertebra_centres_ras_mm:
        return {}
    numbers = list(vertebra_centres_ras_mm)
    bodies = np.array([vertebra_centres_ras_mm[number] for number in numbers])
    centres = canal_centres(canal_ras_mm, volume)
    for index in np.flatnonzero(np.isfinite(centres).all(axis=1)).tolist():
        apart = np.linalg.norm(bodies - centres[index], axis=1)
        if apart.min() > _most_apart_mm(bodies):
            continue
        x, y, z = centres[index].tolist()
        for place in np.flatnonzero(apart <= apart.min() + reach_mm).tolist():
            found.setdefault(numbers[place], []).append(AxialSlice(series.key, index, (x, y, z)))
    return {
        number: tuple(sorted(slices, key=lambda one: -one.centre_ras_mm[2]))
        for number, slices in found.items()
    }


def sop_instance_uid(series: Series, index: int) -> str:
    """Of a slice; "" where the series is no DICOM."""
    source = series.source
    return source.frames[index].sop_instance_uid if isinstance(source, DicomSource) else ""


def _most_apart_mm(bodies: Points) -> float:
    """Distance from a body's centre to the canal beyond which a slice shows none of the bodies."""
    if len(bodies) < 2:
        return 45.0
    steps = np.linalg.norm(np.diff(bodies, axis=0), axis=1)
    # Half the way to the next body, and as far again to the canal behind it.
    return float(np.hypot(0.75 * np.median(steps), 40.0))
