"""The trunk's and the neck's outline, its wall and the muscles of the back."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.phantom.grid_box import FloatArray
from spinemets.phantom.spec import HabitusSpec
from spinemets.phantom.tissue import Tissue
from spinemets.phantom.tissue_canvas import SizedShape, TissueCanvas

Floats = npt.NDArray[np.float64]

# All profiles below are by level coordinate (C1 = 1, T1 = 8, L1 = 20, S1 = 25), read from public body-section
# atlases and our own readings of MRI; they make a plausible body, not a measured one.
_SKIN_MM = 1.8
_FASCIA_MM = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """World lines of the trunk at a canvas' heights, in mm.

    Args:
        back_mm, front_mm: Anterior coordinate of the skin.
        half_width_mm: Half width at the skin.
        fat_mm: Thickness of the subcutaneous fat at the sides.
        middle_mm: Right coordinate of the middle.
        fascia_mm: Anterior coordinate of the fascia of the back.
    """

    back_mm: Floats
    front_mm: Floats
    half_width_mm: Floats
    fat_mm: Floats
    middle_mm: Floats
    fascia_mm: Floats


def outline_of(canvas: TissueCanvas, habitus: HabitusSpec) -> Outline:
    """The trunk's outline at each height, from the spine's lines and the person's habitus."""
    neck, trunk = habitus.neck_width_mm / 2.0, habitus.trunk_width_mm / 2.0
    fat = habitus.fat_thickness_mm * canvas.by_level(
        (-2, 0.3), (3, 0.32), (6.5, 0.6), (10, 0.55), (16, 0.65), (20, 0.9), (24, 1.4), (28, 1.6)
    )
    fat = np.maximum(fat, 3.5)
    fascia = canvas.line(canvas.plan.fascia_mm)
    back = fascia - fat
    depth = canvas.by_level(
        (-6, 150.0),
        (-2, 185.0),
        (1, habitus.neck_depth_mm * 1.25),
        (4, habitus.neck_depth_mm),
        (6.5, habitus.neck_depth_mm * 1.15),
        (9, habitus.trunk_depth_mm * 0.8),
        (13, habitus.trunk_depth_mm),
        (19, habitus.trunk_depth_mm),
        (23, habitus.trunk_depth_mm * 0.95),
        (28, habitus.trunk_depth_mm),
    )
    width = canvas.by_level(
        (-6, 62.0),
        (-2, 76.0),
        (1.5, neck * 1.08),
        (5, neck),
        (7, neck * 1.4),
        (9, trunk * 1.1),
        (13, trunk),
        (19, trunk * 0.94),
        (22.5, trunk * 0.9),
        (26, trunk * 1.03),
        (30, trunk * 1.06),
    )
    return Outline(back, back + depth, width, fat, canvas.line(canvas.plan.middle_mm), fascia)


def paint_envelope(canvas: TissueCanvas, outline: Outline) -> None:
    """Skin, subcutaneous fat, fascia and, inside it, muscle."""
    half_depth = (outline.front_mm - outline.back_mm) / 2.0
    centre = (outline.front_mm + outline.back_mm) / 2.0
    skin = canvas.sized(outline.middle_mm, centre, outline.half_width_mm, half_depth, boxy=True)
    _paint_layers(canvas, skin, half_depth, _SKIN_MM, (Tissue.SKIN, Tissue.SUBCUTANEOUS_FAT))
    front = outline.front_mm - outline.fat_mm
    half_depth, centre = (front - outline.fascia_mm) / 2.0, (front + outline.fascia_mm) / 2.0
    wall = canvas.sized(
        outline.middle_mm, centre, outline.half_width_mm - outline.fat_mm, half_depth, boxy=True
    )
    _paint_layers(canvas, wall, half_depth, _FASCIA_MM, (Tissue.FASCIA, Tissue.MUSCLE))


