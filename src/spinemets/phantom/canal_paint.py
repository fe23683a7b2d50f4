"""What fills the spinal canal: epidural fat, dura, CSF, roots and cord, painted along its sections."""

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Anatomy
from spinemets.phantom.canal_curve import CanalCurve
from spinemets.phantom.digital import CanalSection
from spinemets.phantom.grid_box import FloatArray, GridBox, box_around
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue

_REACH_MM = 18.0
_BLOCK_SECTIONS = 48
_DURA_MM = 0.7
_CANAL_BONE = (Anatomy.VERTEBRAL_BODY, Anatomy.DISC)


def paint_canal(maps: SpineMaps, sections: tuple[CanalSection, ...], rng: np.random.Generator) -> None:
    """Paints the canal in place, block by block along it.

    Bodies and discs that reach into the canal stay; posterior elements give way to the sac.
    """
    if len(sections) < 2:
        return
    curve = CanalCurve.of(sections)
    cord = np.array([(each.cord_half_width_mm, each.cord_half_depth_mm) for each in sections])
    roots = rng.normal(size=(22, 2))
    for start in range(0, len(sections) - 1, _BLOCK_SECTIONS):
        stretch = curve.centre_ras_mm[start : start + _BLOCK_SECTIONS + 1]
        box = maps.box(stretch.min(axis=0) - _REACH_MM, stretch.max(axis=0) + _REACH_MM)
        if box is not None:
            _paint_block(maps.cut(box), curve, cord, box, (start, start + _BLOCK_SECTIONS), roots)


def _paint_block(part, curve, cord, box, run, roots) -> None:
    axes = box.coordinates_mm(np.zeros(3), np.eye(3))
    points = np.stack(axes, axis=-1).astype(np.float64)
    index, right, anterior, along = curve.locate(points)
    mine = (np.abs(along) <= curve.step_mm) & (index >= run[0]) & (index < run[1])
    where = np.nonzero(mine)
    index, right, anterior = index[where], right[where], anterior[where]

    def ellipse(half):
        wide, deep = half[index, 0], half[index, 1]
        safe = (np.maximum(wide, 1e-3), np.maximum(deep, 1e-3))
        radius = np.sqrt((right / safe[0]) ** 2 + (anterior / safe[1]) ** 2)
        return np.where(wide > 0.3, radius, np.inf)

    canal, sac, inner = ellipse(curve.canal_half_mm), ellipse(curve.sac_half_mm), ellipse(cord)
    anatomy, tissue = part.anatomy[where], part.tissue[where]
    fixed = np.isin(anatomy, _CANAL_BONE)
    bone = part.level[where] > 0
    epidural = (canal <= 1) & ~bone & ~fixed
    in_sac = (sac <= 1) & ~fixed
    tissue[epidural] = Tissue.EPIDURAL_FAT
    anatomy[epidural] = Anatomy.EPIDURAL_SPACE
    tissue[in_sac] = Tissue.CEREBROSPINAL_FLUID
    anatomy[in_sac] = Anatomy.THECAL_SAC
    thin = _DURA_MM / np.maximum(curve.sac_half_mm[index].min(axis=1), 1.0)
    tissue[in_sac & (sac > 1 - thin)] = Tissue.DURA
    in_cord = (inner <= 1) & in_sac
    tissue[in_cord] = Tissue.CORD_WHITE_MATTER
    tissue[in_cord & (inner < 0.45)] = Tissue.CORD_GREY_MATTER
    anatomy[in_cord] = Anatomy.CORD
    part.tissue[where], part.anatomy[where] = tissue, anatomy
    for codes in (part.level, part.element):
        codes[where] = np.where(in_sac, 0, codes[where])
