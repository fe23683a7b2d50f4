"""Label sets as JSON and YAML write them: values singly or in ranges, classes in words."""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, model_validator

from spinemets.anatomy import Anatomy, Level
from spinemets.errors import ConfigurationError
from spinemets.training.label_sets import LabelSet

T = TypeVar("T")

# A typed range of more values than any mask has classes is a slip.
_LONGEST_RANGE = 10_000
_RANGE = re.compile(r"\s*([0-9]+)\s*(?:-\s*([0-9]+)\s*)?")


def anatomy_word(anatomy: Anatomy) -> str:
    """A class as manifests write it, such as ``vertebral body``."""
    return anatomy.name.lower().replace("_", " ")


_ANATOMY_OF_WORD = {anatomy_word(each): each for each in Anatomy}


def anatomy_of_word(word: object) -> Anatomy:
    """The class that a word names; case does not matter, underscores stand for spaces.

    Raises:
        ValueError: If no class is called so.
    """
    if isinstance(word, Anatomy):
        return word
    plain = str(word).replace("_", " ").strip().casefold()
    if plain not in _ANATOMY_OF_WORD:
        raise ValueError(f"{word!r} is no class of anatomy; allowed: {', '.join(_ANATOMY_OF_WORD)}")
    return _ANATOMY_OF_WORD[plain]


def _classes(value: object) -> object:
    if isinstance(value, str):
        return frozenset({anatomy_of_word(value)})
    if isinstance(value, Iterable):
        return frozenset(map(anatomy_of_word, value))
    return value


def _by_single_value(value: object) -> object:
    """``{"1-3": x}`` as ``{1: x, 2: x, 3: x}``."""
    if not isinstance(value, Mapping):
        return value
    single: dict[int, object] = {}
    for written, meaning in value.items():
        for number in _range(str(written)):
            if number in single:
                raise ValueError(f"the value {number} is listed twice")
            single[number] = meaning
    return single


def _range(written: str) -> range:
    match = _RANGE.fullmatch(written)
    if match is None:
        raise ValueError(f"{written!r} is no value; write 3, or 1-25 for a range")
    first = int(match[1])
    last = int(match[2] or first)
    if not first <= last < first + _LONGEST_RANGE:
        raise ValueError(f"{written!r} is no range of values")
    return range(first, last + 1)


def _in_ranges(values: Mapping[int, T] | None) -> dict[str, T] | None:
    """Neighbouring values of one meaning together, in order: the only form that is written."""
    if values is None:
        return None
    numbers = sorted(values)
    apart = (two - one > 1 or values[one] != values[two] for one, two in pairwise(numbers))
    starts = [0, *(place for place, new in enumerate(apart, start=1) if new)] if numbers else []
    runs = [numbers[begin:end] for begin, end in pairwise([*starts, len(numbers)])]
    return {f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]): values[run[0]] for run in runs}


def _anatomy_text(values: Mapping[int, frozenset[Anatomy]] | None) -> dict[str, list[str]] | None:
    ranges = _in_ranges(values)
    if ranges is None:
        return None
    return {key: [anatomy_word(each) for each in sorted(classes)] for key, classes in ranges.items()}


def _levels_text(values: Mapping[int, Level] | None) -> dict[str, str] | None:
    ranges = _in_ranges(values)
    return None if ranges is None else {key: level.value for key, level in ranges.items()}


_Classes = Annotated[frozenset[Anatomy], BeforeValidator(_classes)]
_ByValue = BeforeValidator(_by_single_value)


class LabelSetRow(BaseModel):
    """One label set in a manifest or a config."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    anatomy: Annotated[dict[int, _Classes] | None, _ByValue, PlainSerializer(_anatomy_text)] = None
    lesion: Annotated[dict[int, bool] | None, _ByValue, PlainSerializer(_in_ranges)] = None
    levels: Annotated[dict[int, Level] | None, _ByValue, PlainSerializer(_levels_text)] = None
    every_other_is_lesion: bool = False
    ignored: Annotated[frozenset[int], PlainSerializer(lambda values: sorted(values))] = frozenset()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        try:
            self.label_set("given")
        except ConfigurationError as error:
            raise ValueError(error.problem) from None
        return self

    def label_set(self, name: str) -> LabelSet:
        """The label set that the row describes.

        Raises:
            ConfigurationError: If it says nothing, or contradicts itself.
        """
        return LabelSet(
            name=name,
            anatomy=self.anatomy,
            lesion=self.lesion,
            levels=self.levels,
            every_other_is_lesion=self.every_other_is_lesion,
            ignored=self.ignored,
        )

    @classmethod
    def of(cls, label_set: LabelSet) -> "LabelSetRow":
        """The row of a label set."""
        content: dict[str, Any] = {
            "anatomy": label_set.anatomy,
            "lesion": label_set.lesion,
            "levels": label_set.levels,
            "every_other_is_lesion": label_set.every_other_is_lesion,
            "ignored": label_set.ignored,
        }
        return cls.model_validate(content)
