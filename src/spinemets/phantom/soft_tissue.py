"""The body around the spine: skin, fat, muscle, vessels and organs, crude but organic."""

import numpy as np

from spinemets.phantom.digital import Codes
from spinemets.phantom.grid_box import GridBox
from spinemets.phantom.spec import HabitusSpec
from spinemets.phantom.tissue import Tissue


def soft_tissue(box: GridBox, habitus: HabitusSpec, line) -> Codes:
    """Tissue codes of a grid without bone."""
    x, y, z = box.coordinates_mm(np.zeros(3), np.eye(3))
    zs = z[0, 0]
    xc, yc = (np.interp(zs, line[:, 2], line[:, k]).astype(np.float32) for k in (0, 1))
    x, y = x - xc, y - yc
    codes = np.zeros(box.shape, dtype=np.uint8)
    back = np.float32(-75.0 - habitus.fat_thickness_mm)
    depth = np.float32(habitus.trunk_depth_mm / 2)
    radius = (
        (np.abs(x) / np.float32(habitus.trunk_width_mm / 2)) ** 2.4
        + (np.abs(y - back - depth) / depth) ** 2.4
    ) ** np.float32(1 / 2.4)
    codes[radius < 1] = Tissue.SKIN
    codes[radius < 1 - 2 / depth] = Tissue.SUBCUTANEOUS_FAT
    inner = radius < 1 - habitus.fat_thickness_mm / depth
    codes[inner] = Tissue.VISCERA
    codes[inner & (y < 0)] = Tissue.MUSCLE
    return codes
