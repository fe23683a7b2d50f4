"""Which image of a study each predicted mask is of: the one whose grid it has."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from spinemets.errors import GeometryError, InputError
from spinemets.evaluation.predicted import MaskFile, PredictedMasks
from spinemets.study.records import Plane, Weighting
from spinemets.study.selection import CHANNEL_OF_WEIGHTING, REFERENCE_ORDER
from spinemets.training.label_sets import Head, LabelSet
from spinemets.training.manifest_image import check_grid
from spinemets.training.manifest_records import ManifestSeries, ManifestStation, ManifestStudy
from spinemets.volume.header import FileHeader, read_file_header

_NO_FILE = Path("-")


class Grids(StrEnum):
    """What becomes of a predicted mask that lies on no annotated image's grid."""

    STRICT = "strict"
    NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class ReferenceImage:
    """An annotated image.

    Args:
        station: Name of its station.
        series: Name of its series.
        weighting: Of the series.
        files: Its masks, then those of other series of its station that lie on its grid.
        grid: Of the first mask.
    """

    station: str
    series: str
    weighting: Weighting
    files: tuple[MaskFile, ...]
    grid: FileHeader


@dataclass(frozen=True, slots=True)
class ImagePair:
    """An annotated image with its prediction.

    Args:
        reference: What is annotated.
        predicted: None where no prediction shows the image's station.
        resampled: Whether the prediction lies on another grid.
    """

    reference: ReferenceImage
    predicted: PredictedMasks | None
    resampled: bool = False


def pair_images(
    study: ManifestStudy,
    label_sets: Mapping[str, LabelSet],
    predicted: Sequence[PredictedMasks],
    grids: Grids,
) -> tuple[ImagePair, ...]:
    """One pair for each station with masks, from head to feet as the manifest has them.

    A prediction is of the image whose grid it has, whatever the order of axes; of several, of the one with
    its weighting, else of the first of T2, T1, STIR, T1+Gd. A station without prediction takes that order.

    Args:
        study: Row of the manifest.
        label_sets: What its masks' values stand for.
        predicted: All masks that were predicted of it.
        grids: What becomes of a mask on no image's grid.

    Raises:
        InputError: If a mask cannot be read, lies on no image's grid, or two show one station.
    """
    images = [image for station in study.stations for image in _images(station, label_sets)]
    pairs: dict[str, ImagePair] = {}
    for masks in predicted if images else ():
        pair = _pair(masks, images, grids)
        if (other := pairs.get(pair.reference.station)) and other.predicted is not None:
            raise InputError(
                f"{other.predicted.name} and {masks.name} both show the station {pair.reference.station}",
                file=masks.files[0].path,
                remedy="keep one prediction for each station",
            )
        pairs[pair.reference.station] = pair
    for image in images:
        pairs.setdefault(image.station, ImagePair(image, None))
    order = [station.name for station in study.stations]
    return tuple(sorted(pairs.values(), key=lambda pair: order.index(pair.reference.station)))


def _images(station: ManifestStation, label_sets: Mapping[str, LabelSet]) -> Iterator[ReferenceImage]:
    """The annotated images of a station, the one to prefer first."""
    annotated = sorted((one for one in station.series if one.annotations), key=_rank)
    files = {
        one.name: tuple(MaskFile(each.path, label_sets[each.label_set]) for each in one.annotations)
        for one in annotated
    }
    grids = {one.name: read_file_header(files[one.name][0].path) for one in annotated}
    for one in annotated:
        others = [
            files[other.name]
            for other in annotated
            if other is not one and _fits(grids[other.name], grids[one.name])
        ]
        chosen = _for_all_heads(files[one.name], others)
        yield ReferenceImage(station.name, one.name, one.weighting, chosen, grids[one.name])


def _rank(series: ManifestSeries) -> tuple[bool, int]:
    channel = CHANNEL_OF_WEIGHTING.get(series.weighting)
    place = len(REFERENCE_ORDER) if channel is None else REFERENCE_ORDER.index(channel)
    return series.plane is not Plane.SAGITTAL, place


def _for_all_heads(own: tuple[MaskFile, ...], others: Sequence[tuple[MaskFile, ...]]) -> tuple[MaskFile, ...]:
    """The image's masks, and of others those that tell what its own do not."""
    chosen = list(own)
    told = _heads(own)
    for files in others:
        more = [file for file in files if not file.label_set.heads <= told]
        chosen += more
        told |= _heads(more)
    return tuple(chosen)


def _heads(files: Sequence[MaskFile]) -> frozenset[Head]:
    return frozenset[Head]().union(*(file.label_set.heads for file in files))


def _pair(masks: PredictedMasks, images: Sequence[ReferenceImage], grids: Grids) -> ImagePair:
    path = masks.files[0].path
    header = read_file_header(path)
    fitting = [image for image in images if _fits(header, image.grid)]
    told = [image for image in fitting if image.weighting is masks.weighting]
    if fitting:
        return ImagePair((told or fitting)[0], masks)
    if grids is Grids.STRICT:
        shapes = sorted({_sizes(image.grid) for image in images})
        raise GeometryError(
            f"has {_sizes(header)} voxels and lies on the grid of no annotated image of the study "
            f"({'; '.join(shapes)})",
            file=path,
            field="grid",
            remedy="write masks on the grid of the image, or resample them with grids=nearest",
        )
    centre = _centre(header)
    near = min(images, key=lambda image: float(np.linalg.norm(_centre(image.grid) - centre)))
    return ImagePair(near, masks, resampled=True)


def _fits(mask: FileHeader, image: FileHeader) -> bool:
    try:
        check_grid(mask, image.shape, image.affine_ras, path=_NO_FILE)
    except GeometryError:
        return False
    return True


def _centre(header: FileHeader) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    middle = (np.array(header.shape) - 1) / 2
    return np.asarray(header.affine_ras[:3, :3] @ middle + header.affine_ras[:3, 3])


def _sizes(header: FileHeader) -> str:
    return " x ".join(map(str, header.shape))
