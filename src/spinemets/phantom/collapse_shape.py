"""What a collapse does to a body's height: the one relation that shapes follow and truth is measured by.

At a place ``u`` along the depth (-1 posterior wall, +1 anterior wall) the height of the collapsed body is
``(1 - loss(u)) * intact height``, with ``loss`` equal to the asked share within the middle of each third
(u = -0.62, 0, 0.62; plus or minus 0.12) and smooth between.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.phantom.spec import CollapseSpec, VertebraSpec

Floats = npt.NDArray[np.floating]

# Half lengths of the plateaus: in the middle third, and where those of the outer thirds begin.
_MIDDLE_TO = 0.12
_OUTER_FROM = 0.5
# Share of the loss that the upper end plate takes; the more loaded one (Ortiz & Bordia 2011, Neuroimaging
# Clin N Am 21:483: superior end plate more often depressed).
UPPER_SHARE = 0.7


def loss_share(collapse: CollapseSpec | None, u: Floats) -> Floats:
    """Share of the intact height lost at a place along the depth; 0 for an intact body.

    Args:
        collapse: What is asked.
        u: Position over the half depth, -1 at the posterior wall, 1 at the anterior one; any shape.
    """
    if collapse is None:
        return np.zeros_like(u)
    way = np.clip((np.abs(u) - _MIDDLE_TO) / (_OUTER_FROM - _MIDDLE_TO), 0.0, 1.0)
    outwards = way * way * (3.0 - 2.0 * way)
    middle = collapse.loss_middle_percent / 100.0
    outer = np.where(u > 0, collapse.loss_anterior_percent / 100.0, collapse.loss_posterior_percent / 100.0)
    share: Floats = (middle + (outer - middle) * outwards).astype(u.dtype)
    return share


@dataclass(frozen=True, slots=True)
class EndPlateRims:
    """Where the rims of both end plates lie in the body's frame, in the midline.

    Args:
        top_anterior_mm, top_posterior_mm, bottom_anterior_mm, bottom_posterior_mm: Superior coordinate
            at the anterior and posterior edge, after collapse.
    """

    top_anterior_mm: float
    top_posterior_mm: float
    bottom_anterior_mm: float
    bottom_posterior_mm: float


def end_plate_rims(vertebra: VertebraSpec) -> EndPlateRims:
    """Rims of a body, whose frame's origin is the centre of the intact body."""
    heights = np.array([vertebra.posterior_height_mm, vertebra.anterior_height_mm])
    lost = loss_share(vertebra.collapse, np.array([-1.0, 1.0])) * heights
    top = heights / 2.0 - UPPER_SHARE * lost
    bottom = -heights / 2.0 + (1.0 - UPPER_SHARE) * lost
    return EndPlateRims(float(top[1]), float(top[0]), float(bottom[1]), float(bottom[0]))
