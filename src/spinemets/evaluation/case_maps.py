"""What the masks of an image say of its voxels, for reference and prediction alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.anatomy import Anatomy, Level
from spinemets.errors import InputError, PixelDataError
from spinemets.evaluation.predicted import MaskFile, PredictedMasks
from spinemets.training.label_sets import (
    ANATOMY_MAP,
    LESION,
    LESION_MAP,
    LESION_NOT_ANNOTATED,
    LEVEL_MAP,
    LEVEL_STEPS,
    Head,
    LabelSet,
    merge_targets,
)
from spinemets.training.manifest_image import labels_on_grid
from spinemets.volume import ImageKind, Volume, read_volume, resample_to_grid
from spinemets.volume.header import FileHeader

Labels = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint8]

# Voxels that share a corner belong to one lesion, as in ``findings.lesion_instances``.
_CONNECTED = np.ones((3, 3, 3), dtype=bool)
_CODES = np.zeros(256, np.uint8)
for _level in Level:
    _CODES[round(LEVEL_STEPS * _level.coordinate)] = _level.code
# The occiput lies at 0, as what is no vertebra does.
_CODES[0] = 0


@dataclass(frozen=True, slots=True, eq=False)
class LabelMaps:
    """What masks say; a map of which they say nothing is None.

    Args:
        anatomy: A bit for each class that a voxel may have, 0 where that is not told.
        anatomy_set: What the values that were read for it may stand for.
        lesions: Number of the lesion, 0 outside lesions.
        lesions_told: Where it is told whether there is lesion.
        levels: ``Level.code`` on vertebrae whose level is told.
        lesion_scores: Confidence in each lesion by number, 0 to 1; empty where none is given.
    """

    anatomy: Codes | None
    anatomy_set: LabelSet | None
    lesions: Labels | None
    lesions_told: npt.NDArray[np.bool_] | None
    levels: Codes | None
    lesion_scores: Mapping[int, float]


def read_maps(
    files: Sequence[MaskFile],
    grid: FileHeader,
    predicted: PredictedMasks | None = None,
    *,
    resample: bool = False,
) -> LabelMaps:
    """Read the masks of an image.

    Args:
        files: At least one.
        grid: Of the image.
        predicted: Where these are a prediction, for the scores of lesions.
        resample: Whether masks are brought onto the grid, each voxel taking the nearest one's value.

    Raises:
        InputError: If a mask cannot be read, does not lie on the grid, or holds an unknown value.
    """
    masks = [_read(file, grid, predicted, resample) for file in files]
    merged = merge_targets([mask.targets for mask in masks])
    heads = frozenset[Head]().union(*(file.label_set.heads for file in files))
    with_lesions = [mask for mask in masks if mask.lesions is not None]
    lesions, scores = _lesions(with_lesions, merged[LESION_MAP] == LESION)
    given = predicted.lesion_scores if predicted is not None and predicted.lesion_scores else scores
    return LabelMaps(
        anatomy=merged[ANATOMY_MAP] if Head.ANATOMY in heads else None,
        anatomy_set=anatomy_set(files, merged[ANATOMY_MAP]),
        lesions=lesions if with_lesions else None,
        lesions_told=merged[LESION_MAP] != LESION_NOT_ANNOTATED if with_lesions else None,
        levels=_CODES[merged[LEVEL_MAP]] if Head.LEVEL in heads else None,
        lesion_scores=given,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Mask:
    """A mask on the image's grid.

    Args:
        targets: Three maps, see ``LabelSet.encode``.
        lesions: Number of each lesion; None where the mask tells nothing of lesions.
        scores: Confidence in each lesion, where maps of classes give one.
    """

    targets: npt.NDArray[np.uint8]
    lesions: Labels | None
    scores: Mapping[int, float]


def _read(file: MaskFile, grid: FileHeader, predicted: PredictedMasks | None, resample: bool) -> _Mask:
    volume = read_volume(file.path)

    def placed(array: npt.NDArray[Any]) -> Labels:
        own = Volume(array, volume.affine_ras)
        near = resample_to_grid(own, grid.affine_ras, grid.shape, ImageKind.LABEL) if resample else own
        return labels_on_grid(near, grid, file.path)

    labels = placed(volume.array)
    targets = _encoded(file, labels)
    if file.label_set.lesion is None:
        return _Mask(targets, None, {})
    if file.label_set.every_other_is_lesion:
        return _Mask(targets, labels, {})
    values = [value for value, is_lesion in file.label_set.lesion.items() if is_lesion]
    numbers, count = _numbered(np.isin(volume.array, values))
    maps = None if predicted is None else predicted.probabilities
    scores = {} if maps is None else _scores(maps, numbers, count, values)
    return _Mask(targets, placed(numbers), scores)


def _encoded(file: MaskFile, labels: Labels) -> npt.NDArray[np.uint8]:
    try:
        return file.label_set.encode(labels)
    except InputError as error:
        raise InputError(error.problem, file=file.path, field=error.field, remedy=error.remedy) from None


def _numbered(lesion: npt.NDArray[np.bool_]) -> tuple[Labels, int]:
    parts, count = ndimage.label(lesion, _CONNECTED)
    return np.asarray(parts, dtype=np.int32), int(count)


def _lesions(masks: Sequence[_Mask], lesion: npt.NDArray[np.bool_]) -> tuple[Labels, Mapping[int, float]]:
    """Numbers of lesions, and scores; several masks are put together and numbered anew."""
    if len(masks) == 1 and masks[0].lesions is not None:
        return np.where(lesion, masks[0].lesions, 0), masks[0].scores
    return _numbered(lesion)[0], {}


def anatomy_set(files: Sequence[MaskFile], bits: Codes) -> LabelSet | None:
    """The label set of the one mask that tells of anatomy; of several, one of what they say together.

    Args:
        files: Masks of one image.
        bits: Of all of them together.
    """
    telling = [file.label_set for file in files if file.label_set.anatomy is not None]
    if len(telling) < 2:
        return telling[0] if telling else None
    present = [value for value in np.unique(bits).tolist() if value]
    sets = {value: frozenset(each for each in Anatomy if value >> each & 1) for value in present}
    return LabelSet("together", anatomy=sets or {0: frozenset(Anatomy)})


def _scores(path: Path, numbers: Labels, count: int, values: Sequence[int]) -> Mapping[int, float]:
    """Mean probability of lesion over each lesion, from nnU-Net's maps: (class, z, y, x)."""
    try:
        with np.load(path) as content:
            maps = content["probabilities"]
            lesion = np.sum([maps[value] for value in values], axis=0).transpose(2, 1, 0)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise PixelDataError(
            f"holds no maps of classes ({error})", file=path, remedy="write it anew, or remove it"
        ) from None
    if lesion.shape != numbers.shape:
        raise PixelDataError(
            f"has maps of {lesion.shape} for {numbers.shape} voxels", file=path, remedy="remove it"
        )
    places = range(1, count + 1)
    means = ndimage.mean(lesion, numbers, places) if count else ()
    return {number: min(max(float(mean), 0.0), 1.0) for number, mean in zip(places, means, strict=True)}
