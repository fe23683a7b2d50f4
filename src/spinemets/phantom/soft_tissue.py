"""The body around the spine on any grid, without the spine."""

from collections.abc import Mapping

from spinemets.anatomy import Level
from spinemets.phantom.abdomen import paint_abdomen, paint_beside_spine
from spinemets.phantom.arch_shape import ArchPlan
from spinemets.phantom.body_plan import BodyPlan
from spinemets.phantom.digital import Codes, VertebraFrame
from spinemets.phantom.grid_box import GridBox
from spinemets.phantom.neck import paint_head, paint_neck
from spinemets.phantom.rib_paint import paint_ribs
from spinemets.phantom.spec import SpineSpec
from spinemets.phantom.thorax import paint_thorax
from spinemets.phantom.tissue_canvas import TissueCanvas
from spinemets.phantom.trunk import outline_of, paint_back_muscles, paint_envelope


def soft_tissue(
    grid: GridBox,
    spec: SpineSpec,
    plan: BodyPlan,
    plans: Mapping[Level, ArchPlan],
    frames: Mapping[Level, VertebraFrame],
) -> Codes:
    """Tissue codes of a grid: the body as it is without vertebrae, discs and canal.

    Borders are fixed in the world by the specification's seed, so that two grids of one person agree.
    """
    canvas = TissueCanvas(grid, plan, spec.seed)
    outline = outline_of(canvas, spec.habitus)
    paint_envelope(canvas, outline)
    paint_abdomen(canvas, outline, spec.seed)
    paint_thorax(canvas, outline, spec.seed)
    paint_beside_spine(canvas)
    paint_neck(canvas, outline, spec.seed)
    paint_back_muscles(canvas, outline, spec.habitus, spec.seed)
    paint_head(canvas, outline)
    paint_ribs(canvas.codes, grid, plans, frames)
    return canvas.codes
