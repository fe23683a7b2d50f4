"""The basivertebral vein: a cleft in the middle of the posterior wall of thoracic and lumbar bodies."""

import numpy as np

from spinemets.anatomy import Element, Region
from spinemets.phantom.body_shape import posterior_wall_mm
from spinemets.phantom.bone_field import BoneField
from spinemets.phantom.grid_box import box_around
from spinemets.phantom.smooth import smooth_step
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue

# Share of the depth that the cleft reaches into, and half height and half width at the wall in mm (our
# readings of
# healthy MRI); it narrows to the front and fans out sideways.
_REACH_SHARE = {Region.THORACIC: 0.24, Region.LUMBAR: 0.32}
_HALF_HEIGHT_MM, _HALF_WIDTH_MM = 1.6, 4.5


def paint_vein(maps: SpineMaps, field: BoneField) -> None:
    """Paints the vein of an intact body in place; a collapsed body shows none."""
    share = _REACH_SHARE.get(field.level.region)
    if share is None or field.vertebra.collapse is not None:
        return
    wall, depth = posterior_wall_mm(field.vertebra), field.vertebra.depth_mm
    points = field.frame.to_world_mm(
        np.array([[s * 8.0, wall + a * share * depth, s * 3.0] for s in (-1, 1) for a in (0, 1)])
    )
    box = box_around(points.min(axis=0) - 4.0, points.max(axis=0) + 4.0, maps.affine_ras, maps.tissue.shape)
    if box is None:
        return
    part = maps.cut(box)
    x, y, z = box.coordinates_mm(field.frame.origin_ras_mm, field.frame.axes_ras)
    inwards = (y - np.float32(wall)) / np.float32(share * depth)
    left = 1.0 - smooth_step(inwards, 0.0, 1.0)
    height = _HALF_HEIGHT_MM * (0.25 + 0.75 * left)
    width = _HALF_WIDTH_MM * (0.5 + 0.5 * left) + 3.0 * np.clip(inwards, 0.0, 1.0)
    cleft = (z / height) ** 2 + (x / width) ** 2 < 1.0
    cleft &= (inwards > -0.3) & (inwards < 1.0)
    cleft &= (part.level == field.level.code) & (part.element == Element.BODY)
    part.tissue[cleft] = Tissue.BASIVERTEBRAL_VEIN
