"""What lies in front of the lower spine: psoas, great vessels, kidneys, liver, bowel and fat."""

import numpy as np
import numpy.typing as npt

from spinemets.phantom.tissue import Tissue
from spinemets.phantom.tissue_canvas import TissueCanvas
from spinemets.phantom.trunk import Outline

Floats = npt.NDArray[np.float64]

_WALL_MM = 12.0
# Fat of the cavity has a code of its own, apart from that below the skin.
_INSIDE = (Tissue.INTERMUSCULAR_FAT, Tissue.BOWEL, Tissue.VISCERA, Tissue.LUNG)


def paint_abdomen(canvas: TissueCanvas, outline: Outline, seed: int) -> None:
    """Paints the cavity below the diaphragm, from T10 down, in place.

    Profiles are by level coordinate (L1 = 20), from atlases of body sections: plausible, not measured.
    """
    plan = canvas.plan
    middle, body, front = (canvas.line(each) for each in (plan.middle_mm, plan.body_mm, plan.front_mm))
    here = canvas.by_level((12.7, 0.0), (12.9, 0.3), (13.4, 0.55), (14.4, 0.85), (16.0, 1.0))
    cavity_back = body + canvas.by_level(
        (14, 20.0), (16, 6.0), (20, -10.0), (24, -4.0), (26, 4.0), (29, 14.0)
    )
    cavity_front = outline.front_mm - outline.fat_mm - 9.0
    half = (outline.half_width_mm - outline.fat_mm - _WALL_MM) * here
    canvas.ellipse(
        middle,
        (cavity_back + cavity_front) / 2,
        half,
        (cavity_front - cavity_back) / 2 * here,
        Tissue.INTERMUSCULAR_FAT,
        boxy=True,
    )
    _paint_bowel(canvas, middle, front, seed)
    _paint_organs(canvas, middle, body, front)


def paint_beside_spine(canvas: TissueCanvas) -> None:
    """Psoas, aorta, vena cava and the crura of the diaphragm, in place over the cavities."""
    plan = canvas.plan
    middle, body, front = (canvas.line(each) for each in (plan.middle_mm, plan.body_mm, plan.front_mm))
    half_width = canvas.line(plan.half_width_mm)
    _paint_psoas(canvas, middle, body, half_width)
    _paint_vessels(canvas, middle, front, half_width)


def _paint_bowel(canvas: TissueCanvas, middle: Floats, front: Floats, seed: int) -> None:
    """Loops where smooth noise is high, at a distance in front of the spine; gas in some of them."""
    rows = canvas.level > 16.5
    part = canvas.part((-1e4, 1e4), (float(front[rows].min()) if rows.any() else 0.0, 1e4), rows)
    if part is None:
        return
    gap = canvas.by_level((18, 60.0), (20, 38.0), (23, 30.0), (25, 26.0), (28, 18.0))[part.index[2]]
    loops = canvas.noise(seed + 11, (13.0, 12.0, 14.0), part)
    ahead = canvas.y[part.index] - (front[part.index[2]] + gap).astype(np.float32)
    fat = canvas.codes[part.index] == Tissue.INTERMUSCULAR_FAT
    fewest = canvas.by_level((16.0, 3.0), (18.0, 0.6), (19.5, -0.05))[part.index[2]]
    loops_here = fat & (ahead > -9.0 * loops) & (loops > fewest.astype(np.float32))
    canvas.paint(part, loops_here, Tissue.BOWEL)
    canvas.paint(part, loops_here & (np.abs(loops) < 0.12), Tissue.VISCERA)
    gas = loops_here & (loops > 1.25)
    canvas.paint(part, gas, Tissue.AIR)