def _paint_layers(
    canvas: TissueCanvas,
    shape: SizedShape | None,
    half_depth_mm: Floats,
    thick_mm: float,
    tissues: tuple[Tissue, Tissue],
) -> None:
    """A thin outer layer and what it holds; it is as thick as asked for at the back and the front."""
    if shape is None:
        return
    inner = (1.0 - thick_mm / np.maximum(half_depth_mm[shape.part.index[2]], 10.0)) ** 2.5
    canvas.paint(shape.part, shape.size <= 1.0, tissues[0])
    canvas.paint(shape.part, shape.size <= inner.astype(np.float32), tissues[1])


def paint_back_muscles(canvas: TissueCanvas, outline: Outline, habitus: HabitusSpec, seed: int) -> None:
    """Fat between and within the muscles of the back: clefts between the groups, streaks along the fibres."""
    plan = canvas.plan
    roof, half_width = canvas.line(plan.roof_mm), canvas.line(plan.half_width_mm)
    part = canvas.part(
        (float(outline.middle_mm.min()) - 75.0, float(outline.middle_mm.max()) + 75.0),
        (float(outline.fascia_mm.min()) - 6.0, float(roof.max()) + 6.0),
        np.ones_like(roof, dtype=bool),
    )
    if part is None:
        return
    inside = canvas.codes[part.index] == Tissue.MUSCLE
    inside &= canvas.y[part.index] < (roof + 4.0).astype(np.float32)
    where = np.nonzero(inside)
    rows = where[2]
    aside = np.abs(canvas.x[part.index][where] - outline.middle_mm.astype(np.float32)[rows])
    thick = np.maximum(roof - outline.fascia_mm, 10.0).astype(np.float32)
    behind = roof.astype(np.float32)[rows] - canvas.y[part.index][where]
    depth = np.clip(behind / thick[rows], 0.0, 1.0)
    fine = canvas.noise(seed + 1, (5.0, 5.0, 14.0), part)[where]
    streaks = canvas.noise(seed + 2, (2.3, 2.0, 13.0), part)[where]
    streaks += np.float32(0.55) * canvas.noise(seed + 3, (9.0, 9.0, 22.0), part)[where]
    fat = _clefts(canvas, half_width.astype(np.float32)[rows], aside, depth, fine, habitus, rows)
    fat |= streaks > _streak_threshold(canvas, aside, depth, habitus, rows)
    inside[where] = fat
    canvas.paint(part, inside, Tissue.INTERMUSCULAR_FAT)


def _clefts(
    canvas: TissueCanvas,
    half_width: FloatArray,
    aside: FloatArray,
    depth: FloatArray,
    fine: FloatArray,
    habitus: HabitusSpec,
    rows: npt.NDArray[np.intp],
) -> npt.NDArray[np.bool_]:
    """Two sheets of fat on each side: beside multifidus, and between longissimus and iliocostalis."""
    widths = canvas.by_level((2, 0.5), (10, 0.5), (18, 0.5), (22, 0.8), (24, 1.5), (26, 2.4))
    width = (widths * (0.6 + 4.0 * habitus.muscle_fat_fraction)).astype(np.float32)[rows]
    first = np.abs(aside - half_width * (1.0 - 0.15 * depth) - 3.0 * fine)
    second = np.abs(aside - half_width * 1.75 - 8.0 * (1.0 - depth) - 3.0 * fine)
    fat: npt.NDArray[np.bool_] = first < width * (0.7 + 0.5 * fine)
    fat |= second < 0.6 * width * (0.6 + 0.6 * fine)
    return fat


def _streak_threshold(
    canvas: TissueCanvas,
    aside: FloatArray,
    depth: FloatArray,
    habitus: HabitusSpec,
    rows: npt.NDArray[np.intp],
) -> FloatArray:
    """Noise above this is fat: it replaces the deep, medial muscle of the lower back first."""
    caudal = canvas.by_level((3, 0.35), (10, 0.0), (18, 0.1), (22, 0.35), (25, 0.9), (27, 1.1))
    deep = caudal.astype(np.float32)[rows] * (1.0 - 0.5 * depth) * np.exp(-aside / np.float32(40.0))
    return np.asarray(2.35 - 4.2 * habitus.muscle_fat_fraction - deep, dtype=np.float32)
