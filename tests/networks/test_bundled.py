"""The weights of the package, and the experiment that goes on from them."""

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from spinemets.configuration import config_directory
from spinemets.errors import UnreadableFileError
from spinemets.networks import bundled
from spinemets.networks.bundled import BUNDLED, weights_file
from spinemets.networks.segmenter import SpineSegmenter
from spinemets.networks.weights import fill_network, load_weights


def test_fine_tuning_takes_network_and_spacing_of_the_weights():
    path = weights_file(BUNDLED, "segmentation")
    card, tensors = load_weights(path, "segmentation")
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        given = ["experiment=fine_tune_segmentation", "data.manifest=none", "output=none"]
        config = compose("train", given)
    assert config.weights == BUNDLED
    assert tuple(config.data.spacing_mm) == card.spacing_mm
    fill_network(SpineSegmenter(instantiate(config.network.segmentation)), tensors, path)


def test_any_other_name_is_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert weights_file("mine.safetensors", "escc") == tmp_path / "mine.safetensors"


def test_a_package_without_its_weights_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(bundled, "_FOLDER", tmp_path)
    with pytest.raises(UnreadableFileError, match="install spinemets again"):
        weights_file(BUNDLED, "escc")
