"""Instance norm of channels-last tensors on a CPU, with which convolutions of few channels train faster.

With channels last, gradients of convolutions take half the time (torch 2.13). torch's own instance norm
copies such a tensor to the usual order first, and its group norm is slow backward, which takes back what is
gained. Here sums and products run along memory, at its speed.
"""

from typing import Any

import torch
from monai.networks.layers.factories import Norm
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

# Name of the layer among MONAI's.
CHANNELS_LAST_INSTANCE = "CHANNELS_LAST_INSTANCE"
# So many neighbouring voxels are worked on as one of as many more channels: short rows are slow.
_TOGETHER = (16, 8, 4, 2, 1)
# A sum is one of so many sums.
_PARTS = (64, 32, 16, 8, 4, 2, 1)


class ChannelsLastInstanceNorm(nn.InstanceNorm3d):
    """Instance norm (Ulyanov et al. 2016), as torch has it; faster for channels-last tensors on a CPU."""

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, slice, row, column), normalised, in the same order of memory."""
        if self.weight is None or not _is_channels_last(x) or torch.compiler.is_compiling():
            return super().forward(x)
        normalised: Tensor = _Normalised.apply(x, self.weight, self.bias, self.eps)  # type: ignore[no-untyped-call]
        return normalised


def in_fast_order(x: Tensor) -> Tensor:
    """Channels last on a CPU, as gradients of convolutions are fastest; elsewhere, and compiled, as it is."""
    if x.device.type != "cpu" or torch.compiler.is_compiling():
        return x
    return x.contiguous(memory_format=torch.channels_last_3d)


def _is_channels_last(x: Tensor) -> bool:
    in_order = x.is_contiguous(memory_format=torch.channels_last_3d) and not x.is_contiguous()
    return in_order and x.device.type == "cpu"


class _Normalised(torch.autograd.Function):
    """y = scale c + bias, with c = x - mean(x) and scale = weight / sd(x)."""

    @staticmethod
    def forward(context: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
        rows = _Rows(x)
        centred = rows.of(x) - rows.repeated(rows.sums(rows.of(x)) / rows.voxels)
        inverse_sd = (rows.sums(centred * centred) / rows.voxels + eps).rsqrt()
        output = torch.empty_like(x)
        scale, offset = rows.repeated(inverse_sd * weight), rows.repeated(bias.expand(len(x), -1))
        torch.addcmul(offset, centred, scale, out=rows.of(output))
        context.save_for_backward(centred, inverse_sd, weight)
        context.rows = rows
        return output

    @staticmethod
    @once_differentiable
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        centred, inverse_sd, weight = context.saved_tensors
        rows: _Rows = context.rows
        gradient = gradient.contiguous(memory_format=torch.channels_last_3d)
        given = rows.of(gradient)
        of_bias = rows.sums(given)
        of_scale = rows.sums(given * centred)
        scale = inverse_sd * weight
        entry = torch.empty_like(gradient)
        # What moves all voxels alike, or along with themselves, is taken out again by mean and spread.
        torch.addcmul(
            rows.repeated(-scale * of_bias / rows.voxels), given, rows.repeated(scale), out=rows.of(entry)
        )
        rows.of(entry).addcmul_(centred, rows.repeated(-scale * inverse_sd**2 * of_scale / rows.voxels))
        return entry, (of_scale * inverse_sd).sum(dim=0), of_bias.sum(dim=0), None


class _Rows:
    """A channels-last tensor as rows of memory: (batch, row, several voxels with all their channels)."""

    def __init__(self, x: Tensor) -> None:
        self.batch, self.channels = x.shape[:2]
        self.voxels = x[0, 0].numel()
        self.kind = x.dtype
        self.together = next(count for count in _TOGETHER if self.voxels % count == 0)
        self.parts = next(count for count in _PARTS if self.voxels // self.together % count == 0)

    def of(self, x: Tensor) -> Tensor:
        """The tensor's own memory."""
        return x.permute(0, 2, 3, 4, 1).view(self.batch, -1, self.together * self.channels)

    def sums(self, rows: Tensor) -> Tensor:
        """(batch, channel) sums over the voxels, of at least single precision.

        bf16 would be copied to be summed in another type; sums of many parts each lose little by rounding.
        """
        parts = rows.view(self.batch, self.parts, -1, rows.shape[-1]).sum(dim=2)
        kind = torch.promote_types(self.kind, torch.float32)
        return parts.view(self.batch, -1, self.channels).sum(dim=1, dtype=kind)

    def repeated(self, values: Tensor) -> Tensor:
        """(batch, channel) values, for each row."""
        return values.to(self.kind).repeat(1, self.together)[:, None]


@Norm.factory_function(CHANNELS_LAST_INSTANCE)
def _layer(dimensions: int) -> type[nn.Module]:
    if dimensions != 3:
        raise ValueError(f"{CHANNELS_LAST_INSTANCE} is made for volumes, not for {dimensions} dimensions")
    return ChannelsLastInstanceNorm
