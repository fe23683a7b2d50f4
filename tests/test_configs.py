"""Every choice of every config group of training composes and can be built."""

import importlib.util

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import OmegaConf

from spinemets.configuration import config_directory
from spinemets.inference.archive.engine import Limits

_GIVEN = ("data.manifest=none", "output=none")
_GROUPS = (
    "network",
    "augmentation",
    "optimiser",
    "schedule",
    "trainer",
    "callbacks",
    "logger",
    "loss",
    "experiment",
)
_NEEDS = {"tensorboard": "tensorboard", "mlflow": "mlflow"}
_CHOICES = [
    (group, path.stem) for group in _GROUPS for path in sorted((config_directory() / group).glob("*.yaml"))
]


def _composed(*overrides):
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        return compose("train", [*_GIVEN, *overrides])


def _task_of(group, choice):
    return "escc" if group == "augmentation" and choice.startswith("axial") else "segmentation"


@pytest.mark.parametrize(("group", "choice"), _CHOICES)
def test_a_choice_composes_and_builds(group, choice):
    if (package := _NEEDS.get(choice)) and importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    config = _composed(f"task={_task_of(group, choice)}", f"{group}={choice}")
    assert not OmegaConf.missing_keys(config)
    OmegaConf.resolve(config)
    recipe = instantiate(config.task)
    assert recipe.monitor.startswith("val/")
    assert callable(instantiate(config.trainer))
    instantiate(config.logger)
    for callback in config.callbacks.values():
        if callback is not None:
            instantiate(callback)


@pytest.mark.parametrize("task", ["segmentation", "escc"])
@pytest.mark.parametrize("size", ["tiny", "small", "full"])
def test_one_size_serves_both_tasks(task, size):
    config = _composed(f"task={task}", f"network={size}")
    assert instantiate(config.task).name == task
    assert config.trainer.max_epochs == config.network.planning[f"{task}_epochs"]


def test_the_users_word_wins_over_an_experiment():
    config = _composed("experiment=like_nnunet", "optimiser=adamw", "network=tiny")
    assert config.optimiser._target_.endswith("AdamW")
    assert config.callbacks.averaging is None


_ENGINES = sorted(path.stem for path in (config_directory() / "engine").glob("*.yaml"))


@pytest.mark.parametrize("engine", _ENGINES)
def test_every_engine_composes_and_builds(engine):
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        config = compose("infer", ["input=none", "output=none", f"engine={engine}", "workers=3"])
    built = instantiate(config.engine)(prepare=None, limits=Limits(None, None))
    assert built.free == 3
