"""The slices of the reference series that a finding was read from, put into the traces of its values."""

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
from scipy import ndimage

from spinemets.anatomy import Anatomy
from spinemets.findings.maps import StationMaps
from spinemets.findings.measurement import Measurement
from spinemets.findings.records import AlignmentFindings, BodyFindings, CanalFindings, Lesion
from spinemets.volume import Volume

Slices = tuple[int, ...]
Measured = TypeVar("Measured", Lesion, BodyFindings, AlignmentFindings, CanalFindings)


def slices_of_bodies(maps: StationMaps) -> dict[int, Slices]:
    """Slices that show each vertebra's body, or the sacrum, by number, as the series counts them."""
    on_axis = np.isin(maps.anatomy.array, (Anatomy.VERTEBRAL_BODY, Anatomy.SACRUM))
    return _slices_of(Volume(np.where(on_axis, maps.vertebrae.array, 0), maps.vertebrae.affine_ras), maps)


def slices_of_lesions(maps: StationMaps) -> dict[int, Slices]:
    """Slices that show each lesion, by number, as the series counts them."""
    return _slices_of(maps.lesions, maps)


def read_from(findings: Measured, slices: Iterable[int]) -> Measured:
    """Findings whose own measurements name the slices that they were read from."""
    seen = tuple(slices)
    traced: dict[str, Any] = {
        each.name: replace(value, trace=replace(value.trace, slices=seen))
        for each in fields(findings)
        if isinstance(value := getattr(findings, each.name), Measurement)
    }
    return replace(findings, **traced)


def _slices_of(labels: Volume, maps: StationMaps) -> dict[int, Slices]:
    boxes = enumerate(ndimage.find_objects(labels.array), start=1)
    return {number: _stored(box[0], maps) for number, box in boxes if box is not None}


def _stored(across: slice, maps: StationMaps) -> Slices:
    """Indices of slices of the maps as those of the series, which may be stored the other way round."""
    shown = range(across.start, across.stop)
    last = maps.vertebrae.shape[0] - 1
    return tuple(sorted(last - index for index in shown) if maps.slices_reversed else shown)
