"""One predicted mask against its reference: Dice, surfaces, volume, and what is done about empty ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from spinemets.errors import ConfigurationError
from spinemets.evaluation.crops import Mask, box_of
from spinemets.evaluation.surface_distance import surface_distances

_HD = 95


class Empty(StrEnum):
    """Which mask holds nothing."""

    NEITHER = "neither"
    PREDICTED = "prediction empty"
    REFERENCE = "reference empty"
    BOTH = "both empty"


class BothEmpty(StrEnum):
    """What a case counts for where prediction and reference are empty."""

    LEFT_OUT = "left out"
    PERFECT = "perfect"


class OneEmpty(StrEnum):
    """Which distance a case has where one mask alone is empty. Its Dice and NSD are 0."""

    UNDEFINED = "undefined"
    IMAGE_DIAGONAL = "image diagonal"


@dataclass(frozen=True, slots=True)
class MaskSettings:
    """How masks are scored; the report says it.

    Args:
        tolerance_mm: How far apart surfaces may lie for NSD, such as what readers differ by.
        both_empty: What both being empty counts for.
        one_empty: The distance where one is.

    Raises:
        ConfigurationError: If the tolerance is negative.
    """

    tolerance_mm: float
    both_empty: BothEmpty
    one_empty: OneEmpty

    def __post_init__(self) -> None:
        if self.tolerance_mm < 0:
            raise ConfigurationError(f"is {self.tolerance_mm}; 0 or more", field="tolerance_mm")


@dataclass(frozen=True, slots=True)
class MaskScore:
    """What two masks of one structure in one case have in common.

    Args:
        predicted_ml, reference_ml: Their volumes.
        dice: Twice the shared volume over the sum of both; None where the case is left out.
        nsd: Normalised surface Dice at the tolerance of the settings; None as above.
        hd95_mm: 95th percentile of distances between the surfaces; None where it is undefined.
        empty: Which of the two holds nothing.
    """

    predicted_ml: float
    reference_ml: float
    dice: float | None
    nsd: float | None
    hd95_mm: float | None
    empty: Empty = Empty.NEITHER

    @property
    def volume_error_ml(self) -> float:
        """Prediction less reference."""
        return self.predicted_ml - self.reference_ml

    @property
    def volume_error_percent(self) -> float | None:
        """Of the reference's volume; None where that is 0."""
        return 100 * self.volume_error_ml / self.reference_ml if self.reference_ml else None


def score_mask(
    predicted: Mask, reference: Mask, spacing_mm: Sequence[float], settings: MaskSettings
) -> MaskScore:
    """Score a mask.

    Args:
        predicted, reference: Of one shape.
        spacing_mm: Of the voxels along each axis, at right angles.
        settings: Tolerance and policy.
    """
    box = box_of(predicted, reference) or ()
    one, other = predicted[box], reference[box]
    sizes = int(np.count_nonzero(one)), int(np.count_nonzero(other))
    voxel_ml = float(np.prod(spacing_mm)) / 1000
    volumes = sizes[0] * voxel_ml, sizes[1] * voxel_ml
    empty = _EMPTY[not sizes[0], not sizes[1]]
    if empty is not Empty.NEITHER:
        return MaskScore(*volumes, *_of_empty(empty, predicted.shape, spacing_mm, settings), empty)
    shared = int(np.count_nonzero(one & other))
    distances = surface_distances(one, other, spacing_mm)
    return MaskScore(
        *volumes,
        dice=2 * shared / sum(sizes),
        nsd=distances.share_within(settings.tolerance_mm),
        hd95_mm=distances.percentile_mm(_HD),
    )


_EMPTY = {
    (False, False): Empty.NEITHER,
    (True, False): Empty.PREDICTED,
    (False, True): Empty.REFERENCE,
    (True, True): Empty.BOTH,
}


def _of_empty(
    empty: Empty, shape: Sequence[int], spacing_mm: Sequence[float], settings: MaskSettings
) -> tuple[float | None, float | None, float | None]:
    """Dice, NSD and HD95 by the policy."""
    if empty is Empty.BOTH:
        return (1.0, 1.0, 0.0) if settings.both_empty is BothEmpty.PERFECT else (None, None, None)
    if settings.one_empty is OneEmpty.UNDEFINED:
        return 0.0, 0.0, None
    return 0.0, 0.0, float(np.linalg.norm(np.multiply(shape, spacing_mm)))