def _paint_organs(canvas: TissueCanvas, middle: Floats, body: Floats, front: Floats) -> None:
    liver = canvas.by_level((13.6, 0.0), (14.6, 48.0), (16, 68.0), (19, 75.0), (21, 55.0), (22.3, 0.0))
    canvas.ellipse(middle + 72.0, front + 35.0, liver, liver * 0.95, Tissue.VISCERA, _INSIDE)
    left_lobe = canvas.by_level((14.2, 0.0), (15.4, 30.0), (18, 42.0), (20.5, 0.0))
    canvas.ellipse(middle + 8.0, front + 70.0, left_lobe * 1.4, left_lobe * 0.8, Tissue.VISCERA, _INSIDE)
    spleen = canvas.by_level((16.4, 0.0), (17.4, 30.0), (19, 30.0), (20.2, 0.0))
    canvas.ellipse(middle - 105.0, body + 12.0, spleen * 0.7, spleen * 1.5, Tissue.VISCERA, _INSIDE)
    for side, shift in ((1.0, 0.4), (-1.0, 0.0)):
        size = canvas.by_level(
            (18.6 + shift, 0.0),
            (19.3 + shift, 22.0),
            (20.5 + shift, 27.0),
            (21.8 + shift, 22.0),
            (22.4 + shift, 0.0),
        )
        canvas.ellipse(
            middle + side * 66.0, body + 2.0, size, size * 0.95, Tissue.VISCERA, (*_INSIDE, Tissue.MUSCLE)
        )
        canvas.ellipse(
            middle + side * 58.0,
            body + 7.0,
            size * 0.42 - 3.0,
            size * 0.35 - 2.0,
            Tissue.INTERMUSCULAR_FAT,
            (Tissue.VISCERA,),
        )
    pancreas = canvas.by_level((19.4, 0.0), (19.9, 9.0), (20.8, 10.0), (21.3, 0.0))
    canvas.ellipse(middle - 5.0, front + 36.0, pancreas * 4.5, pancreas, Tissue.VISCERA, _INSIDE)
    bladder = canvas.by_level((28.0, 0.0), (29.5, 28.0), (34, 32.0), (37, 0.0))
    canvas.ellipse(middle, front + 75.0, bladder * 1.2, bladder, Tissue.BOWEL, _INSIDE)


def _paint_psoas(canvas: TissueCanvas, middle: Floats, body: Floats, half_width: Floats) -> None:
    size = canvas.by_level((19.2, 0.0), (20.5, 8.0), (22, 15.0), (24, 21.0), (26, 20.0), (29, 17.0))
    aside = half_width * canvas.by_level((19, 0.9), (24, 1.0), (29, 1.3)) + size * 0.8
    forward = canvas.by_level((19, -3.0), (22, -2.0), (24, 4.0), (26, 22.0), (29, 58.0))
    canvas.pair(aside, body + forward, size * 0.95, size * 1.2, Tissue.MUSCLE)
    lumborum = canvas.by_level((19.4, 0.0), (20.2, 6.0), (22, 9.0), (24, 9.0), (24.6, 0.0))
    canvas.pair(
        half_width + canvas.by_level((20, 24.0), (24, 42.0)),
        body - 26.0,
        lumborum * 2.3,
        lumborum,
        Tissue.MUSCLE,
    )


def _paint_vessels(canvas: TissueCanvas, middle: Floats, front: Floats, half_width: Floats) -> None:
    # The aorta divides before L4 and the cava begins before L5.
    split = np.clip((canvas.level - 23.2) / 2.2, 0.0, 1.0)
    aorta = canvas.by_level((8, 10.5), (19, 10.5), (23.2, 8.5), (23.6, 6.5), (26, 5.5), (29, 4.0))
    ahead = front + canvas.by_level((16, 8.0), (19, 13.0), (23, 12.0), (26, 10.0), (29, 26.0))
    # Above, the thoracic aorta comes from the left to the same place.
    low = canvas.by_level((17.9, 0.0), (18.5, 1.0))
    for aside in (-6.0 - 26.0 * split, -6.0 + 34.0 * split):
        wall = (aorta + 1.2) * low
        canvas.ellipse(middle + aside, ahead, wall, wall, Tissue.FASCIA)
        canvas.ellipse(middle + aside, ahead, aorta * low, aorta * low, Tissue.BLOOD_VESSEL)
    cava = canvas.by_level((16.5, 0.0), (17, 11.0), (24, 10.5), (25.5, 7.0), (29, 5.0)) * (
        canvas.level > 16.8
    )
    for aside in (20.0 + 12.0 * split, 20.0 - 46.0 * split):
        canvas.ellipse(middle + aside, ahead - 2.0, cava, cava * 0.78, Tissue.BLOOD_VESSEL)
    crus = canvas.by_level((18, 0.0), (18.6, 3.4), (20.5, 3.2), (21.6, 0.0))
    canvas.pair(half_width * 0.62, front - 1.0, crus * 1.8, crus, Tissue.MUSCLE, _INSIDE)
