"""What lies in front of the thoracic spine: lungs, mediastinum, heart, great vessels, trachea, oesophagus."""

import numpy as np
import numpy.typing as npt

from spinemets.phantom.tissue import Tissue
from spinemets.phantom.tissue_canvas import TissueCanvas
from spinemets.phantom.trunk import Outline

Floats = npt.NDArray[np.float64]

_WALL_MM = 20.0
_LUNG = (Tissue.LUNG,)
_INSIDE = (Tissue.LUNG, Tissue.INTERMUSCULAR_FAT, Tissue.VISCERA)


def paint_thorax(canvas: TissueCanvas, outline: Outline, seed: int) -> None:
    """Paints the chest between T1 and the diaphragm, in place.

    Profiles are by level coordinate (T1 = 8), from atlases of body sections: plausible, not measured.
    """
    plan = canvas.plan
    middle, body, front, roof = (
        canvas.line(each) for each in (plan.middle_mm, plan.body_mm, plan.front_mm, plan.roof_mm)
    )
    half_width = canvas.line(plan.half_width_mm)
    _paint_lungs(canvas, outline, middle, roof, half_width)
    _paint_mediastinum(canvas, outline, middle, body, front, half_width, seed)
    _paint_heart(canvas, middle, front)


def _paint_lungs(
    canvas: TissueCanvas, outline: Outline, middle: Floats, roof: Floats, half_width: Floats
) -> None:
    open_to = canvas.by_level(
        (7.9, 0.0),
        (8.1, 0.12),
        (8.6, 0.35),
        (9.2, 0.52),
        (10, 0.68),
        (12, 0.95),
        (14, 1.0),
        (17.6, 1.0),
        (19.6, 0.9),
    )
    lung = (outline.half_width_mm - outline.fat_mm - _WALL_MM) * open_to / 2.0
    back = roof - canvas.by_level((8, -4.0), (12, 3.0), (18, 3.0), (19.5, -4.0))
    front = outline.front_mm - outline.fat_mm - _WALL_MM + 6.0
    # The dome of the diaphragm: behind, lung reaches down to T12; in front it ends higher.
    front = np.minimum(
        front,
        back
        + canvas.by_level(
            (13.6, 300.0), (14.6, 190.0), (16.0, 120.0), (17.5, 75.0), (18.6, 45.0), (19.4, 18.0), (19.8, 0.0)
        ),
    )
    aside = half_width + 2.0 + lung
    # The apex is a dome.
    deep = (front - back) / 2.0 * np.minimum(open_to * 1.6, 1.0)
    canvas.pair(aside, back + (front - back) * 0.42, lung, deep * 1.05, Tissue.LUNG, boxy=True)


def _paint_mediastinum(
    canvas: TissueCanvas,
    outline: Outline,
    middle: Floats,
    body: Floats,
    front: Floats,
    half_width: Floats,
    seed: int,
) -> None:
    there = canvas.by_level((6.0, 0.0), (6.8, 0.4), (8.5, 1.0), (14.0, 1.0), (15.5, 0.6), (16.5, 0.0))
    beside = canvas.by_level((7.5, 0.0), (8.5, 1.0), (18.0, 1.0), (19.0, 0.8), (19.6, 0.0))
    ahead = outline.front_mm - outline.fat_mm - 10.0
    half = canvas.by_level((8, 26.0), (11, 30.0), (14, 34.0), (18, 36.0)) * there
    canvas.ellipse(
        middle - 4.0,
        (front + ahead) / 2.0 - 4.0,
        half,
        (ahead - front) / 2.0 + 8.0,
        Tissue.INTERMUSCULAR_FAT,
        (*_LUNG, Tissue.MUSCLE),
        boxy=True,
    )
    _mottle(canvas, middle, front, seed)
    # Muscle and fat beside the bodies.
    canvas.ellipse(
        middle, body, (half_width + 4.0) * beside, (front - body + 3.0), Tissue.INTERMUSCULAR_FAT, _LUNG
    )
    gullet = canvas.by_level((5.6, 0.0), (6.4, 4.2), (9, 5.0), (18, 6.0), (19.4, 0.0))
    shift = canvas.by_level((6, 0.0), (12, -2.0), (15, 2.0), (18.5, -14.0))
    gap = canvas.by_level((6, 5.5), (10, 6.5), (14, 11.0), (18.5, 26.0))
    canvas.ellipse(middle + shift, front + gap, gullet * 1.6, gullet, Tissue.MUSCLE)
    pipe = canvas.by_level((5.9, 0.0), (6.2, 7.5), (11.4, 8.2), (12.0, 7.0), (12.2, 0.0))
    canvas.ellipse(
        middle + 1.0, front + gap + 14.0, (pipe + 1.6) * (pipe > 0), (pipe + 1.6) * (pipe > 0), Tissue.FASCIA
    )
    canvas.ellipse(middle + 1.0, front + gap + 14.0, pipe, pipe, Tissue.AIR)
    bronchus = canvas.by_level((11.9, 0.0), (12.1, 6.5), (13.4, 5.5), (13.5, 0.0))
    spread = canvas.by_level((11.9, 5.0), (13.5, 30.0))
    canvas.pair(spread, front + 24.0, bronchus, bronchus, Tissue.AIR)


