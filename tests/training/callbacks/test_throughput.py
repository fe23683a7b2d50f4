"""What a run says of its own speed."""

import json
import time

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.profilers import SimpleProfiler

from spinemets.training.callbacks.throughput import Throughput
from training.callbacks.toy_task import Numbers, ToyData, ToyTask, toy_trainer

pytestmark = pytest.mark.filterwarnings(r"ignore:.*LeafSpec.* is deprecated:FutureWarning")


def _record(folder, *callbacks, warm_up_steps=2, task=None, **changes):
    trainer = toy_trainer(folder, Throughput(folder, warm_up_steps), *callbacks, **changes)
    trainer.fit(task or ToyTask(), ToyData())
    return json.loads((folder / "throughput.json").read_text())


class _Slow(pl.Callback):
    """Makes a training, or a validation, take its time."""

    def __init__(self, step=0.0, validation=0.0):
        self._step, self._validation = step, validation

    def on_train_batch_start(self, *arguments):
        time.sleep(self._step)

    def on_validation_start(self, *arguments):
        time.sleep(self._validation)


def test_samples_are_counted_without_warm_up_and_validation(tmp_path):
    record = _record(tmp_path, _Slow(step=0.02, validation=1.0))
    assert record["steps"] == 3 * 4 - 2
    # Two samples a step of a fiftieth of a second and what the machine adds; with validation it were 6.
    assert 15 < record["samples_per_second"] < 100
    assert record["device"] == "cpu"
    assert record["gpu_utilisation_percent"] is None
    assert 0.05 < record["peak_memory_gib"] < 50


@pytest.mark.parametrize(("reading", "training", "least", "most"), [(0.02, 0, 0.5, 1), (0, 0.03, 0, 0.3)])
def test_waiting_for_data_is_told_from_training(tmp_path, monkeypatch, reading, training, least, most):
    usual = Numbers.__getitem__

    def slow(self, number):
        time.sleep(reading)
        return usual(self, number)

    monkeypatch.setattr(Numbers, "__getitem__", slow)
    assert least <= _record(tmp_path, _Slow(step=training))["data_wait_share"] <= most


def test_a_profiler_of_the_user_stays(tmp_path):
    profiler = SimpleProfiler(dirpath=tmp_path, filename="profile")
    record = _record(tmp_path, profiler=profiler)
    assert record["data_wait_share"] is None
    assert record["samples_per_second"] > 0


def test_a_short_run_claims_nothing(tmp_path):
    record = _record(tmp_path, warm_up_steps=100)
    assert (record["steps"], record["samples_per_second"], record["data_wait_share"]) == (0, None, None)


def test_a_run_that_fails_says_how_fast_it_was(tmp_path):
    def disturb(loss, batch):
        if 14 in batch["sample"]:
            raise KeyError("bad")
        return loss

    with pytest.raises(KeyError):
        _record(tmp_path, task=ToyTask(disturb))
    assert json.loads((tmp_path / "throughput.json").read_text())["steps"] == 5


def test_a_gpu_that_does_not_say_how_busy_it_is_is_asked_once(tmp_path, monkeypatch):
    asked = []

    def unknown(device):
        asked.append(device)
        raise ModuleNotFoundError("pynvml")

    monkeypatch.setattr(torch.cuda, "utilization", unknown)
    throughput = Throughput(tmp_path, 0)
    for now in (10.0, 20.0, 30.0):
        throughput._look(torch.device("cuda"), now)
    assert len(asked) == 1
