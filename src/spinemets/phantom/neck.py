"""What surrounds the cervical spine: airway, gullet, vessels, neck muscles, and the back of the head."""

import numpy as np
import numpy.typing as npt

from spinemets.phantom.tissue import Tissue
from spinemets.phantom.tissue_canvas import TissueCanvas
from spinemets.phantom.trunk import Outline

Floats = npt.NDArray[np.float64]


def paint_neck(canvas: TissueCanvas, outline: Outline, seed: int) -> None:
    """Paints the neck above T1 in place; its profiles by level coordinate (C1 = 1) are plausible only."""
    if canvas.level.min() > 9.5:
        return
    plan = canvas.plan
    middle, body, front = (canvas.line(each) for each in (plan.middle_mm, plan.body_mm, plan.front_mm))
    in_neck = canvas.by_level((-1.0, 0.0), (0.6, 0.8), (1.5, 1.0), (7.0, 1.0), (9.5, 0.3), (10.5, 0.0))
    ahead = outline.front_mm - outline.fat_mm
    _paint_fat_pockets(canvas, middle, front, ahead, seed)
    longus = canvas.by_level((1.0, 0.0), (2.0, 3.0), (8.0, 3.5), (11.0, 0.0))
    canvas.pair(8.0, front + 2.0, longus * 2.2, longus, Tissue.MUSCLE)
    _paint_airway(canvas, middle, front, ahead)
    for aside, forward, size in ((27.0, 14.0, 4.2), (33.0, 8.0, 5.5)):
        canvas.pair(aside, front + forward, size * in_neck, size * in_neck, Tissue.BLOOD_VESSEL)
    sterno = canvas.by_level((0.8, 0.0), (1.6, 8.0), (6.5, 9.0), (8.5, 0.0))
    canvas.pair(
        canvas.by_level((1, 50.0), (7.5, 28.0)),
        front + canvas.by_level((1, -6.0), (7.5, 34.0)),
        sterno * 1.5,
        sterno,
        Tissue.MUSCLE,
    )
    scalene = canvas.by_level((2.5, 0.0), (3.5, 6.5), (7.5, 9.0), (8.8, 0.0))
    canvas.pair(canvas.by_level((3, 26.0), (8, 36.0)), body + 2.0, scalene, scalene * 1.3, Tissue.MUSCLE)
    _paint_fat_planes(canvas, outline, seed)


def _paint_fat_pockets(canvas: TissueCanvas, middle: Floats, front: Floats, ahead: Floats, seed: int) -> None:
    """Fat between the muscles and glands of the front of the neck."""
    rows = (canvas.level > 0.0) & (canvas.level < 10.0)
    part = canvas.part(
        (float(middle.min()) - 70.0, float(middle.max()) + 70.0),
        (float(front[rows].min()) + 3.0, float(ahead[rows].max())),
        rows,
    )
    if part is None:
        return
    pockets = canvas.noise(seed + 22, (9.0, 7.0, 15.0), part)
    run = part.index[2]
    ahead_of_spine = canvas.y[part.index] > (front[run] + 7.0).astype(np.float32)
    # Fewer towards the sides, the mouth and the chest.
    least = canvas.by_level((-1.0, 3.0), (0.5, 0.3), (2.0, 0.1), (7.0, 0.1), (8.5, 1.0), (10.0, 3.0))[run]
    aside = (canvas.x[part.index] - middle[run].astype(np.float32)) / np.float32(48.0)
    enough = pockets - aside**4 > least.astype(np.float32)
    canvas.paint(part, ahead_of_spine & enough, Tissue.INTERMUSCULAR_FAT, (Tissue.MUSCLE,))


def _paint_airway(canvas: TissueCanvas, middle: Floats, front: Floats, ahead: Floats) -> None:
    tongue = canvas.by_level((-0.8, 0.0), (0.2, 22.0), (1.6, 29.0), (3.0, 26.0), (4.2, 0.0))
    canvas.ellipse(middle, front + 42.0, tongue * 0.85, tongue, Tissue.MUSCLE)
    jaw = canvas.by_level((1.8, 0.0), (2.2, 5.0), (3.6, 5.0), (3.9, 0.0))
    canvas.ellipse(middle, np.minimum(front + 74.0, ahead - 4.0), jaw * 2.2, jaw * 1.2, Tissue.CORTICAL_BONE)
    canvas.ellipse(
        middle,
        np.minimum(front + 74.0, ahead - 4.0),
        (jaw - 1.5) * 2.2,
        (jaw - 1.5) * 1.2,
        Tissue.POSTERIOR_MARROW,
    )
    throat = canvas.by_level((0.8, 0.0), (1.2, 6.0), (3.8, 5.5), (5.4, 4.5), (5.9, 6.0), (6.1, 0.0))
    gap = canvas.by_level((1, 9.0), (3.5, 9.0), (5.0, 14.0), (6.0, 19.0))
    canvas.ellipse(
        middle, front + gap, throat * 1.9 + 2.2 * (throat > 0), throat + 2.0 * (throat > 0), Tissue.MUSCLE
    )
    canvas.ellipse(middle, front + gap, throat * 1.9, throat, Tissue.AIR)
    larynx = canvas.by_level((4.4, 0.0), (4.9, 15.0), (6.2, 14.0), (6.5, 0.0))
    canvas.ellipse(
        middle, front + 24.0, larynx, larynx, Tissue.VISCERA, (Tissue.INTERMUSCULAR_FAT, Tissue.MUSCLE)
    )
    canvas.ellipse(middle, front + 20.0, larynx * 0.3, larynx * 0.5, Tissue.AIR, (Tissue.VISCERA,))
    thyroid = canvas.by_level((5.8, 0.0), (6.4, 9.0), (8.0, 9.0), (8.6, 0.0))
    canvas.pair(15.0, front + 20.0, thyroid, thyroid * 1.2, Tissue.VISCERA, (Tissue.INTERMUSCULAR_FAT,))


