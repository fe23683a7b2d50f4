import dataclasses

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from spinemets.configuration import config_directory

SPACING_MM = (4.0, 1.0, 1.0)


@pytest.fixture(scope="session")
def configured():
    """Makes the augmentation of a config file, with settings changed as on the command line."""

    def make(name, *overrides):
        with initialize_config_dir(str(config_directory()), version_base=None):
            config = compose(f"augmentation/{name}", [f"augmentation.{one}" for one in overrides])
        return instantiate(config.augmentation)(spacing_mm=SPACING_MM)

    return make


@pytest.fixture(scope="session")
def stage(configured):
    """The settings of one stage of the standard augmentation, all chances 0 but those named."""

    def make(name, **changed):
        with initialize_config_dir(str(config_directory()), version_base=None):
            settings = instantiate(compose("augmentation/standard").augmentation[name])
        chances = [one.name for one in dataclasses.fields(settings) if one.name.endswith("_chance")]
        return dataclasses.replace(settings, **dict.fromkeys(chances, 0.0) | changed)

    return make


@pytest.fixture
def sample():
    """T1, T2 and STIR of a bright block in dark tissue; the block is vertebra, level and lesion."""
    rng = np.random.default_rng(0)
    image = rng.normal(0.0, 0.1, (4, 8, 48, 40)).astype(np.float32) - 1.0
    image[:, 2:6, 16:32, 12:26] += 3.0
    image[3] = 0.0
    targets = np.zeros((3, 8, 48, 40), dtype=np.uint8)
    targets[0] = 1
    for target, value in zip(targets, (2, 1, 40), strict=True):
        target[2:6, 16:32, 12:26] = value
    return torch.from_numpy(image), torch.tensor([1.0, 1.0, 1.0, 0.0]), torch.from_numpy(targets)
