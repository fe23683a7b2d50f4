"""Between z-scored channels and the magnitudes that MRI measures."""

from collections.abc import Callable

import torch
from torch import Tensor


def change_as_magnitude(image: Tensor, padding: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    """A z-scored channel with its signal changed; mean and spread stay, as z-scoring would leave them.

    Args:
        image: (slice, row, column) float32.
        padding: Where there is no image, same shape, boolean; as dark as air to ``change``.
        change: From a magnitude, which begins at 0, to another; what it gives back unchanged stays so.
    """
    floor = image.amin()
    magnitude = (image - floor).masked_fill_(padding, 0.0)
    changed = change(magnitude)
    if changed is magnitude:
        return image
    old_mean, old_sd = _statistics(image, padding)
    mean, sd = _statistics(changed, padding)
    return (changed - mean) * (old_sd / sd.clamp(min=1e-6)) + old_mean


def _statistics(image: Tensor, padding: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of what is not padding."""
    inside = (~padding).to(image.dtype)
    count = inside.sum().clamp(min=1.0)
    mean = (image * inside).sum() / count
    return mean, torch.sqrt(((image - mean).square() * inside).sum() / count)
