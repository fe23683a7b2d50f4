"""Tumour in the canal of the block spine, where sac and cord give way."""

from dataclasses import replace

import numpy as np

from findings.block_spine import block_maps
from spinemets.anatomy import Anatomy
from spinemets.volume import Volume


def anterior_tumour(reach_mm):
    """Tumour that fills the canal from its front backwards, 16 mm long."""
    return lambda x, y, z: (np.abs(x) < 9) & (y < -15) & (y > -15 - reach_mm) & (np.abs(z) < 8)


def with_tumour(reach_mm, **grid):
    """Where tumour lies, sac and cord give way."""
    maps = block_maps(anterior_tumour(reach_mm), **grid)
    anatomy = maps.anatomy.array.copy()
    inside = (maps.lesions.array > 0) & np.isin(anatomy, (Anatomy.THECAL_SAC, Anatomy.CORD))
    anatomy[inside] = Anatomy.EPIDURAL_SPACE
    return replace(maps, anatomy=Volume(anatomy, maps.anatomy.affine_ras))
