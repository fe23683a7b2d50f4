"""Paints all disease of a specification on its digital spine."""

import numpy as np
from scipy import ndimage

from spinemets.anatomy import Anatomy, Level
from spinemets.phantom.canal_curve import CanalCurve
from spinemets.phantom.digital import DigitalSpine, VertebraFrame
from spinemets.phantom.epidural import paint_epidural
from spinemets.phantom.grid_box import box_of_mask
from spinemets.phantom.lookalikes import paint_lookalike
from spinemets.phantom.spec import EpiduralSpec, SpineSpec
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue
from spinemets.phantom.tumour import paint_lesion

_CORTEX_REACH_MM = 1.6
# What is opened adds to the lesion's volume in bone, which must stay the asked one within 5 %.
_OPENED_SHARE = 0.04


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
            code = _source_code(spine.spec, epidural)
            paint_epidural(maps, curve, epidural, code)
            _open_cortex(maps, code)


def _source_code(spec: SpineSpec, epidural: EpiduralSpec) -> int:
    """Code of the lesion that epidural tumour comes from: at its level, else at the nearest."""
    if not spec.lesions:
        raise ValueError(f"epidural tumour at {epidural.level} needs a bone lesion that it comes from")
    distances = [abs(lesion.level.coordinate - epidural.level.coordinate) for lesion in spec.lesions]
    return int(np.argmin(distances)) + 1


def _open_cortex(maps: SpineMaps, code: int) -> None:
    """Destroys the cortex between a lesion's bone tumour and its epidural tumour, which came through it."""
    box = box_of_mask(maps.lesion == code, maps.affine_ras, _CORTEX_REACH_MM)
    if box is None:
        return
    part = maps.cut(box)
    own = part.lesion == code
    epidural = own & (part.anatomy == Anatomy.EPIDURAL_SPACE)
    in_bone = own & (part.level > 0)
    from_bone, from_epidural = (
        ndimage.distance_transform_edt(~mask, sampling=box.spacing_mm) if mask.any() else None
        for mask in (in_bone, epidural)
    )
    if from_bone is None or from_epidural is None:
        return
    cortex = (part.tissue == Tissue.CORTICAL_BONE) & (part.lesion == 0)
    between = cortex & (from_bone <= _CORTEX_REACH_MM) & (from_epidural <= _CORTEX_REACH_MM)
    most = int(_OPENED_SHARE * np.count_nonzero(in_bone))
    nearest = np.argsort((from_bone + from_epidural)[between], kind="stable")[:most]
    opened = tuple(axis[nearest] for axis in np.nonzero(between))
    codes, counts = np.unique(part.tissue[in_bone], return_counts=True)
    part.tissue[opened] = codes[np.argmax(counts)]
    part.lesion[opened] = code
