"""Schedules of the learning rate over a whole run, from torch's own."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    LinearLR,
    LRScheduler,
    PolynomialLR,
    SequentialLR,
)


def polynomial(optimiser: Optimizer, total_steps: int, power: float) -> LRScheduler:
    """Falls as (1 - step / total_steps) ^ power (Isensee et al. 2021, Nat Methods 18:203, power 0.9)."""
    return PolynomialLR(optimiser, total_iters=total_steps, power=power)


def cosine(optimiser: Optimizer, total_steps: int, warm_up: float) -> LRScheduler:
    """Rises linearly, then falls as half a cosine (Loshchilov and Hutter 2017, ICLR, "SGDR").

    Args:
        optimiser: Whose rate it is.
        total_steps: Of the run.
        warm_up: Share of the steps in which the rate rises, 0 to below 1.
    """
    rising = min(max(1, round(warm_up * total_steps)), max(1, total_steps - 1))
    return SequentialLR(
        optimiser,
        [
            LinearLR(optimiser, start_factor=0.01, total_iters=rising),
            CosineAnnealingLR(optimiser, T_max=max(1, total_steps - rising)),
        ],
        milestones=[rising],
    )


def constant(optimiser: Optimizer, total_steps: int) -> LRScheduler:
    """Stays what it is."""
    return ConstantLR(optimiser, factor=1.0, total_iters=total_steps)
