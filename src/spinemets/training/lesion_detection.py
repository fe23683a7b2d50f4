"""Lesions found and false alarms of one case, by any overlap."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

# Voxels that touch at an edge or a corner are one lesion.
_NEIGHBOURS = np.ones((3, 3, 3), dtype=bool)


@dataclass(frozen=True, slots=True)
class Detection:
    """Counts of one case.

    Args:
        lesions: In the reference.
        found: Reference lesions that a prediction overlaps.
        false_alarms: Predicted lesions that overlap none.
    """

    lesions: int
    found: int
    false_alarms: int


def detect(
    predicted: npt.NDArray[np.bool_],
    reference: npt.NDArray[np.bool_],
    annotated: npt.NDArray[np.bool_],
    least_voxels: int = 1,
) -> Detection:
    """Match predicted to reference lesions by any overlap.

    Args:
        predicted, reference: Masks (slice, row, column).
        annotated: Where the reference says something; predictions outside it count for nothing.
        least_voxels: Smaller predictions and reference lesions do not count.
    """
    kept = predicted & annotated
    lesions = _components(reference, least_voxels)
    predictions = _components(kept, least_voxels)
    found = np.unique(lesions[kept & (lesions > 0)])
    true = np.unique(predictions[reference & (predictions > 0)])
    return Detection(_count(lesions), len(found), _count(predictions) - len(true))


def _components(mask: npt.NDArray[np.bool_], least_voxels: int) -> npt.NDArray[np.int32]:
    labelled, count = ndimage.label(mask, structure=_NEIGHBOURS)
    numbered = np.asarray(labelled, dtype=np.int32)
    sizes = np.bincount(numbered.ravel(), minlength=count + 1)
    numbered[sizes[numbered] < least_voxels] = 0
    return numbered


def _count(numbered: npt.NDArray[np.int32]) -> int:
    return len(np.unique(numbered[numbered > 0]))
