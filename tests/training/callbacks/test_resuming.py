"""A stopped run goes on exactly from wherever its last checkpoint was written, its mean of weights too."""

import pickle
import shutil
import warnings

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EMAWeightAveraging, ModelCheckpoint

from spinemets.training.callbacks.averaging import MeanWeights
from spinemets.training.callbacks.last_checkpoint import LastCheckpoint
from spinemets.training.callbacks.learning_curve import LearningCurve
from spinemets.training.schedules import constant, cosine, polynomial
from training.callbacks.toy_task import STEPS_PER_EPOCH, ToyData, ToyTask, same, state_of, toy_trainer

pytestmark = pytest.mark.filterwarnings(r"ignore:.*LeafSpec.* is deprecated:FutureWarning")
_STEPS = 3 * STEPS_PER_EPOCH
_SCHEDULES = {
    "polynomial": lambda optimiser, total_steps: polynomial(optimiser, total_steps, 0.9),
    "cosine": lambda optimiser, total_steps: cosine(optimiser, total_steps, 0.3),
    "constant": constant,
}


class _Copies(pl.Callback):
    """Keeps what a kill right after each step would leave."""

    def __init__(self, folder):
        self._folder = folder

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        self._copy(trainer.global_step)

    def on_train_end(self, trainer, pl_module):
        self._copy(_STEPS)

    def _copy(self, step):
        if (self._folder / "last.ckpt").exists():
            shutil.copytree(self._folder, self._folder.with_name(f"killed-{step}"))


def _run(folder, *more, schedule="polynomial", ckpt=None):
    """What a run leaves: mean of the weights, weights, best figure and learning curve."""
    checkpoints = folder / "checkpoints"
    best = ModelCheckpoint(checkpoints, "best", "val/lesion_dice", mode="max", enable_version_counter=False)
    curve = LearningCurve(folder)
    last = LastCheckpoint(checkpoints, every_n_train_steps=1)
    task = ToyTask(schedule=_SCHEDULES[schedule])
    trainer = toy_trainer(folder, best, last, MeanWeights(0.9), curve, *more)
    trainer.fit(task, ToyData(), ckpt_path=ckpt)
    figures = [row["val/lesion_dice"] for row in curve.state_dict()["rows"]]
    left = torch.load(checkpoints / "last.ckpt", weights_only=True)
    return left["state_dict"], left["current_model_state"], best.best_model_score, figures


@pytest.mark.parametrize(
    ("schedule", "stops"),
    [("polynomial", range(1, _STEPS + 1)), ("cosine", (3, 4, 5)), ("constant", (6, 8))],
)
@pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists and is not empty")
def test_a_run_goes_on_exactly_from_every_step(tmp_path, schedule, stops):
    run = tmp_path / "run"
    whole = _run(run, _Copies(run / "checkpoints"), schedule=schedule)
    assert len(whole[3]) == 3
    for step in stops:
        shutil.rmtree(run / "checkpoints")
        shutil.copytree(run / f"killed-{step}", run / "checkpoints")
        resumed = _run(run, schedule=schedule, ckpt=run / "checkpoints" / "last.ckpt")
        assert same(resumed[0], whole[0]), step
        assert same(resumed[1], whole[1]), step
        assert resumed[2:] == whole[2:], step


class _Stop(pl.Callback):
    """Ends the run before a batch, as a kill would."""

    def __init__(self, batch):
        self._batch = batch

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if trainer.current_epoch == 1 and batch_idx == self._batch:
            raise RuntimeError("stopped")


@pytest.mark.parametrize("batch", [1, 2, 3])
@pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists and is not empty")
def test_a_run_that_gathers_gradients_goes_on_exactly(tmp_path, batch):
    def run(folder, *more, ckpt=None):
        callbacks = LastCheckpoint(folder, every_n_train_steps=1), MeanWeights(0.9), *more
        toy_trainer(folder, *callbacks, accumulate_grad_batches=2).fit(ToyTask(), ToyData(), ckpt_path=ckpt)
        return torch.load(folder / "last.ckpt", weights_only=True)

    whole = run(tmp_path / "whole")
    with pytest.raises(RuntimeError, match="stopped"):
        run(tmp_path / "stopped", _Stop(batch))
    resumed = run(tmp_path / "stopped", ckpt=tmp_path / "stopped" / "last.ckpt")
    assert whole["global_step"] == resumed["global_step"] == _STEPS // 2
    assert same(resumed["state_dict"], whole["state_dict"])
    assert same(resumed["current_model_state"], whole["current_model_state"])


