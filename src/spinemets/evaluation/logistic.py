"""Logistic regression on log odds, for every resample at once."""

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from spinemets.evaluation.resampling import Numbers

Truths = npt.NDArray[np.bool_]

# Probabilities nearer to 0 and 1 are taken as these: their log odds would outweigh all others.
_LEAST = 1e-6
# Newton's steps, the longest that one may be, and the length of the last.
_STEPS, _LONGEST, _CLOSE = 25, 2.0, 1e-8


def log_odds(probability: Numbers) -> Numbers:
    """Log odds of probabilities; those of 0 and 1 are taken as 1e-6 from them."""
    return np.asarray(logit(np.clip(probability, _LEAST, 1 - _LEAST)))


def fit_slopes(x: Numbers, truth: Truths, weights: Numbers) -> Numbers:
    """Slope of the log odds of the truth over x, of most likelihood.

    Args:
        x: (row,).
        truth: (row,).
        weights: How often each row counts (resample, row).

    Returns:
        (resample,); NaN where no slope is most likely: x does not vary, or it parts the classes.
    """
    rows = weights.sum(axis=1)
    spread = float(x.std()) if len(x) else 0.0
    if spread == 0:
        return np.full(len(weights), np.nan)
    unit = (x - x.mean()) / spread
    varies = rows * (weights @ unit**2) - (weights @ unit) ** 2 > 1e-9 * rows**2
    found = _fit(np.stack([np.ones_like(unit), unit]), np.zeros_like(unit), truth, weights)
    return np.where(varies, found[:, 1] / spread, np.nan)


def fit_offsets(x: Numbers, truth: Truths, weights: Numbers) -> Numbers:
    """What to add to the log odds x, at a slope of 1, for most likelihood (resample,); NaN for one class."""
    return _fit(np.ones((1, len(x))), x, truth, weights)[:, 0]


def _fit(design: Numbers, offset: Numbers, truth: Truths, weights: Numbers) -> Numbers:
    """Coefficients (resample, coefficient) by Newton's method from 0; NaN where it does not settle.

    Args:
        design: (coefficient, row).
        offset: Added to the log odds (row,).
        truth, weights: See ``fit_slopes``.
    """
    size = len(design)
    products = (design[:, None] * design).reshape(size**2, -1).T
    found: Numbers = np.zeros((len(weights), size))
    step: Numbers = np.full_like(found, np.inf)
    for _ in range(_STEPS):
        chance = expit(found @ design + offset)
        gradient = (weights * (truth - chance)) @ design.T
        curvature = ((weights * chance * (1 - chance)) @ products).reshape(-1, size, size)
        # Just enough for singular ones to be solved; they do not settle.
        least = 1e-12 * np.trace(curvature, axis1=1, axis2=2) + 1e-30
        curvature += least[:, None, None] * np.eye(size)
        step = np.asarray(np.linalg.solve(curvature, gradient[..., None])[..., 0], dtype=np.float64)
        step *= _LONGEST / np.maximum(np.linalg.norm(step, axis=1, keepdims=True), _LONGEST)
        found += step
        if np.all(np.abs(step) <= _CLOSE):
            break
    found[~np.all(np.abs(step) <= _CLOSE, axis=1)] = np.nan
    return found
