"""The canal's own voxels among all that were drawn as canal: strays, in vessels or bowel, are left out."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.findings.element_frame import CANAL
from spinemets.volume import Volume

Points = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float64]

# Limits are ours. Most of a piece lies this near to the line through the middle of the largest one; beyond
# the ends of that line, where the canal may bend, further off by this share of the distance.
_ASIDE_MM, _BEND = 20.0, 0.7
_STEP_MM = 4.0


def canal_points(anatomy: Volume) -> Points:
    """(points, 3) RAS mm of the canal's voxels: of its largest piece, and of those that lie in line with it.

    Args:
        anatomy: Codes of ``Anatomy``, any orientation.
    """
    mask = np.isin(anatomy.array, CANAL)
    pieces, count = ndimage.label(mask, np.ones((3, 3, 3)))
    points = anatomy.voxel_to_world(np.argwhere(mask))
    if count < 2:
        return points
    numbers = pieces[mask]
    largest = points[numbers == np.bincount(numbers).argmax()]
    beyond_mm = np.maximum(largest[:, 2].min() - points[:, 2], points[:, 2] - largest[:, 2].max()).clip(0.0)
    too_far_mm = _aside_mm(points, largest) - _ASIDE_MM - _BEND * beyond_mm
    astray = np.asarray(ndimage.median(too_far_mm, numbers, np.arange(1, count + 1))) > 0.0
    return np.asarray(points[~astray[numbers - 1]])


def _aside_mm(points: Points, canal: Points) -> Floats:
    """How far points lie, level, from the line through a canal's middle; beyond its ends from the end."""
    step = np.floor((canal[:, 2] - canal[:, 2].min()) / _STEP_MM).astype(np.intp)
    counts = np.bincount(step)
    shown = counts > 0
    right, front, height = (np.bincount(step, axis)[shown] / counts[shown] for axis in canal.T)
    return np.hypot(
        points[:, 0] - np.interp(points[:, 2], height, right),
        points[:, 1] - np.interp(points[:, 2], height, front),
    )
