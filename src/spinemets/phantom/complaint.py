"""The pain that a simulated patient reports at a level: no image shows it, and SINS asks for it."""

import numpy as np

from spinemets.phantom.sins_measure import SinsTruth
from spinemets.scoring.sins_items import Alignment, Pain

# Chances of mechanical, occasional and no pain; ours, so that all of them occur and instability hurts more.
_BROKEN_OR_DISPLACED = (0.70, 0.20, 0.10)
_STANDING = (0.20, 0.45, 0.35)
_BROKEN_FROM_PERCENT = 10.0


def draw_pain(truth: SinsTruth, rng: np.random.Generator) -> Pain:
    """Pain at a level, given what is true of it."""
    broken = (truth.collapse_percent or 0.0) >= _BROKEN_FROM_PERCENT
    displaced = truth.alignment is not Alignment.NORMAL
    chances = _BROKEN_OR_DISPLACED if broken or displaced else _STANDING
    return tuple(Pain)[int(rng.choice(3, p=chances))]
