"""Groups sagittal series that show the same stretch of the spine."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage

from spinemets.study.records import AcquisitionParameters, Series
from spinemets.study.vocabulary import plain_words

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Station:
    """A stretch of the spine that was imaged with one table position.

    Args:
        name: Region named by the headers, else "station" and its number from the head.
        range_s_mm: Lowest and highest point, RAS superior coordinate.
        frame_of_reference: Scanner coordinates in which ``range_s_mm`` holds.
        series_keys: Sagittal series of the station.
    """

    name: str
    range_s_mm: Range
    frame_of_reference: str
    series_keys: tuple[str, ...]


# Regions as body parts, protocols and descriptions name them in the languages of ``vocabulary``. The first
# that matches counts, so that "whole spine" and "thoracolumbar" come before their parts.
_REGIONS = (
    (
        "whole spine",
        r"(?:whole|total|entire|full|complete) ?spine|\bgws\b|ganze ws|rachis entier|\bcol\w* total"
        r"|全脊柱|全脊椎",
    ),
    ("cervicothoracic", r"\bcerv\w* ?(?:thor|dors)|\bc ?t ?spine|\bctl\b|hws bws"),
    ("thoracolumbar", r"\b(?:thor|dors)\w* ?(?:lumb|lomb)|\bt ?l ?spine|\btlws|bws lws"),
    ("lumbosacral", r"(?:lumb|lomb)\w* ?sacr|\bl ?s ?spine|\blsws"),
    ("cervical", r"\bc ?(?:spine|sp)\b|cspine|\bcerv|\bhws|颈|頸"),
    ("thoracic", r"\bt ?(?:spine|sp)\b|tspine|\bthor|\bdors(?:al|ale|aal)\b|\bbws|胸椎"),
    ("lumbar", r"\bl ?(?:spine|sp)\b|lspine|\blumb|\blomb|\blws|腰"),
    ("sacral", r"\bsacr|骶|仙骨"),
)
_COMPILED = tuple((name, re.compile(pattern)) for name, pattern in _REGIONS)


def region_named(*texts: str) -> str:
    """The region that a text names, the first text first; "" where none does."""
    for text in texts:
        plain = plain_words(text)
        for name, pattern in _COMPILED:
            if pattern.search(plain):
                return name
    return ""


def range_s_mm(series: Series) -> Range:
    """Lowest and highest point of a stack, voxel edges included, as RAS superior coordinates."""
    corners = np.array(np.meshgrid(*((-0.5, count - 0.5) for count in series.shape))).reshape(3, 8)
    heights = series.affine_ras[2, :3] @ corners + series.affine_ras[2, 3]
    return float(heights.min()), float(heights.max())


def overlap_mm(one: Range, other: Range) -> float:
    """Length that two ranges share."""
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def find_stations(
    series: Sequence[Series], least_overlap: float, separate_frames: bool
) -> tuple[Station, ...]:
    """The stations of sagittal series, from head to feet.

    Ranges are clustered (average linkage) by the part of their union that they share. Series whose frames
    of reference differ lie in different stations, as their coordinates cannot be compared.

    Args:
        series: Sagittal series of one study.
        least_overlap: Shared part of the union (0 to 1) from which two series are one station.
        separate_frames: False to compare coordinates in spite of different frames of reference, for
            archives whose de-identification gave each series a frame of its own.
    """
    frames: dict[str, list[Series]] = {}
    for one in series:
        frames.setdefault(one.frame_of_reference if separate_frames else "", []).append(one)
    clusters = [
        (frame, cluster) for frame, members in frames.items() for cluster in _clusters(members, least_overlap)
    ]
    unnamed = [(_union(cluster), frame, cluster) for frame, cluster in clusters]
    unnamed.sort(key=lambda station: (-sum(station[0]), station[1], station[2][0].key))
    names = _names([[one.parameters for one in cluster] for _, _, cluster in unnamed])
    return tuple(
        Station(name, reach, frame, tuple(one.key for one in cluster))
        for name, (reach, frame, cluster) in zip(names, unnamed, strict=True)
    )


def _clusters(members: list[Series], least_overlap: float) -> list[list[Series]]:
    if len(members) == 1:
        return [members]
    labels = fcluster(linkage(_distances(members), "average"), 1.0 - least_overlap, "distance")
    return [
        [one for one, own in zip(members, labels, strict=True) if own == label]
        for label in dict.fromkeys(labels.tolist())
    ]


def _distances(members: list[Series]) -> npt.NDArray[np.float64]:
    """1 - shared part of the union for each pair, in scipy's condensed order."""
    reach = np.array([range_s_mm(one) for one in members])
    first, second = np.triu_indices(len(members), 1)
    shared = np.minimum(reach[first, 1], reach[second, 1]) - np.maximum(reach[first, 0], reach[second, 0])
    shared = np.clip(shared, 0.0, None)
    length = reach[:, 1] - reach[:, 0]
    distances: npt.NDArray[np.float64] = 1.0 - shared / (length[first] + length[second] - shared)
    return distances


def _union(cluster: Iterable[Series]) -> Range:
    low, high = zip(*(range_s_mm(one) for one in cluster), strict=True)
    return min(low), max(high)


def _names(stations: list[list[AcquisitionParameters]]) -> list[str]:
    """Region of each station by majority; numbered where no region is named, or two claim the same one."""
    claims = [_claim(members) for members in stations]
    counts = Counter(claims)
    return [
        claim if claim and counts[claim] == 1 else f"station {number}"
        for number, claim in enumerate(claims, start=1)
    ]


def _claim(members: list[AcquisitionParameters]) -> str:
    named = [region_named(one.series_description, one.protocol_name, one.body_part) for one in members]
    votes = Counter(filter(None, named)).most_common(1)
    return votes[0][0] if votes else ""
