"""A loss or gradient that is no number stops the run before it reaches the weights, and names the cases."""

import json

import pytest
import torch
from torch.multiprocessing.spawn import ProcessRaisedException

from spinemets.training.callbacks.nan_guard import NanGuard
from spinemets.training.callbacks.out_of_memory import explained_memory_errors
from spinemets.training.errors import TrainingError
from spinemets.training.schedules import constant
from training.callbacks.toy_task import ToyData, ToyTask, same, state_of, toy_trainer

pytestmark = pytest.mark.filterwarnings(r"ignore:.*LeafSpec.* is deprecated:FutureWarning")


class _BadGradient(torch.autograd.Function):
    """The loss is sound, its gradient is not."""

    @staticmethod
    def forward(context, loss):
        return loss.clone()

    @staticmethod
    def backward(context, gradient):
        return gradient * torch.nan


class _Disturbed:
    """Samples 4 and 5 are the batch of the third step; 6 and 7 of the second step of two processes."""

    def __init__(self, change, sample=4):
        self._change, self._sample = change, sample

    def __call__(self, loss, batch):
        return self._change(loss) if self._sample in batch["sample"].tolist() else loss


def _not_a_number(loss):
    return loss * torch.nan


@pytest.mark.parametrize(
    ("change", "written"),
    [(_not_a_number, "nan"), (lambda loss: loss / 0, "inf"), (_BadGradient.apply, None)],
    ids=["nan", "infinite", "gradient"],
)
def test_the_run_stops_and_names_the_cases(tmp_path, change, written):
    task = ToyTask(_Disturbed(change))
    with pytest.raises(TrainingError, match=r"step 2 .*cases case-4, case-0.*nan_batch\.json.*optimiser\.lr"):
        toy_trainer(tmp_path, NanGuard(tmp_path)).fit(task, ToyData())
    record = json.loads((tmp_path / "nan_batch.json").read_text())
    assert (record["step"], record["rank"]) == (2, 0)
    assert (record["cases"], record["samples"]) == (["case-4", "case-0"], [4, 5])
    assert written in (None, *record["losses"])
    assert record["parts"]["train/loss_step"] == record["losses"][0]


def test_the_weights_stay_those_of_the_step_before(tmp_path):
    task = ToyTask(_Disturbed(_not_a_number), schedule=constant)
    undisturbed = ToyTask(schedule=constant)
    with pytest.raises(TrainingError):
        toy_trainer(tmp_path, NanGuard(tmp_path)).fit(task, ToyData())
    toy_trainer(tmp_path, epochs=3, max_steps=2).fit(undisturbed, ToyData())
    weights = [name for name in state_of(task) if name.endswith(("weight", "bias"))]
    assert same({n: state_of(task)[n] for n in weights}, {n: state_of(undisturbed)[n] for n in weights})


def test_all_batches_of_a_step_are_named_where_gradients_are_gathered(tmp_path):
    with pytest.raises(TrainingError, match="case-4, case-0, case-1, case-2"):
        toy_trainer(tmp_path, NanGuard(tmp_path), accumulate_grad_batches=2).fit(
            ToyTask(_Disturbed(_not_a_number)), ToyData()
        )


def test_a_sound_run_leaves_no_file(tmp_path):
    toy_trainer(tmp_path, NanGuard(tmp_path)).fit(ToyTask(), ToyData())
    assert not (tmp_path / "nan_batch.json").exists()


@pytest.mark.filterwarnings("ignore:.*fork.*may lead to deadlocks:DeprecationWarning")
def test_every_process_stops_where_one_has_a_bad_batch(tmp_path):
    """Samples 6 and 7 are the second process' in the second step; the first one's batch is sound."""
    trainer = toy_trainer(tmp_path, NanGuard(tmp_path), devices=2, strategy="ddp_fork")
    task = ToyTask(_Disturbed(_not_a_number, sample=6))
    with (
        pytest.raises(TrainingError, match="no finite number at step 1") as caught,
        explained_memory_errors(),
    ):
        trainer.fit(task, ToyData())
    assert isinstance(caught.value.__cause__, ProcessRaisedException)
    sound, bad = (json.loads((tmp_path / f"nan_batch{name}.json").read_text()) for name in ("", "_1"))
    assert (sound["rank"], bad["rank"]) == (0, 1)
    assert bad["samples"] == [6, 7]
    assert bad["losses"] == ["nan"]