def _paint_fat_planes(canvas: TissueCanvas, outline: Outline, seed: int) -> None:
    """Fat between the layers of the neck's extensors: arcs at set depths below the fascia."""
    rows = (canvas.level > 0.5) & (canvas.level < 10.5)
    if not rows.any():
        return
    low, high = (
        float(outline.fascia_mm[rows].min()) - 5.0,
        float(canvas.line(canvas.plan.roof_mm)[rows].max()) + 5.0,
    )
    middle = float(outline.middle_mm[rows].mean())
    part = canvas.part((middle - 60.0, middle + 60.0), (low, high), rows)
    if part is None:
        return
    run = part.index[2]
    ripple = canvas.noise(seed + 21, (9.0, 6.0, 16.0), part)
    fascia, roof = outline.fascia_mm[run], canvas.line(canvas.plan.roof_mm)[run]
    aside = np.abs(canvas.x[part.index] - outline.middle_mm[run].astype(np.float32))
    # The layers curve forward at the sides.
    depth = (canvas.y[part.index] - fascia.astype(np.float32) - 0.007 * aside**2) / np.maximum(
        roof - fascia, 8.0
    ).astype(np.float32)
    planes = np.zeros(part.shape, dtype=bool)
    for place, turn in ((0.2, 1.0), (0.46, -1.0), (0.7, 1.0)):
        # Where the ripple is low a plane thins out and ends.
        bent = depth - np.float32(place) + np.float32(0.06 * turn) * ripple
        planes |= np.abs(bent) < 0.012 + np.float32(0.016 * turn) * ripple
    inside = planes & (canvas.codes[part.index] == Tissue.MUSCLE) & (aside < 48.0)
    canvas.paint(part, inside, Tissue.INTERMUSCULAR_FAT)


def paint_head(canvas: TissueCanvas, outline: Outline) -> None:
    """The back of the skull with cerebellum and brain stem above the atlas, in place."""
    if canvas.level.min() > 1.0:
        return
    plan = canvas.plan
    middle, roof = canvas.line(plan.middle_mm), canvas.line(plan.roof_mm)
    # Centre of the posterior fossa, and of the brain above it.
    skull = canvas.by_level(
        (-12, 70.0), (-6, 66.0), (-3, 58.0), (-1.2, 46.0), (-0.2, 34.0), (0.35, 15.0), (0.4, 0.0)
    )
    centre = roof + canvas.by_level((-12, 30.0), (-4, 20.0), (-1, 4.0), (0.4, 2.0))
    canvas.ellipse(middle, centre, skull * 0.95, skull, Tissue.CORTICAL_BONE)
    canvas.ellipse(middle, centre, skull * 0.95 - 2.0, skull - 2.0, Tissue.POSTERIOR_MARROW)
    canvas.ellipse(middle, centre, skull * 0.95 - 5.0, skull - 5.0, Tissue.CORTICAL_BONE)
    canvas.ellipse(middle, centre, skull * 0.95 - 6.5, skull - 6.5, Tissue.CEREBROSPINAL_FLUID)
    canvas.ellipse(middle, centre - 3.0, skull * 0.95 - 10.0, skull - 10.0, Tissue.BRAIN)
    stem = canvas.by_level((-6, 13.0), (-3.5, 14.0), (-2.2, 12.0), (-1.2, 9.0), (0.2, 6.5), (0.6, 0.0))
    ventral = roof + 10.0 + canvas.by_level((-6, 14.0), (-2, 10.0), (0.4, 1.0))
    canvas.ellipse(
        middle,
        ventral,
        stem * 1.3 + 4.0 * (stem > 0),
        stem + 4.0 * (stem > 0),
        Tissue.CEREBROSPINAL_FLUID,
        (Tissue.BRAIN,),
    )
    canvas.ellipse(middle, ventral, stem * 1.3, stem, Tissue.BRAIN)
