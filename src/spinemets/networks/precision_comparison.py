"""Compares what a network gives in bf16 with what it gives in fp32."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from spinemets.networks.precision_trial import Limits

_OUTPUT = "output"


def relative_error(found: Tensor, expected: Tensor) -> float:
    """L2 norm of the difference over that of what is expected; infinite where something is not finite."""
    difference, size = (found - expected).norm(), expected.norm()
    if not torch.isfinite(difference):
        return math.inf
    return float(difference / size) if size > 0 else float(difference)


def off_by(error: float, verb: str = "is") -> str:
    """The error in words, after its subject."""
    return f"{verb} off by {error:.0%}" if math.isfinite(error) else f"{verb} not finite"


def complaint(exact: Mapping[str, Tensor], fast: Mapping[str, Tensor], limits: Limits) -> str | None:
    """What is wrong with bf16, as part of a sentence; None where it agrees.

    Args:
        exact: Outputs (their names begin with "output") and gradients in fp32; channels are the second axis.
        fast: The same in bf16.
        limits: How much they may differ.
    """
    outputs = [name for name in exact if name.startswith(_OUTPUT)]
    for name in outputs:
        centre = exact[name].mean()
        error = relative_error(fast[name] - centre, exact[name] - centre)
        if error > limits.output_error:
            return f"its {name} {off_by(error)}"
        agreement = _agreement(exact[name], fast[name])
        if agreement < limits.agreement:
            return f"its {name} has another largest channel at {1 - agreement:.1%} of the voxels"
    gradients = [name for name in exact if name not in outputs]
    if gradients:
        error = relative_error(*(torch.cat([r[name].flatten() for name in gradients]) for r in (fast, exact)))
        if error > limits.gradient_error:
            return f"its gradients {off_by(error, 'are')}"
    return None


def _agreement(exact: Tensor, fast: Tensor) -> float:
    if exact.ndim < 2 or exact.shape[1] < 2:
        return 1.0
    return float((exact.argmax(dim=1) == fast.argmax(dim=1)).float().mean())
