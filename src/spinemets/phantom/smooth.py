"""Smooth joints of signed distances (polynomial smooth minimum; Quilez 2013)."""

import numpy as np

from spinemets.phantom.grid_box import FloatArray


def smooth_min(first: FloatArray, second: FloatArray, width_mm: float) -> FloatArray:
    """The union of two shapes, its edges filleted over about ``width_mm``."""
    width = np.float32(width_mm)
    overlap = np.maximum(width - np.abs(first - second), 0.0) / width
    joined: FloatArray = np.minimum(first, second) - overlap * overlap * (width / np.float32(4.0))
    return joined


def smooth_max(first: FloatArray, second: FloatArray, width_mm: float) -> FloatArray:
    """The intersection of two shapes, its edges rounded over about ``width_mm``."""
    return -smooth_min(-first, -second, width_mm)


def smooth_step(values: FloatArray, low: float, high: float) -> FloatArray:
    """0 below ``low``, 1 above ``high``, a cubic between."""
    way = np.clip((values - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    step: FloatArray = way * way * (3.0 - 2.0 * way)
    return step
