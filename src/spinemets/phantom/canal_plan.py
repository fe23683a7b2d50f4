"""All that the painting of a canal needs, for the part of it that lies in a box."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from spinemets.anatomy import Level, Region
from spinemets.phantom.arch_shape import ArchPlan
from spinemets.phantom.canal_curve import CanalCurve
from spinemets.phantom.canal_paint import DorsalRoof
from spinemets.phantom.canal_sections import canal_sections
from spinemets.phantom.cauda import CaudaEquina, cauda_equina
from spinemets.phantom.digital import CanalSection, VertebraFrame
from spinemets.phantom.spec import SpineSpec

Floats = npt.NDArray[np.float64]

# Between two laminae the roof is this much higher than under them: the dorsal fat pads (our readings).
_PAD_MM = {Region.CERVICAL: 0.8, Region.THORACIC: 1.2, Region.LUMBAR: 3.2, Region.SACRAL: 0.5}
_SMOOTHING_SECTIONS = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class CanalPlan:
    """A run of sections with what lies around and in the sac at each."""

    sections: tuple[CanalSection, ...]
    roof: DorsalRoof
    cauda: CaudaEquina


def canal_plan(
    spec: SpineSpec,
    frames: Mapping[Level, VertebraFrame],
    plans: Mapping[Level, ArchPlan],
    box_ras_mm: tuple[Floats, Floats],
    rng: np.random.Generator,
) -> CanalPlan:
    """The canal within a box of the world; the roots are those of the whole canal.

    Args:
        spec: The spine.
        frames: Every vertebra.
        plans: Their arches.
        box_ras_mm: Smallest and largest corner.
        rng: Draws the courses of the roots.
    """
    sections = canal_sections(spec, frames)
    curve = CanalCurve.of(sections)
    has_cord = np.array([each.cord_half_depth_mm > 0 for each in sections])
    cauda = cauda_equina(curve, has_cord, rng)
    roof = _roof(curve, frames, plans)
    inside = ((curve.centre_ras_mm >= box_ras_mm[0]) & (curve.centre_ras_mm <= box_ras_mm[1])).all(axis=1)
    seen = np.flatnonzero(inside)
    run = slice(int(seen[0]), int(seen[-1]) + 1) if len(seen) else slice(0, 0)
    return CanalPlan(
        sections[run],
        DorsalRoof(roof.depth_mm[run], roof.half_width_mm[run]),
        CaudaEquina(cauda.centre_mm[run], cauda.radius_mm),
    )


def _roof(
    curve: CanalCurve, frames: Mapping[Level, VertebraFrame], plans: Mapping[Level, ArchPlan]
) -> DorsalRoof:
    """Depth of the roof behind the centre line: at the laminae as the bony canal, higher between them."""
    places, depths, widths = [], [], []
    for level, frame in frames.items():
        plan = plans[level]
        pad = _PAD_MM[level.region]
        for height, more in ((-0.35 * plan.height, 0.0), (-plan.height - plan.below * 0.6, pad)):
            point = np.asarray(frame.to_world_mm(np.array([0.0, plan.back, height])), dtype=np.float64)
            index, _, anterior, along = curve.locate(point)
            if abs(float(along)) < 3.0:
                places.append(int(index))
                depths.append(-float(anterior) + more)
                widths.append(plan.vertebra.canal_width_mm / 2.0)
    order = np.argsort(places)
    every = np.arange(len(curve.levels))
    depth, width = (
        np.interp(every, np.array(places)[order], np.array(each)[order]) for each in (depths, widths)
    )
    least = curve.sac_half_mm[:, 1] + 0.8
    smooth = gaussian_filter1d(np.maximum(depth, least), _SMOOTHING_SECTIONS)
    return DorsalRoof(smooth, gaussian_filter1d(width, _SMOOTHING_SECTIONS))
