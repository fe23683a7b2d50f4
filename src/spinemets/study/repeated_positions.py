"""Tells apart images that lie at one place: echoes, b values, phases, repetitions."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from spinemets.study.slice_record import SliceRecord
from spinemets.study.stack import SAME_POSITION_MM, depths_mm, in_order


@dataclass(frozen=True, slots=True)
class _Trait:
    """Something that may tell images apart; ``says`` words a value for the user."""

    name: str
    of: Callable[[SliceRecord], Hashable]
    says: Callable[[Hashable], str] = str


def _joined(value: Hashable) -> str:
    return "\\".join(str(part) for part in value) if isinstance(value, tuple) else str(value)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


# In the order in which they are tried: first what an image shows, then when it was made.
_TRAITS = (
    _Trait("image type", lambda one: one.parameters.image_type, _joined),
    _Trait("complex component", lambda one: one.parameters.complex_image_component),
    _Trait("echo time in ms", lambda one: _rounded(one.parameters.echo_time_ms)),
    _Trait("b value in s/mm2", lambda one: _rounded(one.parameters.b_value_s_mm2)),
    _Trait("gradient direction", lambda one: one.repetition.gradient_direction, _joined),
    _Trait("inversion time in ms", lambda one: _rounded(one.parameters.inversion_time_ms)),
    _Trait("flip angle in degrees", lambda one: _rounded(one.parameters.flip_angle_deg)),
    _Trait("repetition time in ms", lambda one: _rounded(one.parameters.repetition_time_ms)),
    _Trait("echo number", lambda one: one.repetition.echo_number),
    _Trait("contrast agent", lambda one: bool(one.parameters.contrast_agent)),
    _Trait("scanning sequence", lambda one: one.parameters.scanning_sequence, _joined),
    _Trait("temporal position", lambda one: one.repetition.temporal_position),
    _Trait("stack", lambda one: one.repetition.stack_id),
    _Trait("acquisition number", lambda one: one.repetition.acquisition_number),
    _Trait("dimension index", lambda one: one.repetition.dimension_index, _joined),
    _Trait("trigger time in ms", lambda one: _rounded(one.repetition.trigger_time_ms)),
)


@dataclass(frozen=True, slots=True)
class Repeat:
    """Slices with one place each, and what told them from the others of their series."""

    slices: tuple[SliceRecord, ...]
    told_by: tuple[str, ...] = ()


def tell_repeats_apart(slices: Sequence[SliceRecord]) -> list[Repeat]:
    """Groups in which no trait of the header can tell images at one place apart any further.

    A trait divides a group if that leaves fewer images at an occupied place, and makes not many more
    groups than there are images at the fullest place: a time that is different in every slice would
    scatter a stack, not divide it.
    """
    return _divide(Repeat(tuple(slices)), _TRAITS)


def _divide(group: Repeat, traits: Sequence[_Trait]) -> list[Repeat]:
    if surplus(group.slices) == 0:
        return [group]
    for k, trait in enumerate(traits):
        parts = _parts(group, trait)
        if _is_division(group.slices, parts):
            return [one for part in parts for one in _divide(part, traits[k + 1 :])]
    return [group]


def _parts(group: Repeat, trait: _Trait) -> list[Repeat]:
    by_value: dict[Hashable, list[SliceRecord]] = {}
    for one in group.slices:
        by_value.setdefault(trait.of(one), []).append(one)
    return [
        Repeat(tuple(by_value[value]), (*group.told_by, f"{trait.name} {_worded(trait, value)}"))
        for value in sorted(by_value, key=_sortable)
    ]


def _worded(trait: _Trait, value: Hashable) -> str:
    return "not given" if value in (None, "", ()) else trait.says(value)


def _sortable(value: Hashable) -> tuple[int, object]:
    if value is None:
        return 0, 0.0
    return (1, float(value)) if isinstance(value, int | float) else (2, str(value))


def _is_division(whole: Sequence[SliceRecord], parts: Sequence[Repeat]) -> bool:
    fewer = sum(surplus(part.slices) for part in parts) < surplus(whole)
    return len(parts) > 1 and fewer and len(parts) <= 2 * int(_images_at_places(whole).max())


def surplus(slices: Sequence[SliceRecord]) -> int:
    """How many images lie at a place that another image of the group takes already."""
    return len(slices) - len(_images_at_places(slices))


def first_at_each_place(slices: Sequence[SliceRecord]) -> tuple[list[SliceRecord], list[SliceRecord]]:
    """The first image at each place by instance number, and the others."""
    ordered = in_order(slices)
    is_new = np.diff(depths_mm(ordered), prepend=-np.inf) > SAME_POSITION_MM
    kept = [one for one, new in zip(ordered, is_new, strict=True) if new]
    return kept, [one for one, new in zip(ordered, is_new, strict=True) if not new]


def _images_at_places(slices: Sequence[SliceRecord]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    depths = np.sort(depths_mm(slices))
    starts = np.flatnonzero(np.diff(depths, prepend=-np.inf) > SAME_POSITION_MM)
    return np.diff(starts, append=len(depths))
