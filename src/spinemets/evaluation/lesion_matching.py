"""Which predicted lesion is which lesion of the reference."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from spinemets.errors import ConfigurationError
from spinemets.evaluation.lesion_map import LesionMap

Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """How predicted lesions and those of the reference lie on each other.

    Args:
        shared: Voxels that both have (predicted, reference).
        predicted, reference: Voxels of each.
    """

    shared: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]
    reference: npt.NDArray[np.int64]

    @property
    def iou(self) -> npt.NDArray[np.float64]:
        """Intersection over union (predicted, reference)."""
        union = self.predicted[:, None] + self.reference - self.shared
        return np.asarray(self.shared / union)

    @property
    def parts_of_reference(self) -> npt.NDArray[np.int64]:
        """How many predictions have more of each reference lesion in them than of any other (reference,)."""
        return _owned(self.shared)

    @property
    def lesions_in_prediction(self) -> npt.NDArray[np.int64]:
        """How many reference lesions have more of each prediction in them than of any other (predicted,)."""
        return _owned(self.shared.T)


def overlap(predicted: LesionMap, reference: LesionMap) -> Overlap:
    """Shared voxels of all pairs; maps of one grid."""
    both = (predicted.numbered > 0) & (reference.numbered > 0)
    pair = (predicted.numbered[both] - 1) * np.int64(reference.count) + reference.numbered[both] - 1
    shared = np.bincount(pair, minlength=predicted.count * reference.count)
    shared = shared.reshape(predicted.count, reference.count)
    return Overlap(shared.astype(np.int64), predicted.voxels, reference.voxels)


@dataclass(frozen=True, slots=True)
class Matching:
    """When a lesion counts as found.

    Args:
        name: What tables call it.
        least_iou: Intersection over union that a pair needs; 0 for any shared voxel.
        one_to_one: Whether a prediction finds one lesion at most, and a lesion makes one prediction at most
            true. Otherwise a prediction that covers several lesions finds them all, and the parts of a
            prediction that fell apart are no false alarms.

    Raises:
        ConfigurationError: If the intersection over union is not from 0 to 1.
    """

    name: str
    least_iou: float
    one_to_one: bool

    def __post_init__(self) -> None:
        if not 0 <= self.least_iou <= 1:
            raise ConfigurationError(f"is {self.least_iou}; from 0 to 1", field="least_iou")


# Any overlap first, and stricter ones beside it (Metrics Reloaded, Maier-Hein et al. 2024).
ANY_OVERLAP = Matching("any overlap", least_iou=0.0, one_to_one=False)
MATCHINGS = (
    ANY_OVERLAP,
    Matching("IoU 0.1", least_iou=0.1, one_to_one=True),
    Matching("IoU 0.5", least_iou=0.5, one_to_one=True),
)


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """What a matching says of one case.

    Args:
        pairs: Index of a prediction and of its reference lesion, one to one (pair, 2).
        finders: Which predictions find which lesion (predicted, reference).
        false: Predictions that find none (predicted,).
    """

    pairs: npt.NDArray[np.intp]
    finders: Truths
    false: Truths

    def score_of_found(self, scores: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64]:
        """Highest score that finds each reference lesion, -inf where none does (reference,).

        Args:
            scores: Of the predictions (predicted,); None where there are none, and 1 stands for each.
        """
        given = np.ones(len(self.false)) if scores is None else scores
        found_by = np.where(self.finders, given[:, None], -np.inf)
        return np.asarray(found_by.max(axis=0, initial=-np.inf))


def match(overlap: Overlap, matching: Matching) -> Matches:
    """Pair predictions with lesions, as many as can be, and of these the way with most overlap.

    Pairs are made with all predictions at once: a threshold on scores takes predictions and what they find
    away, and pairs nothing anew. With an intersection over union above 0.5 that makes no difference.
    """
    iou = overlap.iou
    allowed = (overlap.shared > 0) & (iou >= matching.least_iou)
    # One pair more is worth more than any overlap of the others.
    worth = np.where(allowed, iou + min(allowed.shape) + 1, 0)
    places = np.stack(linear_sum_assignment(worth, maximize=True), axis=1)
    pairs = places[allowed[places[:, 0], places[:, 1]]]
    finders = allowed
    if matching.one_to_one:
        finders = np.zeros_like(allowed)
        finders[pairs[:, 0], pairs[:, 1]] = True
    return Matches(pairs, finders, np.logical_not(finders.any(axis=1)))


def _owned(shared: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Of rows, how many have most of themselves in each column; the first of equals."""
    if not shared.size:
        return np.zeros(shared.shape[1], np.int64)
    touching = shared.max(axis=1) > 0
    return np.bincount(shared.argmax(axis=1)[touching], minlength=shared.shape[1]).astype(np.int64)
