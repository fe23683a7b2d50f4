"""What the values of a mask stand for, and the target maps that the losses learn from.

Data sets annotate different things. A label set says, for each value of a mask, which anatomy classes a
voxel of that value may have, whether it is lesion, and which level it belongs to; what it does not say stays
open, and teaches nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Anatomy, Level
from spinemets.errors import ConfigurationError, InputError, PixelDataError

Mask = npt.NDArray[np.integer[Any]]
Targets = npt.NDArray[np.uint8]

# Order of the maps along the first axis of targets.
ANATOMY_MAP, LESION_MAP, LEVEL_MAP = 0, 1, 2
NO_LESION, LESION, LESION_NOT_ANNOTATED = 0, 1, 255
# What each map holds where nothing is annotated.
NOT_ANNOTATED = (0, LESION_NOT_ANNOTATED, 0)
# Level targets are twice the level's coordinate, so that T13 and L6 (halves) are whole numbers.
LEVEL_STEPS = 2
# Larger values are looked up among those present instead of in a table of all.
_LARGEST_TABLE = 2**16


class Head(StrEnum):
    """What the segmenter predicts of every voxel."""

    ANATOMY = "anatomy"
    LESION = "lesion"
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class LabelSet:
    """What each value of a mask stands for.

    A value that one head lists and another does not is known, and not annotated for the other. Value 0 is
    always known.

    Args:
        name: Name in the manifest.
        anatomy: Classes that a voxel of the value may have; None where the mask tells nothing of anatomy.
        lesion: Whether a voxel of the value is lesion; None where the mask tells nothing of lesions.
        levels: Level of the vertebra that a voxel of the value belongs to; None as above.
        every_other_is_lesion: Whether every value above 0 that ``lesion`` does not list is lesion, as in
            masks that count lesions 1, 2, 3, ...
        ignored: Values that occur and say nothing, such as the ignore label of nnU-Net.

    Raises:
        ConfigurationError: If the set says nothing, or a value is negative, or a class set empty.
    """

    name: str
    anatomy: Mapping[int, frozenset[Anatomy]] | None = None
    lesion: Mapping[int, bool] | None = None
    levels: Mapping[int, Level] | None = None
    every_other_is_lesion: bool = False
    ignored: frozenset[int] = field(default=frozenset())

    def __post_init__(self) -> None:
        if not self.heads:
            raise self._refused("says nothing of anatomy, lesions or levels")
        if any(value < 0 for value in self.values):
            raise self._refused("lists a negative value")
        if empty := [value for value, classes in (self.anatomy or {}).items() if not classes]:
            raise self._refused(f"gives no class for the value {empty[0]}", "list the value as ignored")
        if self.every_other_is_lesion and 0 not in (self.lesion or {}):
            raise self._refused("counts every value as lesion, 0 too", "say what 0 is: lesion: {0: false}")

    @property
    def heads(self) -> frozenset[Head]:
        """The heads that the mask teaches."""
        said = {Head.ANATOMY: self.anatomy, Head.LESION: self.lesion, Head.LEVEL: self.levels}
        return frozenset(head for head, values in said.items() if values is not None)

    @property
    def values(self) -> frozenset[int]:
        """Every value that is listed, and 0."""
        listed = (self.anatomy, self.lesion, self.levels)
        return self.ignored.union({0}, *(values for values in listed if values is not None))

    def knows(self, value: int) -> bool:
        """Whether a mask may hold this value."""
        return value in self.values or (self.every_other_is_lesion and value > 0)

    def unknown_values(self, mask: Mask) -> list[int]:
        """Values of the mask that the set does not know, in order."""
        return [value for value in _present(_whole_numbers(mask)) if not self.knows(value)]

    def encode(self, mask: Mask) -> Targets:
        """Target maps of a mask.

        Args:
            mask: Whole numbers, any shape.

        Returns:
            (3, ...): ``ANATOMY_MAP``, a bit for each class that the voxel may have, 0 not annotated;
            ``LESION_MAP``, 0, 1, or 255 not annotated; ``LEVEL_MAP``, twice the level's coordinate, 0 where
            there is no vertebra or no level is known.

        Raises:
            InputError: If the mask holds an unknown value; it names the set and the values.
            PixelDataError: If its voxels are no whole numbers.
        """
        mask = _whole_numbers(mask)
        if unknown := self.unknown_values(mask):
            raise InputError(
                f"a mask holds {_listed(unknown)}, which the label set does not know",
                field=f"label_sets.{self.name}",
                remedy="add what the value stands for, or list it under ignored",
            )
        largest = int(mask.max(initial=0))
        if largest <= _LARGEST_TABLE:
            return self._table(range(largest + 1))[:, mask]
        values, places = np.unique(mask, return_inverse=True)
        return self._table(values.tolist())[:, places.reshape(mask.shape)]

    def _table(self, values: Sequence[int] | range) -> Targets:
        rows = np.empty((3, len(values)), np.uint8)
        for column, value in enumerate(values):
            rows[:, column] = self._anatomy_bits(value), self._lesion_of(value), self._level_steps(value)
        return rows

    def _anatomy_bits(self, value: int) -> int:
        return sum(1 << each for each in (self.anatomy or {}).get(value, ()))

    def _lesion_of(self, value: int) -> int:
        if self.lesion is None or value in self.ignored:
            return LESION_NOT_ANNOTATED
        if value in self.lesion:
            return LESION if self.lesion[value] else NO_LESION
        return LESION if self.every_other_is_lesion and value > 0 else LESION_NOT_ANNOTATED

    def _level_steps(self, value: int) -> int:
        level = (self.levels or {}).get(value)
        return 0 if level is None else round(LEVEL_STEPS * level.coordinate)

    def _refused(self, problem: str, remedy: str | None = None) -> ConfigurationError:
        return ConfigurationError(problem, field=f"label_sets.{self.name}", remedy=remedy)


def merge_targets(targets: Sequence[Targets]) -> Targets:
    """The target maps of several masks of one image as one.

    An annotation wins over none. Two sets of anatomy classes are intersected: a voxel that is *vertebra* in
    one mask and *body or disc* in the other is body. A voxel is lesion if any mask says so.

    Args:
        targets: (3, ...) each, of one shape, as ``LabelSet.encode`` gives them.

    Raises:
        InputError: If there are none, shapes differ, or two masks contradict each other.
    """
    if not targets:
        raise InputError("no target maps to merge", remedy="give at least one mask")
    merged = targets[0].copy()
    for each in targets[1:]:
        if each.shape != merged.shape:
            raise InputError(f"masks of one image have the shapes {merged.shape[1:]} and {each.shape[1:]}")
        merged[ANATOMY_MAP] = _merged_anatomy(merged[ANATOMY_MAP], each[ANATOMY_MAP])
        merged[LESION_MAP] = _merged_lesion(merged[LESION_MAP], each[LESION_MAP])
        merged[LEVEL_MAP] = _merged_level(merged[LEVEL_MAP], each[LEVEL_MAP])
    return merged


def _merged_anatomy(one: Targets, other: Targets) -> Targets:
    both = (one > 0) & (other > 0)
    if np.any(contradicted := both & ((one & other) == 0)):
        raise _contradiction("anatomy classes", contradicted)
    return np.where(both, one & other, one | other)


def _merged_lesion(one: Targets, other: Targets) -> Targets:
    # Of 0, 1 and 255 an annotation is the smaller than none; of two annotations lesion is the larger.
    annotated = (one != LESION_NOT_ANNOTATED) & (other != LESION_NOT_ANNOTATED)
    return np.where(annotated, np.maximum(one, other), np.minimum(one, other))


def _merged_level(one: Targets, other: Targets) -> Targets:
    if np.any(contradicted := (one > 0) & (other > 0) & (one != other)):
        raise _contradiction("levels", contradicted)
    return np.maximum(one, other)


def _contradiction(what: str, where: npt.NDArray[np.bool_]) -> InputError:
    return InputError(
        f"two masks of one image contradict each other in the {what} of {int(where.sum())} voxels",
        remedy="correct one of the masks, or leave it out of the manifest",
    )


def _whole_numbers(mask: Mask) -> Mask:
    if mask.dtype.kind not in "iub":
        raise PixelDataError(f"a mask holds {mask.dtype}, where labels are whole numbers")
    return mask.astype(np.uint8) if mask.dtype.kind == "b" else mask


def _present(mask: Mask) -> list[int]:
    smallest, largest = int(mask.min(initial=0)), int(mask.max(initial=0))
    if smallest < 0 or largest > _LARGEST_TABLE:
        values: list[int] = np.unique(mask).tolist()
        return values
    counted: list[int] = np.flatnonzero(np.bincount(mask.ravel(), minlength=1)).tolist()
    return counted


def _listed(values: Sequence[int]) -> str:
    shown = ", ".join(map(str, values[:8]))
    more = f" and {len(values) - 8} more" if len(values) > 8 else ""
    return f"the {'value' if len(values) == 1 else 'values'} {shown}{more}"
