"""The posterior elements of each level as bars in the vertebra's frame."""

from dataclasses import dataclass
from math import cos, radians, sin

from spinemets.anatomy import Element, Level, Region
from spinemets.phantom.bar import Bar, mirrored
from spinemets.phantom.body_shape import posterior_wall_mm
from spinemets.phantom.spec import VertebraSpec

# Slope of the spinous processes below the horizontal (texts; Panjabi et al. 1991, 1992, drawings).
_SPINOUS_SLOPE_DEG = {
    Level.C2: 20.0, Level.C3: 22.0, Level.C4: 22.0, Level.C5: 24.0, Level.C6: 24.0, Level.C7: 22.0,
    Level.T1: 26.0, Level.T2: 34.0, Level.T3: 42.0, Level.T4: 50.0, Level.T5: 56.0, Level.T6: 60.0,
    Level.T7: 60.0, Level.T8: 58.0, Level.T9: 50.0, Level.T10: 40.0, Level.T11: 28.0, Level.T12: 16.0,
    Level.T13: 14.0, Level.L1: 10.0, Level.L2: 9.0, Level.L3: 9.0, Level.L4: 8.0, Level.L5: 12.0,
    Level.L6: 12.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ArchPlan:
    """The places that a vertebra's arch is hung on, in its frame (mm).

    Args:
        vertebra: Whose arch.
        wall: Anterior coordinate of the posterior wall of the body.
        back: Anterior coordinate of the canal's dorsal border.
        height: Half height of the body at its posterior wall.
        above, below: Height of the disc spaces at the posterior wall.
    """

    vertebra: VertebraSpec
    wall: float
    back: float
    height: float
    above: float
    below: float

    @classmethod
    def of(cls, vertebra: VertebraSpec, above_mm: float, below_mm: float) -> "ArchPlan":
        """The plan of a vertebra between disc spaces of the given posterior heights."""
        wall = posterior_wall_mm(vertebra)
        half = vertebra.posterior_height_mm / 2.0
        return cls(vertebra, wall, wall - vertebra.canal_depth_mm, half, above_mm, below_mm)

    def depth(self, share: float) -> float:
        """Anterior coordinate at a share of the canal's depth behind the posterior wall."""
        return self.wall - share * self.vertebra.canal_depth_mm


def arch_bars(plan: ArchPlan) -> tuple[Bar, ...]:
    """The bars of a vertebra's posterior elements, right and left."""
    level = plan.vertebra.level
    if level in (Level.C1, Level.C2):
        return ()
    if level.region is Region.LUMBAR:
        return lumbar_bars(plan)
    if level.region is Region.THORACIC:
        return thoracic_bars(plan)
    return cervical_bars(plan) if level.region is Region.CERVICAL else ()


def lumbar_bars(plan: ArchPlan) -> tuple[Bar, ...]:
    """Stout pedicles, sagittal facets, hatchet-shaped spinous process, slender transverse processes."""
    v = plan.vertebra
    half_width, half_height = v.pedicle_width_mm / 2.0, v.pedicle_height_mm / 2.0
    x = v.canal_width_mm / 2.0 + half_width - 0.5
    z = plan.height - half_height - 1.0
    size = plan.height / 13.0
    right = (
        Bar(
            Element.RIGHT_PEDICLE,
            (x, plan.wall + 5.0, z),
            (x, plan.depth(0.6), z),
            (1, 0, 0),
            (half_width, half_height),
            (half_width, half_height * 0.9),
        ),
        Bar(
            Element.RIGHT_TRANSVERSE_PROCESS,
            (x + 2.0, plan.depth(0.4), z - 1.0),
            (v.transverse_span_mm / 2.0 - 3.0, plan.depth(0.85), z + 1.0),
            (0, 0, 1),
            (5.5, 4.0),
            (4.5, 2.8),
        ),
        *_lumbar_facets(plan, x, z, size),
    )
    base, tip = (3.0, 7.0 * size), (4.2, 9.0 * size)
    return mirrored(right) + _spinous(plan, plan.back - 5.0, -0.55 * plan.height, base, tip)


def _lumbar_facets(plan: ArchPlan, x: float, z: float, size: float) -> tuple[Bar, ...]:
    """Articular processes of the right, their isthmus and the lamina; ``x``, ``z``: the pedicle."""
    inner = 0.5 * plan.vertebra.canal_width_mm
    up, down = plan.height + plan.above, plan.height + plan.below
    return (
        Bar(
            Element.RIGHT_FACET,
            (x + 1.0, plan.depth(0.62), z),
            (inner + 6.5, plan.depth(0.9), up + 3.5),
            (0.6, -0.8, 0),
            (6.4, 5.2),
            (7.4, 4.4),
        ),
        Bar(
            Element.RIGHT_LAMINA,
            (x, plan.depth(0.66), z),
            (inner + 1.0, plan.back - 3.5, -0.4 * plan.height),
            (1, -0.5, 0),
            (6.0, 4.6),
            (6.0, 4.6),
        ),
        Bar(
            Element.RIGHT_FACET,
            (inner + 0.5, plan.back - 3.0, -0.3 * plan.height),
            (inner + 0.5, plan.back - 3.5, -down - 4.5),
            (0.6, -0.8, 0),
            (5.4, 5.0),
            (6.8, 4.4),
        ),
        Bar(
            Element.RIGHT_LAMINA,
            (inner, plan.back - 2.5, -0.35 * plan.height),
            (1.0, plan.back - 6.0, -0.5 * plan.height),
            (0, -0.3, -1),
            (9.0 * size, 3.2),
            (9.0 * size, 3.6),
        ),
    )


def thoracic_bars(plan: ArchPlan) -> tuple[Bar, ...]:
    """High pedicles, coronal facets, broad overlapping laminae, long steep spinous process."""
    v = plan.vertebra
    half_width, half_height = v.pedicle_width_mm / 2.0, v.pedicle_height_mm / 2.0
    x = v.canal_width_mm / 2.0 + half_width - 0.5
    z = plan.height - half_height
    facet = 0.5 * v.canal_width_mm + 1.5
    up, down = plan.height + plan.above, plan.height + plan.below
    right = (
        Bar(
            Element.RIGHT_PEDICLE,
            (x, plan.wall + 4.0, z),
            (x + 0.5, plan.depth(0.75), z),
            (1, 0, 0),
            (half_width, half_height),
            (half_width + 0.5, half_height * 0.9),
        ),
        Bar(
            Element.RIGHT_FACET,
            (facet + 1.0, plan.depth(0.85), z),
            (facet, plan.depth(1.0), up + 3.5),
            (1, 0, 0),
            (5.0, 3.0),
            (4.2, 2.2),
        ),
        Bar(
            Element.RIGHT_LAMINA,
            (facet + 0.5, plan.back - 0.5, z * 0.6),
            (0.5, plan.back - 3.5, -0.2 * plan.height),
            (0, -0.25, -1),
            (8.0, 2.6),
            (9.5, 3.0),
        ),
        Bar(
            Element.RIGHT_FACET,
            (facet - 0.5, plan.back - 2.5, -0.3 * plan.height),
            (facet - 1.0, plan.back - 3.0, -down - 3.0),
            (1, 0, 0),
            (4.5, 2.8),
            (4.0, 2.4),
        ),
        Bar(
            Element.RIGHT_TRANSVERSE_PROCESS,
            (x + 1.0, plan.depth(0.75), z),
            (v.transverse_span_mm / 2.0 - 4.5, plan.back - 9.0, z + 2.5),
            (0, 0, 1),
            (5.5, 4.5),
            (5.0, 4.8),
        ),
    )
    return mirrored(right) + _spinous(plan, plan.back - 3.0, -0.2 * plan.height, (2.8, 6.0), (2.6, 4.0))


def cervical_bars(plan: ArchPlan) -> tuple[Bar, ...]:
    """Short pedicles, sloping articular pillars, open transverse processes, short spinous process."""
    v = plan.vertebra
    half_width, half_height = v.pedicle_width_mm / 2.0, v.pedicle_height_mm / 2.0
    pillar = v.canal_width_mm / 2.0 + 5.0
    front = v.width_mm / 2.0
    up, down = plan.height + plan.above, plan.height + plan.below
    tip = v.transverse_span_mm / 2.0 - 2.5
    right = (
        Bar(
            Element.RIGHT_PEDICLE,
            (front * 0.75, plan.wall + 3.0, 1.0),
            (pillar, plan.depth(0.45), 1.0),
            (0, 0, 1),
            (half_height, half_width),
            (half_height, half_width),
        ),
        Bar(
            Element.RIGHT_FACET,
            (pillar, plan.depth(0.35), up * 0.8),
            (pillar, plan.depth(0.75), -down * 0.85),
            (1, 0, 0),
            (5.2, 4.4),
            (5.2, 4.4),
        ),
        Bar(
            Element.RIGHT_LAMINA,
            (pillar - 2.0, plan.depth(0.75), -1.0),
            (0.5, plan.back - 2.0, -0.2 * plan.height),
            (0, -0.3, -1),
            (5.5, 2.2),
            (5.5, 2.6),
        ),
        Bar(
            Element.RIGHT_TRANSVERSE_PROCESS,
            (front * 0.85, plan.wall + 6.0, 0.0),
            (tip, plan.wall + 1.0, -2.0),
            (0, 0, 1),
            (3.0, 1.8),
            (3.0, 2.2),
        ),
        Bar(
            Element.RIGHT_TRANSVERSE_PROCESS,
            (pillar, plan.depth(0.4), -0.5),
            (tip, plan.wall + 0.5, -2.0),
            (0, 0, 1),
            (3.0, 1.8),
            (3.0, 2.2),
        ),
    )
    bars = mirrored(right)
    tip_half = (2.6, 4.0) if v.level is Level.C7 else (4.2, 3.2)
    return bars + _spinous(plan, plan.back - 2.0, -0.2 * plan.height, (2.2, 4.6), tip_half)


def _spinous(
    plan: ArchPlan, base: float, rise: float, half_base: tuple[float, float], half_tip: tuple[float, float]
) -> tuple[Bar, ...]:
    slope = radians(_SPINOUS_SLOPE_DEG[plan.vertebra.level])
    length = plan.vertebra.spinous_length_mm - (plan.wall - base) - half_tip[1] * 0.5
    tip = (0.0, base - length * cos(slope), rise - length * sin(slope))
    return (Bar(Element.SPINOUS_PROCESS, (0.0, base, rise), tip, (1, 0, 0), half_base, half_tip),)