def _mottle(canvas: TissueCanvas, middle: Floats, front: Floats, seed: int) -> None:
    """Vessels, nodes and thymus among the fat of the mediastinum: patches of smooth noise."""
    rows = (canvas.level > 7.5) & (canvas.level < 16.0)
    if not rows.any():
        return
    part = canvas.part(
        (float(middle[rows].min()) - 45.0, float(middle[rows].max()) + 45.0),
        (float(front[rows].min()), 1e4),
        rows,
    )
    if part is not None:
        patches = canvas.noise(seed + 31, (8.0, 8.0, 12.0), part)
        least = canvas.by_level((7.5, 2.5), (9.5, 0.25), (14.5, 0.25), (16.0, 2.5))[part.index[2]]
        canvas.paint(part, patches > least.astype(np.float32), Tissue.MUSCLE, (Tissue.INTERMUSCULAR_FAT,))
        canvas.paint(part, patches > least.astype(np.float32) + 0.9, Tissue.BLOOD_VESSEL, (Tissue.MUSCLE,))


def _paint_heart(canvas: TissueCanvas, middle: Floats, front: Floats) -> None:
    heart = canvas.by_level((12.4, 0.0), (13.2, 34.0), (14.5, 46.0), (16.0, 42.0), (17.2, 0.0))
    canvas.ellipse(middle - 22.0, front + 62.0, heart * 1.2, heart, Tissue.MUSCLE, _INSIDE)
    for aside_mm, ahead_mm, share in ((-42.0, 62.0, 0.5), (8.0, 66.0, 0.5), (-14.0, 34.0, 0.42)):
        chamber = heart * share - 3.0
        canvas.ellipse(
            middle + aside_mm, front + ahead_mm, chamber * 1.1, chamber, Tissue.BLOOD_VESSEL, (Tissue.MUSCLE,)
        )
    arch = canvas.by_level((10.2, 0.0), (10.7, 10.0), (11.7, 12.0), (12.0, 0.0))
    canvas.ellipse(middle - 16.0, front + 22.0, arch, arch * 2.2, Tissue.BLOOD_VESSEL)
    pulmonary = canvas.by_level((11.9, 0.0), (12.4, 10.0), (13.3, 11.0), (13.8, 0.0))
    canvas.ellipse(middle - 6.0, front + 40.0, pulmonary * 2.6, pulmonary, Tissue.BLOOD_VESSEL)
    ascending = canvas.by_level((11.0, 0.0), (11.5, 13.0), (14.0, 13.0), (14.3, 0.0))
    canvas.ellipse(middle + 12.0, front + 62.0, ascending, ascending, Tissue.BLOOD_VESSEL)
    # The descending aorta lies on the left of the bodies, and comes to the middle at the diaphragm.
    aside = canvas.by_level((11, -26.0), (15, -22.0), (18.3, -8.0), (19, -6.0))
    ahead = canvas.by_level((11, 2.0), (15, 3.0), (19, 12.0))
    size = canvas.by_level((11.2, 0.0), (11.6, 11.0), (18.7, 10.5), (19.2, 0.0))
    canvas.ellipse(middle + aside, front + ahead, size, size, Tissue.BLOOD_VESSEL)
    azygos = canvas.by_level((11.5, 0.0), (12, 3.4), (19, 2.4), (19.5, 0.0))
    canvas.ellipse(middle + 7.0, front + 4.0, azygos, azygos, Tissue.BLOOD_VESSEL)
