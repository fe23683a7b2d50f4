"""How high a vertebral body usually is, by level: what heights of different levels are compared through."""

from collections.abc import Mapping

from spinemets.anatomy import Level

# Means of the posterior height in mm: Panjabi et al. 1991 (Spine 16:861, C3 to C7; 16:888, T1 to T12) and
# 1992 (Spine 17:299, L1 to L5). Only their proportions are used; a person's own bodies give the size.
_POSTERIOR_MM: Mapping[Level, float] = {
    Level.C3: 11.6,
    Level.C4: 11.4,
    Level.C5: 11.4,
    Level.C6: 10.9,
    Level.C7: 12.8,
    Level.T1: 14.1,
    Level.T2: 15.6,
    Level.T3: 15.7,
    Level.T4: 16.2,
    Level.T5: 16.2,
    Level.T6: 17.4,
    Level.T7: 18.2,
    Level.T8: 18.7,
    Level.T9: 19.3,
    Level.T10: 20.2,
    Level.T11: 21.3,
    Level.T12: 22.7,
    # Between its neighbours.
    Level.T13: 23.2,
    Level.L1: 23.8,
    Level.L2: 24.3,
    Level.L3: 23.8,
    Level.L4: 24.1,
    Level.L5: 22.9,
    Level.L6: 22.9,
}


def usual_height_mm(level: Level) -> float | None:
    """Mean height of a body; None where it has no two end plates (C1, C2) or is fused (sacrum)."""
    return _POSTERIOR_MM.get(level)
