"""Atlas and axis as bars: the ring of C1, the dens and the arch of C2."""

from spinemets.anatomy import Element, Level
from spinemets.phantom.arch_shape import ArchPlan, cervical_bars
from spinemets.phantom.bar import Bar, mirrored


def axis_bars(plan: ArchPlan) -> tuple[Bar, ...]:
    """C2: the arch of a cervical vertebra with a stout spinous process, and lateral masses towards C1."""
    v = plan.vertebra
    mass = Bar(
        Element.RIGHT_FACET,
        (v.width_mm * 0.45, plan.wall + 6.0, 0.0),
        (14.0, plan.wall + 4.0, plan.height + 1.0),
        (1, 0, 0),
        (5.0, 6.0),
        (7.5, 6.5),
    )
    stout = Bar(
        Element.SPINOUS_PROCESS,
        (0.0, plan.back - 3.0, -2.0),
        (0.0, plan.wall - v.spinous_length_mm + 5.0, -8.0),
        (1, 0, 0),
        (3.5, 7.0),
        (5.0, 5.0),
    )
    return mirrored((mass,)) + cervical_bars(plan)[:-1] + (stout,)


def dens_bar(plan: ArchPlan) -> Bar:
    """The dens, part of C2's body."""
    y = plan.wall + 6.0
    return Bar(
        Element.BODY,
        (0.0, y, plan.height - 3.0),
        (0.0, y - 0.5, plan.height + 12.0),
        (1, 0, 0),
        (5.2, 5.5),
        (4.6, 5.0),
    )


def atlas_bars(plan: ArchPlan) -> tuple[Bar, ...]:
    """C1: anterior arch, lateral masses, transverse processes and posterior arch; it has no body."""
    v = plan.vertebra
    assert v.level is Level.C1
    front, side = v.depth_mm / 2.0 + 1.0, v.canal_width_mm / 2.0 + 5.0
    back = plan.back - 4.0
    right = (
        Bar(
            Element.RIGHT_LAMINA,
            (0.0, front, 0.0),
            (side - 3.0, front - 7.0, 0.0),
            (0, 0, 1),
            (5.5, 2.8),
            (5.0, 3.2),
        ),
        Bar(
            Element.RIGHT_FACET,
            (side - 1.0, front - 7.0, 0.0),
            (side, front - 17.0, 1.0),
            (0, 0, 1),
            (7.0, 6.0),
            (7.0, 6.0),
        ),
        Bar(
            Element.RIGHT_TRANSVERSE_PROCESS,
            (side, front - 12.0, -1.0),
            (v.transverse_span_mm / 2.0 - 3.0, front - 15.0, -1.0),
            (0, 0, 1),
            (4.0, 4.0),
            (3.5, 3.5),
        ),
        Bar(
            Element.RIGHT_LAMINA,
            (side, front - 18.0, 1.0),
            (side * 0.6, back + 5.0, 0.0),
            (0, 0, 1),
            (3.2, 2.6),
            (3.6, 2.8),
        ),
        Bar(
            Element.RIGHT_LAMINA,
            (side * 0.6, back + 5.0, 0.0),
            (0.0, back, 0.0),
            (0, 0, 1),
            (3.6, 2.8),
            (4.5, 3.2),
        ),
    )
    return mirrored(right)
