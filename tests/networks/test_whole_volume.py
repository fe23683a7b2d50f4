"""Whole volumes go through the network in one pass or in windows, and come out in their own size."""

import torch

from networks.test_segmenter import TINY
from spinemets.networks.segmenter import build_segmenter
from spinemets.networks.whole_volume import WindowSettings, segment_volume

_ONE_PASS = WindowSettings(10**6, (4, 16, 16))
_WINDOWS = WindowSettings(1, (4, 16, 16))


def _network():
    torch.manual_seed(3)
    return build_segmenter(**TINY).eval()


@torch.no_grad()
def test_any_size_comes_out_as_it_went_in():
    image, presence = torch.randn(2, 4, 3, 21, 18), torch.ones(2, 4)
    for settings in (_ONE_PASS, _WINDOWS):
        output = segment_volume(_network(), image, presence, settings)
        assert output.anatomy.shape == (2, 8, 3, 21, 18)
        assert output.level.dtype == torch.float32


@torch.no_grad()
def test_a_volume_of_a_few_voxels_goes_through_too():
    network = _network()
    slices, rows, columns = network.settings.divisor
    output = segment_volume(network, torch.randn(1, 4, slices, rows, columns), torch.ones(1, 4), _ONE_PASS)
    assert output.lesion.shape == (1, 1, slices, rows, columns)


@torch.no_grad()
def test_one_window_is_one_pass():
    image, presence = torch.randn(1, 4, 4, 16, 16), torch.ones(1, 4)
    network = _network()
    one, other = (segment_volume(network, image, presence, each) for each in (_ONE_PASS, _WINDOWS))
    assert torch.allclose(one.anatomy, other.anatomy, atol=1e-5)


@torch.no_grad()
def test_every_sample_keeps_its_own_presence_in_windows():
    network = _network()
    torch.nn.init.normal_(network.stem.condition.weight)
    image = torch.randn(1, 4, 4, 24, 24).repeat(2, 1, 1, 1, 1)
    presence = torch.tensor([[1.0, 1, 1, 1], [1, 0, 1, 1]])
    both = segment_volume(network, image, presence, _WINDOWS)
    second = segment_volume(network, image[1:], presence[1:], _WINDOWS)
    assert torch.allclose(both.lesion[1], second.lesion[0], atol=1e-5)
    assert not torch.allclose(both.lesion[0], both.lesion[1], atol=1e-3)
