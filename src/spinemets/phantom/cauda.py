"""The roots of the cauda equina: their courses through the sac of a supine patient."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.phantom.canal_curve import CanalCurve
from spinemets.phantom.grid_box import FloatArray

Floats = npt.NDArray[np.float64]

# Roots of L2 to S4 on each side; ventral and dorsal ones run together. A bundle is about 1.5 mm thick.
_ROOTS_PER_SIDE = 8
_ROOT_RADIUS_MM = 0.58
# In a supine patient the roots sink to the dorsal wall, the lowest in the middle (Wall et al. 1990, Spine
# 15:1244).
_DORSAL_SHARE = (0.5, 0.92)
_LATERAL_SHARE = 0.8
# A root leaves the bundle and runs to its foramen over this length; the first leaves soon below the conus.
_LEAVING_MM = 28.0
_FIRST_EXIT_MM, _LAST_EXIT_MM = 35.0, 175.0
_WAVE_MM = 45.0


@dataclass(frozen=True, slots=True, eq=False)
class CaudaEquina:
    """Centres of the roots in each section, in mm to the right and to the front of the sac's centre.

    Args:
        centre_mm: (sections, roots, 2); NaN where a root is absent.
        radius_mm: Of a root.
    """

    centre_mm: Floats
    radius_mm: float

    def is_root(self, index: npt.NDArray[np.intp], across_mm: FloatArray) -> npt.NDArray[np.bool_]:
        """Which points lie in a root.

        Args:
            index: Section of each point, (points,).
            across_mm: To the right and to the front of the section's centre, (points, 2).
        """
        found = np.zeros(len(index), dtype=bool)
        centre = self.centre_mm.astype(np.float32)
        for root in range(centre.shape[1]):
            here = centre[index, root]
            gap = across_mm - here
            # Comparisons with NaN are False: an absent root contains nothing.
            found |= gap[:, 0] ** 2 + gap[:, 1] ** 2 < self.radius_mm**2
        return found


def cauda_equina(curve: CanalCurve, has_cord: npt.NDArray[np.bool_], rng: np.random.Generator) -> CaudaEquina:
    """Courses of the roots through the sections of a canal.

    Args:
        curve: Sections, head to feet.
        has_cord: Whether a section has cord; roots surround its end and go on below.
        rng: Source of randomness.
    """
    count = len(curve.levels)
    conus = int(np.flatnonzero(has_cord)[-1]) if has_cord.any() else -60
    below = (np.arange(count) - conus) * curve.step_mm
    sac = curve.sac_half_mm
    courses = []
    for side in (1.0, -1.0):
        exits = np.linspace(_FIRST_EXIT_MM, _LAST_EXIT_MM, _ROOTS_PER_SIDE) + rng.normal(
            0.0, 4.0, _ROOTS_PER_SIDE
        )
        for root, exit_mm in enumerate(exits):
            courses.append(_course(root, side, float(exit_mm), np.asarray(below, dtype=np.float64), sac, rng))
    return CaudaEquina(np.stack(courses, axis=1), _ROOT_RADIUS_MM)


def _course(
    root: int, side: float, exit_mm: float, below: Floats, sac: Floats, rng: np.random.Generator
) -> Floats:
    """One root: dorsal, those that leave later nearer the middle, then lateral and to the front."""
    outwards = 1.0 - root / _ROOTS_PER_SIDE
    lateral = _LATERAL_SHARE * outwards + float(rng.normal(0.0, 0.05))
    dorsal = float(rng.uniform(*_DORSAL_SHARE)) * np.sqrt(max(1.0 - lateral**2, 0.1))
    sway = 0.07 * np.sin(2 * np.pi * (below / _WAVE_MM + float(rng.uniform())))
    # Just below the conus the roots surround it; they sink to the back within some centimetres.
    sunk = np.clip((below + 25.0) / 60.0, 0.0, 1.0)
    leaving = np.clip((below - exit_mm + _LEAVING_MM) / _LEAVING_MM, 0.0, 1.0)
    right = lateral * (1.0 - leaving) + 0.86 * leaving + sway
    front = -(0.25 + (dorsal - 0.25) * sunk) * (1.0 - leaving) + 0.05 * leaving + 0.5 * sway
    present = (below > -32.0) & (below < exit_mm) & (sac[:, 0] > 2.0)
    course = np.column_stack([side * right * sac[:, 0], front * sac[:, 1]])
    course[~present] = np.nan
    return course
