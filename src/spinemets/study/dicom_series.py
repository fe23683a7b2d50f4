"""Stacks of slices as series of a study, with keys that are stable and tell nothing of the patient."""

import re
from collections.abc import Sequence
from pathlib import Path

from spinemets.study.plane import plane_of
from spinemets.study.pseudonym import Identifiers
from spinemets.study.records import DicomFrame, DicomSource, Series
from spinemets.study.stack import Stack, affine_ras
from spinemets.study.weighting import judge_weighting


def series_of_stacks(stacks: Sequence[Stack], identifiers: Identifiers) -> tuple[Series, ...]:
    """The stacks of one study as series, in the order given; keys are unique.

    A key is made of the series number, plane and weighting, and counts on where that is not enough:
    ``003-sagittal-T2``, ``003-sagittal-T2-2``.
    """
    used: set[str] = set()
    series: list[Series] = []
    for stack in stacks:
        one = _series(stack, identifiers, used)
        used.add(one.key.casefold())
        series.append(one)
    return tuple(series)


def _series(stack: Stack, identifiers: Identifiers, used: set[str]) -> Series:
    first = stack.slices[0]
    shape = (len(stack.slices), first.grid.rows, first.grid.columns)
    affine = affine_ras(stack.slices)
    plane = plane_of(affine, shape)
    weighting = judge_weighting(first.parameters)
    return Series(
        key=_unused(f"{_number(first.facts.number)}-{plane}-{_safe(weighting.weighting)}", used),
        plane=plane,
        weighting=weighting,
        parameters=first.parameters,
        shape=shape,
        affine_ras=affine,
        slice_thickness_mm=first.grid.thickness_mm,
        source=_source(stack),
        frame_of_reference=identifiers.reference_key(first.facts.frame_of_reference_uid),
        warnings=stack.warnings,
        number=first.facts.number,
    )


def _number(number: int | None) -> str:
    return "none" if number is None else f"{number:03d}"


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "", text)


def _unused(base: str, used: set[str]) -> str:
    key, count = base, 1
    while key.casefold() in used:
        count += 1
        key = f"{base}-{count}"
    return key


def _source(stack: Stack) -> DicomSource:
    paths = {one.path: Path(one.path) for one in stack.slices}
    frames = tuple(DicomFrame(paths[one.path], one.frame_index, one.sop_instance_uid) for one in stack.slices)
    return DicomSource(frames, stack.slices[0].facts.series_uid)
