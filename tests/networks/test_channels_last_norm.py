"""Our instance norm is torch's, for any size and order of memory; a network learns the same with it."""

import pytest
import torch
from torch.nn import functional

from networks.test_segmenter import TINY
from spinemets.networks import segmenter
from spinemets.networks.channels_last_norm import ChannelsLastInstanceNorm, in_fast_order
from spinemets.networks.segmenter import build_segmenter

# Numbers of voxels that are, and are not, multiples of what is worked on together.
_SHAPES = [(2, 3, 4, 8, 8), (1, 8, 3, 5, 7), (3, 2, 2, 3, 3), (2, 1, 2, 4, 4), (1, 4, 1, 1, 2)]


def _norm(channels, kind):
    torch.manual_seed(0)
    norm = ChannelsLastInstanceNorm(channels, affine=True, dtype=kind)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    return norm


def _results(function, x, upstream, norm):
    x = x.detach().requires_grad_()
    output = function(x)
    gradients = torch.autograd.grad(output, (x, norm.weight, norm.bias), upstream.to(output.dtype))
    return output.detach(), *gradients


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("order", [torch.channels_last_3d, torch.contiguous_format])
def test_output_and_gradients_are_those_of_torch(shape, order):
    norm = _norm(shape[1], torch.float64)
    x = (5 + torch.randn(shape, dtype=torch.float64)).contiguous(memory_format=order)
    upstream = torch.randn(shape, dtype=torch.float64)

    def torchs(x):
        return functional.instance_norm(x, None, None, norm.weight, norm.bias, True, 0.1, norm.eps)

    for ours, wanted in zip(
        _results(norm, x, upstream, norm), _results(torchs, x, upstream, norm), strict=True
    ):
        torch.testing.assert_close(ours, wanted)


def test_the_order_of_memory_stays():
    x = torch.randn(1, 4, 3, 8, 8).contiguous(memory_format=torch.channels_last_3d)
    assert _norm(4, torch.float32)(x).is_contiguous(memory_format=torch.channels_last_3d)


def test_bf16_loses_no_more_than_its_rounding():
    x = (3 + 2 * torch.randn(2, 8, 12, 48, 48)).contiguous(memory_format=torch.channels_last_3d)
    norm = _norm(8, torch.float32)
    found, wanted = norm(x.bfloat16()), norm(x)
    assert found.dtype == torch.bfloat16
    assert (found - wanted).norm() / wanted.norm() < 0.01


def test_a_flat_channel_is_its_bias():
    x = torch.full((1, 2, 4, 8, 8), 1e4).contiguous(memory_format=torch.channels_last_3d)
    norm = _norm(2, torch.float32)
    torch.testing.assert_close(norm(x)[0, :, 0, 0, 0], norm.bias)


def test_a_network_learns_the_same_in_either_order(monkeypatch):
    torch.manual_seed(0)
    network = build_segmenter(**TINY).train()
    image = torch.randn(2, 4, 4, 16, 16)
    results = []
    for order in (in_fast_order, lambda x: x):
        monkeypatch.setattr(segmenter, "in_fast_order", order)
        network.zero_grad()
        scales = network.scales(image)
        sum(head.float().square().mean() for scale in scales for head in scale).backward()
        results.append([scales[1].lesion.detach(), *(each.grad.clone() for each in network.parameters())])
    for fast, usual in zip(*results, strict=True):
        torch.testing.assert_close(fast, usual, rtol=1e-3, atol=1e-4)
