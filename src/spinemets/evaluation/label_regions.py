"""Which parts of a label map can be compared, where a value of the reference stands for several classes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Anatomy
from spinemets.evaluation.crops import Mask
from spinemets.training.label_set_rows import anatomy_word
from spinemets.training.label_sets import LabelSet

Bits = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class RegionPair:
    """A set of classes in prediction and reference.

    Args:
        classes: What either may be.
        predicted, reference: Masks of one shape, without voxels of which the reference does not say whether
            they are of the classes.
    """

    classes: frozenset[Anatomy]
    predicted: Mask
    reference: Mask

    @property
    def name(self) -> str:
        """Such as ``disc``, or ``vertebral body or posterior elements``."""
        return " or ".join(anatomy_word(each) for each in sorted(self.classes))


def compared_sets(predicted: LabelSet, reference: LabelSet) -> tuple[frozenset[Anatomy], ...]:
    """Sets of classes that prediction and reference can both tell from the rest, each once.

    A reference of *vertebra* is compared with predicted bodies and posterior elements together, and a
    prediction of *vertebra* with theirs in the reference. Background belongs to no set.
    """
    said, true = _sets(predicted), _sets(reference)
    return tuple(
        each
        for each in sorted(said | true, key=sorted)
        if Anatomy.BACKGROUND not in each
        and each == _union_within(each, said) == _union_within(each, true)
        and all(one <= each or not one & each for one in said)
    )


def region_pairs(
    predicted_bits: Bits, reference_bits: Bits, sets: Iterable[frozenset[Anatomy]]
) -> Iterator[RegionPair]:
    """Prediction and reference of each set of classes.

    What the reference does not annotate, or what may be of the set or not, is left out of both.

    Args:
        predicted_bits, reference_bits: A bit for each class that a voxel may have, 0 where nothing is
            said, as ``LabelSet.encode`` gives it (slice, row, column).
        sets: Of classes, as ``compared_sets`` gives them.
    """
    for classes in sets:
        bits = np.uint8(sum(1 << each for each in classes))
        inside = _within(reference_bits, bits)
        known = inside | _within(reference_bits, ~bits)
        yield RegionPair(classes, _within(predicted_bits, bits) & known, inside)


def _within(voxels: Bits, bits: np.uint8) -> Mask:
    """Where a voxel may be of these classes and of no other."""
    return np.asarray((voxels > 0) & ((voxels & ~bits) == 0))


def _union_within(classes: frozenset[Anatomy], sets: frozenset[frozenset[Anatomy]]) -> frozenset[Anatomy]:
    """Which of the classes a mask has values for that mean nothing else."""
    return frozenset().union(*(each for each in sets if each <= classes))


def _sets(label_set: LabelSet) -> frozenset[frozenset[Anatomy]]:
    return frozenset((label_set.anatomy or {}).values())
