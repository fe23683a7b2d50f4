"""Ligaments and the tissue between the spinous processes, painted into soft tissue."""

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Region
from spinemets.phantom.body_plan import BodyPlan
from spinemets.phantom.bone_field import BoneField
from spinemets.phantom.grid_box import GridBox
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue
from spinemets.phantom.world_noise import WorldNoise

# Anterior longitudinal ligament with periosteum: 1 to 2.5 mm (texts).
_ANTERIOR_LIGAMENT_MM = 1.3
_INTERSPINOUS_HALF_WIDTH_MM = 3.6
_SUPRASPINOUS_MM = 1.0
# Between spinous processes a normal field says what there is: fat above these values, by level coordinate
# (much between lumbar processes, little between thoracic ones), fibres below that one.
_FAT_ABOVE_AT = ((1, 1.2), (6, 1.2), (9, 1.3), (18, 1.0), (21, 0.2), (25, -0.1))
_FIBRES_BELOW = -1.3


def paint_midline(maps: SpineMaps, grid: GridBox, plan: BodyPlan, rng: np.random.Generator) -> None:
    """Interspinous fat, muscle and fibres, and the supraspinous ligament, in place; bone is painted later.

    Args:
        maps: Soft tissue of the grid.
        grid: The same, with its coordinates.
        plan: Lines of the body.
        rng: Source of randomness.
    """
    height = grid.affine_ras[2, 3] + grid.affine_ras[2, 2] * np.arange(grid.shape[2])
    x = grid.affine_ras[0, 3] + grid.affine_ras[0, 0] * np.arange(grid.shape[0])
    y = grid.affine_ras[1, 3] + grid.affine_ras[1, 1] * np.arange(grid.shape[1])
    middle, tip, roof = (plan.at(line, height) for line in (plan.middle_mm, plan.tip_mm, plan.roof_mm))
    columns = np.flatnonzero((x > middle.min() - 6.0) & (x < middle.max() + 6.0))
    if not len(columns):
        return
    run = slice(int(columns[0]), int(columns[-1]) + 1)
    part = GridBox((run, slice(None), slice(None)), _moved(grid, run.start), (len(columns), *grid.shape[1:]))
    pattern = WorldNoise(rng, (2.2, 3.5, 1.6)).on(part) + 0.4 * WorldNoise(rng, (6.0, 7.0, 7.0)).on(part)
    aside = np.abs(x[run, None, None] - middle[None, None, :])
    depth = y[None, :, None]
    between = (aside < _INTERSPINOUS_HALF_WIDTH_MM) & (depth < roof + 3.0) & (depth > tip)
    between &= plan.at(plan.level, height) > 1.0
    behind = (
        (aside < _INTERSPINOUS_HALF_WIDTH_MM - 1.9) & (depth <= tip + 1.4) & (depth > tip - _SUPRASPINOUS_MM)
    )
    behind &= plan.at(plan.level, height) > 1.0
    tissue = maps.tissue[run]
    levels, values = zip(*_FAT_ABOVE_AT, strict=True)
    fat_above = np.interp(plan.at(plan.level, height), levels, values)
    filling = np.where(pattern > fat_above, Tissue.INTERMUSCULAR_FAT, Tissue.MUSCLE).astype(np.uint8)
    filling[pattern < _FIBRES_BELOW] = Tissue.LIGAMENT
    tissue[between] = filling[between]
    tissue[behind] = Tissue.LIGAMENT


def _moved(grid: GridBox, start: int) -> npt.NDArray[np.float64]:
    affine = np.array(grid.affine_ras)
    affine[:3, 3] += affine[:3, 0] * start
    return affine


def paint_anterior_ligament(maps: SpineMaps, field: BoneField) -> None:
    """The anterior longitudinal ligament in front of a body, in place."""
    if field.level.region is Region.SACRAL:
        return
    part = maps.cut(field.box)
    _, anterior, _ = field.box.coordinates_mm(field.frame.origin_ras_mm, field.frame.axes_ras)
    near = (field.body_mm > 0) & (field.body_mm < _ANTERIOR_LIGAMENT_MM) & (part.level == 0)
    half_depth = field.frame.half_size_mm[1]
    part.tissue[near & (anterior > 0.25 * half_depth)] = Tissue.LIGAMENT
