"""Every config of callbacks, trainers, loggers, optimisers and schedules makes what it says."""

import os
from importlib.util import find_spec

import pytest
import pytorch_lightning as pl
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint

from spinemets.configuration import config_directory
from spinemets.training.callbacks import mlflow_logger
from spinemets.training.callbacks.last_checkpoint import LastCheckpoint
from spinemets.training.callbacks.whole_files import WholeFileCheckpoints


def _choices(group):
    return sorted(path.stem for path in (config_directory() / group).glob("*.yaml"))


@pytest.fixture
def config(tmp_path):
    """Composes the training config with changes."""

    def composed(*changes):
        with initialize_config_dir(str(config_directory()), version_base="1.3"):
            return compose("train", [f"output={tmp_path}", "data.manifest=none.json", *changes])

    return composed


def _callbacks(config):
    return {name: instantiate(each) for name, each in config.callbacks.items() if each is not None}


@pytest.mark.parametrize("choice", _choices("callbacks"))
@pytest.mark.parametrize("task", ["segmentation", "escc"])
def test_callbacks(config, choice, task):
    composed = config(f"callbacks={choice}", f"task={task}")
    callbacks = _callbacks(composed)
    assert all(isinstance(each, pl.Callback) for each in callbacks.values())
    assert callbacks["best"].monitor == composed.task.monitor
    assert ("early_stopping" in callbacks) == (choice == "early_stopping")


def test_early_stopping_is_a_plain_setting(config):
    stopping = _callbacks(config("callbacks=early_stopping", "callbacks.early_stopping.patience=3"))
    assert isinstance(stopping["early_stopping"], EarlyStopping)
    assert (stopping["early_stopping"].patience, stopping["early_stopping"].mode) == (3, "max")


def test_the_best_checkpoint_is_written_before_the_last(config):
    checkpoints = [each for each in _callbacks(config()).values() if isinstance(each, ModelCheckpoint)]
    assert [type(each) for each in checkpoints] == [ModelCheckpoint, LastCheckpoint]


@pytest.mark.parametrize("choice", _choices("trainer"))
@pytest.mark.filterwarnings("ignore:You set `deterministic='warn'`|.*does not have a deterministic")
def test_trainers_write_whole_checkpoints(config, tmp_path, choice):
    made = instantiate(config(f"trainer={choice}").trainer)
    on_this_machine = {"accelerator": "cpu", "devices": 1, "num_nodes": 1, "strategy": "auto"}
    try:
        trainer = made(**on_this_machine, callbacks=[], logger=False, default_root_dir=tmp_path)
        assert isinstance(trainer.strategy.checkpoint_io, WholeFileCheckpoints)
        assert trainer.num_sanity_val_steps == 0
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy is deprecated:DeprecationWarning")
@pytest.mark.parametrize("choice", _choices("logger"))
def test_loggers_write_into_the_run_folder_alone(config, tmp_path, monkeypatch, choice):
    if choice in {"mlflow", "tensorboard"} and find_spec(choice) is None:
        pytest.skip(f"{choice} is not installed")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    logger = instantiate(config(f"logger={choice}").logger)
    logger.log_metrics({"train/loss": 1.0}, step=1)
    logger.save()
    logger.finalize("success")
    assert not list(elsewhere.iterdir())


def test_mlflow_stays_in_the_run_folder_and_tells_nobody(config, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    monkeypatch.setattr(mlflow_logger, "MLFlowLogger", lambda **settings: settings)
    settings = instantiate(config("logger=mlflow").logger)
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert settings["tracking_uri"] == f"sqlite:///{tmp_path}/mlflow.db"
    assert settings["artifact_location"] == f"file://{tmp_path}/mlflow_artifacts"


@pytest.mark.parametrize("optimiser", _choices("optimiser"))
@pytest.mark.parametrize("schedule", _choices("schedule"))
def test_optimisers_and_schedules_reach_the_end_of_a_run(config, optimiser, schedule):
    composed = config(f"optimiser={optimiser}", f"schedule={schedule}")
    weight = torch.nn.Parameter(torch.ones(1))
    made = instantiate(composed.optimiser)([weight])
    plan = instantiate(composed.schedule)(made, total_steps=20)
    rates = []
    for _ in range(20):
        rates.append(made.param_groups[0]["lr"])
        weight.grad = torch.ones(1)
        made.step()
        plan.step()
    largest = composed.optimiser.lr
    assert max(rates) == pytest.approx(largest)
    assert made.param_groups[0]["lr"] == pytest.approx(largest if schedule == "constant" else 0, abs=1e-9)
