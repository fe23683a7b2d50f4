"""The segmenter takes any subset of channels, and its settings say what does not fit."""

from copy import deepcopy

import pytest
import torch

from spinemets.errors import ConfigurationError
from spinemets.networks.segmenter import CHANNELS, SpineSegmenter, build_segmenter
from spinemets.networks.segmenter_settings import SegmenterSettings

TINY = {
    "filters": [4, 6, 8],
    "kernels": [[1, 3, 3], [1, 3, 3], [3, 3, 3]],
    "strides": [[1, 1, 1], [1, 2, 2], [2, 2, 2]],
    "deep_supervision": 1,
    "stem_channels": 4,
}


@pytest.fixture
def network():
    torch.manual_seed(3)
    return build_segmenter(**TINY).eval()


@pytest.fixture
def image():
    return torch.randn(2, len(CHANNELS), 4, 16, 16, generator=torch.Generator().manual_seed(1))


def test_heads_have_the_size_of_the_image(network, image):
    output = network(image)
    assert output.anatomy.shape == (2, 8, 4, 16, 16)
    assert output.lesion.shape == output.level.shape == (2, 1, 4, 16, 16)


def test_training_adds_the_coarser_scales(network, image):
    scales = network.train().scales(image)
    assert [tuple(scale.lesion.shape[2:]) for scale in scales] == [(4, 16, 16), (4, 8, 8)]
    assert len(network.eval().scales(image)) == 1


def test_a_network_can_be_copied_after_a_step(network, image):
    network.train().scales(image)[1].lesion.sum().backward()
    copied = deepcopy(network).eval()
    torch.testing.assert_close(copied(image).lesion, network.eval()(image).lesion)


def test_presence_is_read_off_the_image_where_it_is_left_out(network, image):
    image[:, 1] = 0
    torch.nn.init.normal_(network.stem.condition.weight)
    given = network(image, torch.tensor([[1.0, 0.0, 1.0, 1.0]] * 2))
    assert torch.equal(network(image).lesion, given.lesion)
    assert not torch.equal(network(image, torch.ones(2, 4)).lesion, given.lesion)


def test_presence_changes_what_the_backbone_sees_of_the_same_voxels(network, image):
    """An instance norm would take a constant plane away again; scale and shift in the stem survive."""
    torch.nn.init.normal_(network.stem.condition.weight)
    one = network(image, torch.tensor([[1.0, 1.0, 1.0, 1.0]] * 2))
    other = network(image, torch.tensor([[1.0, 0.0, 1.0, 1.0]] * 2))
    assert (one.anatomy - other.anatomy).abs().max() > 1e-3


@pytest.mark.parametrize("missing", range(4))
def test_every_channel_counts(network, image, missing):
    without = image.clone()
    without[:, missing] = 0
    assert not torch.allclose(network(image).lesion, network(without).lesion)


def test_sizes_are_those_of_the_configs():
    from hydra.utils import instantiate
    from omegaconf import OmegaConf

    from spinemets.configuration import config_directory

    millions = {"tiny": (0, 1), "small": (3, 5), "full": (25, 35)}
    for name, (least, most) in millions.items():
        config = OmegaConf.load(config_directory() / "network" / f"{name}.yaml")
        with torch.device("meta"):
            network = SpineSegmenter(instantiate(config.segmentation))
        assert least <= sum(each.numel() for each in network.parameters()) / 1e6 <= most


def test_divisor_is_the_product_of_the_strides():
    assert SegmenterSettings(**TINY).divisor == (2, 4, 4)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"filters": [4, 6]}, "filters"),
        ({"strides": [[1, 2, 2], [1, 2, 2], [2, 2, 2]]}, "strides"),
        ({"kernels": [[1, 3], [1, 3, 3], [3, 3, 3]]}, "kernels"),
        ({"architecture": "resnet"}, "architecture"),
        ({"deep_supervision": 2}, "deep_supervision"),
        ({"filters": [4, 6, 0]}, "filters"),
        ({"architecture": "swinunetr", "filters": [10, 10, 10]}, "filters"),
    ],
)
def test_settings_that_do_not_fit_are_refused(change, field):
    with pytest.raises(ConfigurationError) as error:
        SegmenterSettings(**(TINY | change))
    assert error.value.field == field


def test_swin_unetr_carries_the_same_heads():
    network = build_segmenter(
        **(TINY | {"architecture": "swinunetr", "filters": [12] * 3, "deep_supervision": 0})
    )
    output = network.eval()(torch.randn(1, 4, 32, 64, 64))
    assert output.anatomy.shape == (1, 8, 32, 64, 64)
