"""Whether this machine can make the trainer that a config asks for, and how many processes read for it."""

import os
from functools import partial

import pytest
import pytorch_lightning as pl
import torch

from spinemets.errors import ConfigurationError
from spinemets.training.trainer_factory import check_trainer, on_gpu, usual_workers


def test_a_trainer_that_can_be_made_passes():
    check_trainer(partial(pl.Trainer, accelerator="cpu"), "auto")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said():
    with pytest.raises(ConfigurationError, match="trainer=cpu"):
        check_trainer(partial(pl.Trainer, accelerator="gpu"), "auto")


def test_unknown_arithmetic_is_said():
    with pytest.raises(ConfigurationError, match="bf16-mixed"):
        check_trainer(partial(pl.Trainer, accelerator="cpu"), "fp8")


@pytest.mark.parametrize(("accelerator", "expected"), [("cpu", False), ("gpu", True), ("cuda", True)])
def test_the_config_says_what_trains(accelerator, expected):
    assert on_gpu(partial(pl.Trainer, accelerator=accelerator)) == expected


@pytest.mark.parametrize(
    ("cores", "gpus", "workers"), [(64, 1, 8), (16, 4, 3), (2, 1, 1), (1, 1, 1), (8, 0, 7)]
)
def test_each_gpu_gets_its_share_of_the_cores(monkeypatch, cores, gpus, workers):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: range(cores), raising=False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    assert usual_workers(True) == workers
    assert usual_workers(False) == 0
