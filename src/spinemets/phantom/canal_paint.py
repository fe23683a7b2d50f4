"""What fills the spinal canal: epidural fat, ligaments, dura, CSF, roots and cord, section by section."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Anatomy
from spinemets.phantom.canal_curve import CanalCurve
from spinemets.phantom.cauda import CaudaEquina
from spinemets.phantom.digital import CanalSection, Codes
from spinemets.phantom.grid_box import FloatArray, GridBox
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_REACH_MM = 20.0
_BLOCK_SECTIONS = 30
# Thickness of the dura with what partial volume darkens beside it, and of the ligamentum flavum (Kolte et
# al. 2015,
# Asian Spine J: 2 to 4 mm in lumbar spines).
_DURA_MM = 0.6
_FLAVUM_MM = 2.4
# Half width of the dorsal fat between both flaval ligaments where they meet the sac.
_DORSAL_FAT_HALF_WIDTH_MM = 6.5
_FIXED = (Anatomy.VERTEBRAL_BODY, Anatomy.DISC)


@dataclass(frozen=True, slots=True, eq=False)
class DorsalRoof:
    """The dorsal border of the epidural space at each section.

    Args:
        depth_mm: Behind the sac's centre in the midline, (sections,).
        half_width_mm: Of the bony canal, (sections,).
    """

    depth_mm: Floats
    half_width_mm: Floats


def paint_canal(
    maps: SpineMaps, sections: tuple[CanalSection, ...], roof: DorsalRoof, cauda: CaudaEquina
) -> None:
    """Paints the canal in place, block by block along it.

    Bodies and discs that reach into the canal stay; posterior elements give way to the sac.

    Args:
        maps: With bone and discs.
        sections: Of the canal.
        roof: Its dorsal border, section by section.
        cauda: Where roots run below the conus.
    """
    if len(sections) < 2:
        return
    curve = CanalCurve.of(sections)
    cord = np.array([(each.cord_half_width_mm, each.cord_half_depth_mm) for each in sections])
    for start in range(0, len(sections) - 1, _BLOCK_SECTIONS):
        stretch = curve.centre_ras_mm[start : start + _BLOCK_SECTIONS + 1]
        box = maps.box(stretch.min(axis=0) - _REACH_MM, stretch.max(axis=0) + _REACH_MM)
        if box is not None:
            block = _block(maps.cut(box), curve, box, (start, start + _BLOCK_SECTIONS))
            _paint_epidural(block, curve, roof)
            _paint_sac(block, curve, cord, cauda)
            block.write()


@dataclass(eq=False, slots=True)
class _Block:
    """Voxels near a stretch of the canal, as flat arrays, with their places along and across it."""

    part: SpineMaps
    where: tuple[npt.NDArray[np.intp], ...]
    index: npt.NDArray[np.intp]
    right: FloatArray
    anterior: FloatArray
    tissue: Codes
    anatomy: Codes
    level: Codes
    element: Codes

    def write(self) -> None:
        """Brings what was painted back into the maps."""
        self.part.tissue[self.where] = self.tissue
        self.part.anatomy[self.where] = self.anatomy
        self.part.level[self.where] = self.level
        self.part.element[self.where] = self.element


def _block(part: SpineMaps, curve: CanalCurve, box: GridBox, run: tuple[int, int]) -> _Block:
    x, y, z = box.coordinates_mm(np.zeros(3), np.eye(3))
    low, high = max(run[0] - 2, 0), min(run[1] + 2, len(curve.levels))
    centre, axes = _stretch(curve, low, high)
    first = centre[0]
    # Within a short stretch the curve is nearly straight: a projection on its chord finds the section, and
    # two
    # corrections with that section's own tangent make it exact.
    chord = centre[-1] - centre[0]
    length = np.linalg.norm(chord)
    chord = (chord / length).astype(np.float32)
    step = np.float32(length / (len(centre) - 1))
    guess = ((x - first[0]) * chord[0] + (y - first[1]) * chord[1] + (z - first[2]) * chord[2]) / step
    near = (guess > -12) & (guess < len(centre) + 12)
    where = np.nonzero(near)
    points = np.stack([axis[where] for axis in (x, y, z)], axis=-1)
    guess = guess[where]
    for _ in range(3):
        index = np.clip(np.rint(guess), 0, len(centre) - 1).astype(np.intp)
        along = np.einsum("nk,nk->n", points - centre[index], axes[2][index])
        guess = np.clip(index - along / np.float32(curve.step_mm), 0, len(centre) - 1)
    index = np.rint(guess).astype(np.intp)
    offset = points - centre[index]
    right, anterior, along = (np.einsum("nk,nk->n", offset, axis[index]) for axis in axes)
    index = index + low
    mine = (np.abs(along) <= 0.75 * curve.step_mm + 0.3) & (index >= run[0]) & (index < run[1])
    where = tuple(each[mine] for each in where)
    codes = (part.tissue[where], part.anatomy[where], part.level[where], part.element[where])
    return _Block(part, where, index[mine], right[mine], anterior[mine], *codes)


def _stretch(curve: CanalCurve, low: int, high: int) -> tuple[FloatArray, list[FloatArray]]:
    axes = (curve.right_ras, curve.anterior_ras, curve.tangent_ras)
    return curve.centre_ras_mm[low:high].astype(np.float32), [a[low:high].astype(np.float32) for a in axes]


def _ellipse(block: _Block, half_width: Floats, half_depth: Floats) -> FloatArray:
    """Distance from the centre over the half axis at each voxel; infinite where the ellipse is a point."""
    wide, deep = (np.maximum(half, 1e-3).astype(np.float32)[block.index] for half in (half_width, half_depth))
    radius = np.sqrt((block.right / wide) ** 2 + (block.anterior / deep) ** 2)
    return np.where(wide > 0.3, radius, np.float32(np.inf))


def _paint_epidural(block: _Block, curve: CanalCurve, roof: DorsalRoof) -> None:
    free = (block.level == 0) & ~np.isin(block.anatomy, _FIXED) & (block.anatomy != Anatomy.SACRUM)
    ventral = free & (block.anterior >= 0)
    dorsal = free & (block.anterior < 0)
    canal = _ellipse(block, curve.canal_half_mm[:, 0], curve.canal_half_mm[:, 1])
    depth = roof.depth_mm.astype(np.float32)[block.index]
    # The roof is pointed: fat in the middle between both flaval ligaments.
    side = np.abs(block.right) / roof.half_width_mm.astype(np.float32)[block.index]
    roof_here = depth * np.sqrt(np.maximum(1.0 - np.minimum(side, 1.0) ** 1.7, 0.0))
    below_roof = roof_here + block.anterior
    sac = _ellipse(block, curve.sac_half_mm[:, 0], curve.sac_half_mm[:, 1])
    flavum = (
        dorsal
        & (below_roof < 0)
        & (below_roof > -_FLAVUM_MM)
        & (side < 1.05)
        & (block.anterior < -0.3 * depth)
    )
    block.tissue[flavum] = Tissue.LIGAMENT
    space = (ventral & (canal <= 1.0)) | (dorsal & (below_roof >= 0)) | (dorsal & (canal <= 1.0))
    block.tissue[space] = Tissue.EPIDURAL_FAT
    block.anatomy[space] = Anatomy.EPIDURAL_SPACE
    thick = (
        space & dorsal & (sac > 1.0) & (below_roof < 1.5) & (np.abs(block.right) > _DORSAL_FAT_HALF_WIDTH_MM)
    )
    block.tissue[thick] = Tissue.LIGAMENT


def _paint_sac(block: _Block, curve: CanalCurve, cord_half: Floats, cauda: CaudaEquina) -> None:
    sac = _ellipse(block, curve.sac_half_mm[:, 0], curve.sac_half_mm[:, 1])
    inside = (sac <= 1.0) & ~np.isin(block.anatomy, _FIXED)
    block.tissue[inside] = Tissue.CEREBROSPINAL_FLUID
    block.anatomy[inside] = Anatomy.THECAL_SAC
    block.level[inside] = 0
    block.element[inside] = 0
    across = np.stack([block.right[inside], block.anterior[inside]], axis=-1)
    roots = cauda.is_root(block.index[inside], across)
    block.tissue[np.flatnonzero(inside)[roots]] = Tissue.NERVE_ROOT
    smaller = np.maximum(curve.sac_half_mm.min(axis=1), 1.0).astype(np.float32)[block.index]
    block.tissue[inside & (sac > 1.0 - _DURA_MM / smaller)] = Tissue.DURA
    _paint_cord(block, cord_half, inside)


def _paint_cord(block: _Block, cord_half: Floats, inside: Mask) -> None:
    radius = _ellipse(block, cord_half[:, 0], cord_half[:, 1])
    in_cord = inside & (radius <= 1.0)
    if not in_cord.any():
        return
    wide, deep = (np.maximum(cord_half[:, axis], 1e-3).astype(np.float32)[block.index] for axis in (0, 1))
    u, v = np.abs(block.right / wide), block.anterior / deep
    block.tissue[in_cord] = Tissue.CORD_WHITE_MATTER
    block.tissue[in_cord & _grey_matter(u, v)] = Tissue.CORD_GREY_MATTER
    block.anatomy[in_cord] = Anatomy.CORD


def _grey_matter(u: FloatArray, v: FloatArray) -> Mask:
    """The butterfly, in shares of the cord's half width (from the midline) and half depth (to the front)."""
    anterior_horn = ((u - 0.33) / 0.2) ** 2 + ((v - 0.25) / 0.33) ** 2 < 1.0
    # The posterior horn runs from the middle outwards and back.
    along = np.clip(-v / 0.72, 0.0, 1.0)
    posterior_horn = (np.abs(u - (0.27 + 0.2 * along)) < 0.11) & (v <= 0.05) & (v > -0.72)
    commissure = (np.abs(v - 0.03) < 0.1) & (u < 0.35)
    mask: Mask = anterior_horn | posterior_horn | commissure
    return mask
