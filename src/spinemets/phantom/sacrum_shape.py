"""Wings and arches of the sacrum as bars in its vertebrae's frames."""

from spinemets.anatomy import Element, Level
from spinemets.phantom.arch_shape import ArchPlan
from spinemets.phantom.bar import Bar, mirrored

# Half height and half depth of the lateral mass by level, in mm (anatomy texts).
_WING_HALF = {
    Level.S1: (14.0, 14.0),
    Level.S2: (13.0, 11.0),
    Level.S3: (11.5, 8.0),
    Level.S4: (9.5, 5.5),
    Level.S5: (6.0, 4.0),
}


def sacral_bars(plan: ArchPlan) -> tuple[Bar, ...]:
    """Lateral mass, laminae and median crest of a sacral level; the canal opens below S3 (hiatus)."""
    v = plan.vertebra
    high, deep = _WING_HALF[v.level]
    x, tip = v.width_mm / 2.0, v.transverse_span_mm / 2.0 - 0.7 * deep
    wing = Bar(
        Element.RIGHT_TRANSVERSE_PROCESS,
        (x * 0.55, plan.wall + 0.30 * v.depth_mm, 0.0),
        (max(tip, x), plan.depth(0.5), -1.0),
        (0, 0, 1),
        (high, deep * 0.8),
        (high, deep),
    )
    pedicle = Bar(
        Element.RIGHT_PEDICLE,
        (x * 0.8, plan.wall + 2.0, 2.0),
        (v.canal_width_mm / 2 + 5.0, plan.depth(0.9), 0.0),
        (0, 0, 1),
        (0.75 * v.pedicle_height_mm, 5.5),
        (0.8 * plan.height, 4.5),
    )
    lamina = Bar(
        Element.RIGHT_LAMINA,
        (v.canal_width_mm / 2 + 4.0, plan.depth(0.95), 0.0),
        (0.5, plan.back - 2.0, -1.0),
        (0, 0, 1),
        (0.8 * plan.height, 3.0),
        (0.75 * plan.height, 2.6),
    )
    closed = v.level in (Level.S1, Level.S2, Level.S3)
    right = (wing, pedicle, lamina) if closed else (wing,)
    crest = Bar(
        Element.SPINOUS_PROCESS,
        (0.0, plan.back - 2.0, -1.0),
        (0.0, plan.wall - v.spinous_length_mm, -0.3 * plan.height),
        (1, 0, 0),
        (3.0, 6.0),
        (2.5, 4.0),
    )
    return mirrored(right) + ((crest,) if closed else ())
