"""How far the surfaces of two masks lie apart, in millimetres."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.evaluation.crops import Mask, box_of

Distances = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceDistances:
    """Distances between two surfaces.

    A surface is the voxels of a mask with a face on the outside, as in MONAI; the edge of the image counts
    as outside.

    Args:
        from_predicted: Of each surface voxel of the prediction to the nearest of the reference (voxel,).
        from_reference: The other way round (voxel,).
    """

    from_predicted: Distances
    from_reference: Distances

    def share_within(self, tolerance_mm: float) -> float:
        """Normalised surface Dice: share of both surfaces no farther apart than the tolerance."""
        both = np.concatenate([self.from_predicted, self.from_reference])
        return float((both <= tolerance_mm).mean())

    def percentile_mm(self, percent: float) -> float:
        """Greater of the percentiles either way; 95 gives HD95, 100 the Hausdorff distance."""
        ways = (self.from_predicted, self.from_reference)
        return max(float(np.percentile(each, percent)) for each in ways)


def surface_distances(predicted: Mask, reference: Mask, spacing_mm: Sequence[float]) -> SurfaceDistances:
    """Distances between the surfaces of two masks.

    Args:
        predicted, reference: Of one shape, neither empty.
        spacing_mm: Of the voxels along each axis.

    Raises:
        ValueError: If a mask is empty.
    """
    if not (predicted.any() and reference.any()):
        raise ValueError("an empty mask has no surface")
    box = box_of(predicted, reference)
    one, other = _surface(predicted[box]), _surface(reference[box])
    return SurfaceDistances(_distances(one, other, spacing_mm), _distances(other, one, spacing_mm))


def _surface(mask: Mask) -> Mask:
    return np.logical_and(mask, ~ndimage.binary_erosion(mask))


def _distances(surface: Mask, target: Mask, spacing_mm: Sequence[float]) -> Distances:
    field = ndimage.distance_transform_edt(~target, sampling=spacing_mm)
    return np.asarray(field)[surface]
