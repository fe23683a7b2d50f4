"""Lesions of one image as numbered parts of a mask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.evaluation.crops import Mask, box_of

# Voxels that touch at an edge or a corner are one lesion, as in training and in inference.
_CONNECTED = np.ones((3, 3, 3), dtype=bool)

Numbered = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class LesionMap:
    """Lesions that do not overlap.

    Args:
        numbered: 1 to the count of lesions, 0 elsewhere (slice, row, column).
        voxels: Size of each (lesion,).
        voxel_ml: Volume of a voxel.
        scores: Confidence in each (lesion,); None where there is none to tell.
    """

    numbered: npt.NDArray[np.int32]
    voxels: npt.NDArray[np.int64]
    voxel_ml: float
    scores: npt.NDArray[np.float64] | None = None

    @property
    def count(self) -> int:
        """How many lesions there are."""
        return len(self.voxels)

    @property
    def volumes_ml(self) -> npt.NDArray[np.float64]:
        """Volume of each (lesion,)."""
        return (self.voxels * self.voxel_ml).astype(np.float64)

    def mask(self, lesion: int) -> Mask:
        """Where a lesion lies, by its index from 0."""
        return np.equal(self.numbered, lesion + 1)


def lesions_of_mask(mask: Mask, voxel_ml: float, least_ml: float = 0.0) -> LesionMap:
    """Connected parts of a mask.

    Args:
        mask: Lesion or not (slice, row, column).
        voxel_ml: Volume of a voxel.
        least_ml: Smaller parts are dropped.
    """
    numbered = np.zeros(mask.shape, np.int32)
    if (box := box_of(mask)) is not None:
        ndimage.label(mask[box], _CONNECTED, output=numbered[box])
    return _map(numbered, voxel_ml, least_ml, lambda numbers: None)


def lesions_of_numbers(
    numbered: Numbered, voxel_ml: float, least_ml: float = 0.0, scores: Mapping[int, float] | None = None
) -> LesionMap:
    """Lesions as a mask counts them, each value above 0 one lesion.

    Args:
        numbered: Whole numbers (slice, row, column).
        voxel_ml: Volume of a voxel.
        least_ml: Smaller lesions are dropped.
        scores: Confidence by number; None where there is none.

    Raises:
        KeyError: If there are scores and one is missing.
    """

    def scores_of(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.float64] | None:
        return None if scores is None else np.array([scores[int(each)] for each in numbers], np.float64)

    return _map(np.asarray(numbered), voxel_ml, least_ml, scores_of)


def greatest_in_each(lesions: LesionMap, values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Greatest value in each lesion, such as its probability (lesion,)."""
    numbers = np.arange(1, lesions.count + 1)
    greatest = ndimage.maximum(values, lesions.numbered, numbers) if lesions.count else []
    return np.asarray(greatest, dtype=np.float64)


def _map(
    numbered: Numbered,
    voxel_ml: float,
    least_ml: float,
    scores_of: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float64] | None],
) -> LesionMap:
    sizes = np.bincount(numbered.ravel(), minlength=1).astype(np.int64)
    kept = np.flatnonzero((sizes > 0) & (sizes * voxel_ml >= least_ml)).astype(np.int64)
    kept = kept[kept > 0]
    new = np.zeros(len(sizes), np.int32)
    new[kept] = np.arange(1, len(kept) + 1)
    return LesionMap(new[numbered], sizes[kept], voxel_ml, scores_of(kept))
