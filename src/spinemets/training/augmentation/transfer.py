"""Small arrays of the host on the device of a sample, without a wait for what the device has yet to do."""

import numpy.typing as npt
import torch
from torch import Tensor


def on_device(array: npt.ArrayLike | Tensor, device: torch.device) -> Tensor:
    """A float32 tensor; complex64 where the array is complex."""
    tensor = torch.as_tensor(array)
    kind = torch.complex64 if tensor.is_complex() else torch.float32
    return tensor.to(device, kind, non_blocking=True)
