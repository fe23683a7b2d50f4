"""Paints all disease of a specification on its digital spine."""

import numpy as np

from spinemets.anatomy import Level
from spinemets.phantom.canal_curve import CanalCurve
from spinemets.phantom.digital import DigitalSpine, VertebraFrame
from spinemets.phantom.epidural import paint_epidural
from spinemets.phantom.lookalikes import paint_lookalike
from spinemets.phantom.spec import EpiduralSpec, SpineSpec
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tumour import paint_lesion


def paint_disease(spine: DigitalSpine) -> DigitalSpine:
    """The spine with the look-alikes, lesions and epidural tumour that its specification asks for.

    What lies at levels outside the near grid is left out. The same specification gives the same voxels.

    Args:
        spine: As built from a specification; not changed.

    Raises:
        ValueError: If epidural tumour is asked for without any lesion that it could come from.
    """
    maps = SpineMaps.of(spine).copy()
    frames = {frame.level: frame for frame in spine.frames}
    for lookalike in spine.spec.lookalikes:
        if lookalike.level in frames:
            paint_lookalike(maps, frames[lookalike.level], lookalike)
    for code, lesion in enumerate(spine.spec.lesions, start=1):
        if lesion.level in frames:
            paint_lesion(maps, frames[lesion.level], lesion, code)
    _paint_epidurals(maps, spine, frames)
    return maps.onto(spine)


def _paint_epidurals(maps: SpineMaps, spine: DigitalSpine, frames: dict[Level, VertebraFrame]) -> None:
    if not spine.spec.epidurals or len(spine.canal) < 2:
        return
    curve = CanalCurve.of(spine.canal)
    for epidural in spine.spec.epidurals:
        if epidural.level in frames and epidural.level in curve.levels:
            paint_epidural(maps, curve, epidural, _source_code(spine.spec, epidural))


def _source_code(spec: SpineSpec, epidural: EpiduralSpec) -> int:
    """Code of the lesion that epidural tumour comes from: at its level, else at the nearest."""
    if not spec.lesions:
        raise ValueError(f"epidural tumour at {epidural.level} needs a bone lesion that it comes from")
    distances = [abs(lesion.level.coordinate - epidural.level.coordinate) for lesion in spec.lesions]
    return int(np.argmin(distances)) + 1
