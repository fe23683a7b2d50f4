"""Divides the slices of one DICOM series into stacks that are volumes, and says what it left out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from spinemets.errors import GeometryError
from spinemets.study.parallel_slices import by_grid, by_offset, by_orientation, is_localizer
from spinemets.study.repeated_positions import first_at_each_place, tell_repeats_apart
from spinemets.study.slice_record import LEFT_OUT, LeftOutFile, SliceRecord
from spinemets.study.stack import (
    Stack,
    affine_ras,
    breaks,
    depths_mm,
    in_order,
    letters_disagree,
    positions_lps,
    usual_step_mm,
)

_LETTERS_DISAGREE = (
    "Patient Orientation contradicts Image Orientation (Patient), which counts: check which side is left."
)


@dataclass(slots=True)
class SeriesSplit:
    """The stacks of a series in a stable order, and the images that are in none of them."""

    stacks: list[Stack] = field(default_factory=list)
    left_out: list[LeftOutFile] = field(default_factory=list)

    def leave_out(self, slices: Sequence[SliceRecord], kind: str, message: str) -> None:
        """Note images that are in no stack."""
        seen = dict.fromkeys(one.path for one in slices)
        self.left_out.extend(LeftOutFile(path, kind, message, slices[0].facts) for path in seen)


def split_series(slices: Sequence[SliceRecord], most_stacks: int) -> SeriesSplit:
    """Stacks of parallel, evenly spaced slices with one image at each place.

    The series is divided by matrix and frame of reference, orientation, position in the plane
    (stations), what tells images at one place apart, and last at gaps: a missing slice is not made up,
    the stack ends before it and another begins after it. Where nothing tells images at one place
    apart, the first by instance number is kept.

    Args:
        slices: Slices with the same Series Instance UID.
        most_stacks: A series of more stacks is a time course or a radial scan, and is left out.
    """
    split = SeriesSplit()
    unique, notes = _without_copies(slices)
    groups = [group for grid in by_grid(unique) for group in _oriented(grid, split)]
    straight = [part for group in groups for part in _stations(group, split)]
    for part in straight:
        told_apart = ("position or orientation",) if len(straight) > 1 else ()
        _add_repeats(part, split, told_apart, notes)
    if len(split.stacks) > most_stacks:
        message = f"its series falls into {len(split.stacks)} stacks, more than {most_stacks}"
        everything = [one for stack in split.stacks for one in stack.slices]
        split.stacks.clear()
        split.leave_out(everything, LEFT_OUT, message)
    split.stacks.sort(key=lambda stack: stack.slices[0].instance_number)
    return split


def _without_copies(slices: Sequence[SliceRecord]) -> tuple[list[SliceRecord], tuple[str, ...]]:
    """Each image once: archives hold copies of files."""
    unique: dict[tuple[str, int], SliceRecord] = {}
    for one in slices:
        unique.setdefault((one.sop_instance_uid, one.frame_index), one)
    copies = len(slices) - len(unique)
    notes = (f"{copies} copies of its images were passed over.",) if copies else ()
    return list(unique.values()), notes


def _oriented(slices: Sequence[SliceRecord], split: SeriesSplit) -> list[list[SliceRecord]]:
    groups = by_orientation(slices)
    if is_localizer(groups):
        split.leave_out(slices, LEFT_OUT, "a localizer of three planes")
        return []
    return groups


def _stations(slices: list[SliceRecord], split: SeriesSplit) -> list[list[SliceRecord]]:
    try:
        return by_offset(slices)
    except GeometryError as error:
        split.leave_out(slices, type(error).__name__, str(error))
        return []


def _add_repeats(
    slices: list[SliceRecord], split: SeriesSplit, told_apart: tuple[str, ...], notes: tuple[str, ...]
) -> None:
    repeats = tell_repeats_apart(slices)
    for repeat in repeats:
        kept, others = first_at_each_place(repeat.slices)
        traits = (*told_apart, *repeat.told_by)
        warnings = notes
        if traits:
            warnings = (*notes, f"One of several stacks of its series, told apart by {', '.join(traits)}.")
        if others:
            warnings = (*warnings, _undistinguished(len(others)))
            split.leave_out(
                others, LEFT_OUT, "lies where another image lies, and nothing tells the two apart"
            )
        _add_even_stacks(kept, split, warnings)


def _undistinguished(count: int) -> str:
    return (
        f"{count} images lie where others lie, and nothing in the header tells them apart; "
        "the first at each place is kept."
    )


def _add_even_stacks(slices: list[SliceRecord], split: SeriesSplit, warnings: tuple[str, ...]) -> None:
    """Add the runs of even slices between gaps; what has no even spacing at all is left out."""
    ordered = in_order(slices)
    found = breaks(ordered)
    if _is_scattered(ordered, found):
        split.leave_out(ordered, "GeometryError", "its slices follow no even spacing")
        return
    ends = [k + 1 for k in found]
    for start, stop in zip([0, *ends], [*ends, len(ordered)], strict=True):
        gaps = [_gap(ordered, k) for k in found if k + 1 in (start, stop)]
        _add(ordered[start:stop], split, (*warnings, *gaps))


def _is_scattered(ordered: Sequence[SliceRecord], found: Sequence[int]) -> bool:
    """Whether slices lie irregularly near each other, so that most belong to no even run."""
    steps_mm = depths_mm(ordered)[1:] - depths_mm(ordered)[:-1]
    too_near = any(steps_mm[k] < usual_step_mm(ordered) for k in found)
    ends = [k + 1 for k in found]
    alone = sum(stop - start == 1 for start, stop in zip([0, *ends], [*ends, len(ordered)], strict=True))
    return too_near and 2 * alone > len(ordered)


def _gap(ordered: Sequence[SliceRecord], k: int) -> str:
    """A sentence on the gap between slices k and k + 1, with the place of missing slices in RAS."""
    depths = depths_mm(ordered)
    step_mm, usual_mm = float(depths[k + 1] - depths[k]), usual_step_mm(ordered)
    missing = round(step_mm / usual_mm) - 1
    if missing == 0:
        return f"The slices of its series lie {step_mm:.1f} mm apart, too far to be one stack."
    if missing < 1 or abs(step_mm / usual_mm - missing - 1) > 0.1:
        return f"Its series is broken by a step of {step_mm:.1f} mm, where others are {usual_mm:.1f} mm."
    ends = positions_lps(ordered)[k : k + 2] * [-1.0, -1.0, 1.0]
    places = [ends[0] + (ends[1] - ends[0]) * m / (missing + 1) for m in range(1, missing + 1)]
    shown = "; ".join("({:.1f}, {:.1f}, {:.1f})".format(*place) for place in places[:3])
    more = " and on" if missing > 3 else ""
    number = "1 slice is" if missing == 1 else f"{missing} slices are"
    return f"{number} missing from its series, with the first pixel at RAS {shown}{more} mm."


def _add(slices: list[SliceRecord], split: SeriesSplit, warnings: tuple[str, ...]) -> None:
    if len(slices) == 1:
        warnings = (*warnings, "It is a single slice.")
    if letters_disagree(slices[0].grid):
        warnings = (*warnings, _LETTERS_DISAGREE)
    try:
        affine_ras(slices)
    except GeometryError as error:
        split.leave_out(slices, type(error).__name__, str(error))
        return
    split.stacks.append(Stack(tuple(slices), warnings))