@pytest.mark.parametrize("every", [1, 3, 100])
def test_the_last_checkpoint_is_of_the_last_step(tmp_path, every):
    toy_trainer(tmp_path, LastCheckpoint(tmp_path, every)).fit(ToyTask(), ToyData())
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == _STEPS


def test_nothing_is_written_between_an_epochs_last_step_and_the_end_of_its_validation(tmp_path):
    steps = []

    class Look(pl.Callback):
        def on_validation_end(self, trainer, pl_module):
            steps.append(torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"])

    toy_trainer(tmp_path, LastCheckpoint(tmp_path, 1), Look()).fit(ToyTask(), ToyData())
    assert steps == [STEPS_PER_EPOCH * epoch - 1 for epoch in (1, 2, 3)]


def test_validation_runs_on_the_mean_of_the_weights(tmp_path):
    """The mean by hand: of the first step's weights, then a share of the mean that grows to nine tenths."""
    after_steps = []

    class Collect(pl.Callback):
        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
            after_steps.append(pl_module.network[0].weight.detach().clone())

    task = ToyTask()
    toy_trainer(tmp_path, MeanWeights(0.9), Collect(), epochs=1).fit(task, ToyData())
    mean = after_steps[0]
    for step, weight in enumerate(after_steps[1:], start=1):
        kept = min(0.9, (1 + step) / (10 + step))
        mean = kept * mean + (1 - kept) * weight
    torch.testing.assert_close(task.validated_with[0]["network.0.weight"], mean)
    torch.testing.assert_close(task.network[0].weight, mean)


def test_checkpoints_hold_the_mean_and_the_weights(tmp_path):
    task = ToyTask()
    averaging, last = MeanWeights(0.9), LastCheckpoint(tmp_path, 1)
    toy_trainer(tmp_path, averaging, last, epochs=1).fit(task, ToyData())
    content = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert same(content["state_dict"], state_of(task))
    assert content["state_dict"].keys() == content["current_model_state"].keys()
    assert not same(content["state_dict"], content["current_model_state"])


@pytest.mark.parametrize(("averaging", "right"), [(MeanWeights, True), (EMAWeightAveraging, False)])
def test_validate_measures_the_weights_that_it_is_given(tmp_path, averaging, right):
    """Lightning's own measures its mean instead; when that is mended upstream, ours can go."""
    task = ToyTask()
    trainer = toy_trainer(tmp_path, averaging(decay=0.9), epochs=1)
    trainer.fit(task, ToyData())
    given = {name: torch.zeros_like(value) for name, value in state_of(task).items()}
    task.load_state_dict(given)
    task.validated_with.clear()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*does not have many workers")
        trainer.validate(task, ToyData(), verbose=False)
    assert same(task.validated_with[0], given) == right


def test_a_checkpoint_written_during_validation_mixes_nothing_up(tmp_path):
    class Interrupt(pl.Callback):
        def on_validation_batch_end(self, trainer, *arguments):
            trainer.save_checkpoint(tmp_path / "during.ckpt")

    toy_trainer(tmp_path, MeanWeights(0.9), Interrupt(), LastCheckpoint(tmp_path, 100), epochs=1).fit(
        ToyTask(), ToyData()
    )
    during, after = (torch.load(tmp_path / name, weights_only=True) for name in ("during.ckpt", "last.ckpt"))
    assert same(during["state_dict"], after["state_dict"])
    assert same(during["current_model_state"], after["current_model_state"])


def test_the_mean_can_be_handed_to_another_process(tmp_path):
    tasks = [ToyTask(), ToyTask()]
    for task, averaging in zip(
        tasks, (MeanWeights(0.9), pickle.loads(pickle.dumps(MeanWeights(0.9)))), strict=True
    ):
        toy_trainer(tmp_path, averaging, epochs=1).fit(task, ToyData())
    assert same(*(state_of(task) for task in tasks))


def test_a_run_goes_on_with_other_steps_between_checkpoints(tmp_path):
    toy_trainer(tmp_path, LastCheckpoint(tmp_path, 100), epochs=1).fit(ToyTask(), ToyData())
    last = tmp_path / "last.ckpt"
    elsewhere = LastCheckpoint(tmp_path / "elsewhere", 1)
    toy_trainer(tmp_path, elsewhere, epochs=2).fit(ToyTask(), ToyData(), ckpt_path=last)
    assert torch.load(tmp_path / "elsewhere" / "last.ckpt", weights_only=True)["global_step"] == 8
