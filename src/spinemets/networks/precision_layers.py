"""Compares single layers in bf16 with fp32, on the inputs that they get within their network.

Over a whole network rounding errors add up, to tens of percent in gradients; a wrong gradient of one layer
hides among them. A single layer's are off by less than a percent, or wrong. Found so with torch 2.13.0 on a
processor with AVX512-bf16 and without AMX: weight gradients of convolutions over inputs of two slices.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from spinemets.networks.precision_comparison import off_by, relative_error

_SEED = 1
_CONVOLUTIONS = (
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
    nn.Linear,
)


@contextmanager
def recorded_inputs(network: nn.Module) -> Iterator[dict[str, Tensor]]:
    """Within it, the last input of every convolution and linear layer is recorded by the layer's name."""
    inputs: dict[str, Tensor] = {}
    hooks = []
    for name, layer in network.named_modules():
        if isinstance(layer, _CONVOLUTIONS):

            def record(_: nn.Module, arguments: tuple[Tensor, ...], name: str = name) -> None:
                inputs[name] = arguments[0].detach()

            hooks.append(layer.register_forward_pre_hook(record))
    try:
        yield inputs
    finally:
        for hook in hooks:
            hook.remove()


def layer_complaint(
    network: nn.Module, inputs: Mapping[str, Tensor], training: bool, most_error: float
) -> str | None:
    """Which layer is wrong in bf16, as part of a sentence; None where all are right.

    Args:
        network: Whose layers ``inputs`` names.
        inputs: By layer.
        training: Whether gradients are compared as well, for a random gradient of the output.
        most_error: Largest relative error that passes.
    """
    for name, entry in inputs.items():
        layer = network.get_submodule(name)
        exact = _layer_results(layer, entry.float(), training, bf16=False)
        fast = _layer_results(layer, entry, training, bf16=True)
        for what, expected in exact.items():
            error = relative_error(fast[what], expected)
            if error > most_error:
                shape = " x ".join(str(size) for size in entry.shape)
                return f"the {what} of its layer {name} {off_by(error)} (input {shape})"
    return None


def _layer_results(layer: nn.Module, entry: Tensor, training: bool, bf16: bool) -> dict[str, Tensor]:
    entry = entry.requires_grad_(training)
    with torch.set_grad_enabled(training):
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            output = layer(entry)
        results = {"output": output.detach().float()}
        if training:
            upstream = torch.randn(output.shape, generator=torch.Generator().manual_seed(_SEED))
            parameters = dict(layer.named_parameters())
            gradients = torch.autograd.grad(output, [entry, *parameters.values()], upstream.to(output.dtype))
            names = ["input", *parameters]
            results |= {
                f"gradient of the {one}": gradient.float()
                for one, gradient in zip(names, gradients, strict=True)
            }
    return results
