from functools import partial

import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from escc_files import graded_manifest
from spinemets.networks.escc_crop import CropSettings
from spinemets.networks.escc_grader import EsccGrader
from spinemets.networks.grader_settings import GraderSettings
from spinemets.training.escc_cases import axial_sources
from spinemets.training.escc_data import EsccData
from spinemets.training.escc_store import CropStore
from spinemets.training.escc_task import EsccTask, without_margin
from spinemets.training.schedules import constant
from spinemets.training.segmentation_data import LoaderSettings

NETWORK = GraderSettings(3, 32, 1.0, filters=(8,) * 4, blocks=(1,) * 4)
CROP = CropSettings(3, 32, 1.0, margin=3)
# Lightning's own warnings of loaders without workers, and of hooks and tree specifications.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("escc")
    manifest = graded_manifest(folder)
    store = CropStore(folder / "cache", CROP, manifest.label_sets)
    found, _ = store.cases(axial_sources(manifest.studies, manifest.label_sets))
    return found


def brighter(crop, rng):
    return crop + rng.normal(0, 0.3)


def data_of(cases, batch_size=4, steps=3):
    return EsccData(cases[:9], cases[9:], 1.0, LoaderSettings(batch_size, steps, 0, seed=5))


def task_of(augmentation=brighter, lr=1e-3):
    pl.seed_everything(0, verbose=False)
    return EsccTask(EsccGrader(NETWORK), partial(torch.optim.SGD, lr=lr), constant, augmentation, 5)


def trainer_of(folder, **settings):
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "num_sanity_val_steps": 0}
    return pl.Trainer(
        accelerator="cpu", default_root_dir=folder, use_distributed_sampler=False, **quiet | settings
    )


def weights(task):
    return torch.cat([one.detach().flatten() for one in task.network.parameters()])


def test_a_run_logs_loss_and_validation_figures(cases, tmp_path):
    trainer = trainer_of(tmp_path, max_epochs=1, logger=False, enable_checkpointing=False)
    trainer.fit(task_of(), data_of(cases))
    logged = trainer.callback_metrics
    assert {"train/loss", "val/loss", "val/kappa", "val/balanced_accuracy"} <= set(logged)
    assert all(torch.isfinite(value) for value in logged.values())


def test_a_batch_holds_crops_grades_names_and_sample_numbers(cases, tmp_path):
    data = data_of(cases)
    trainer = trainer_of(tmp_path, max_epochs=1, logger=False, enable_checkpointing=False)
    data.trainer = trainer
    first, second, _ = data.train_dataloader()
    assert first["image"].shape == (4, 3, 38, 38)
    assert first["image"].dtype == torch.float32
    assert first["grade"].dtype == first["sample"].dtype == torch.int64
    assert first["sample"].tolist() + second["sample"].tolist() == list(range(8))
    by_name = {case.name: case for case in cases}
    for name, grade, image in zip(first["case"], first["grade"], first["image"], strict=True):
        assert by_name[name].grade.rank == grade
        np.testing.assert_array_equal(image, by_name[name].crop())
    assert [name for batch in data.val_dataloader() for name in batch["case"]] == [
        case.name for case in cases[9:]
    ]


def test_training_crops_are_augmented_by_their_number_and_validation_crops_are_not(cases):
    task = task_of()
    batch = {"image": torch.zeros(2, 3, 38, 38), "sample": torch.tensor([4, 9])}
    task._trainer = type("Training", (), {"training": True})()
    changed = task.on_after_batch_transfer(batch, 0)["image"]
    assert changed.shape == (2, 3, 32, 32)
    alone = {name: value[1:] for name, value in batch.items()}
    torch.testing.assert_close(task.on_after_batch_transfer(alone, 0)["image"], changed[1:])
    assert not torch.equal(changed[0], changed[1])
    task._trainer = type("Validating", (), {"training": False})()
    assert not task.on_after_batch_transfer(batch, 0)["image"].any()


def test_the_margin_is_cut_on_all_sides():
    crops = torch.arange(36.0).reshape(1, 1, 6, 6)
    assert torch.equal(without_margin(crops, 2), crops[..., 2:4, 2:4])
    assert torch.equal(without_margin(crops, 6), crops)


def test_a_resumed_run_ends_where_the_whole_one_does(cases, tmp_path):
    whole = task_of()
    trainer_of(tmp_path / "whole", max_steps=6, logger=False).fit(whole, data_of(cases, steps=4))
    stopped = trainer_of(tmp_path / "half", max_steps=2, logger=False, enable_checkpointing=False)
    stopped.fit(task_of(), data_of(cases, steps=4))
    stopped.save_checkpoint(tmp_path / "half.ckpt")
    resumed = task_of()
    trainer_of(tmp_path / "rest", max_steps=6, logger=False).fit(
        resumed, data_of(cases, steps=4), ckpt_path=tmp_path / "half.ckpt"
    )
    assert torch.equal(weights(resumed), weights(whole))
    assert not torch.equal(weights(resumed), weights(task_of()))


def test_a_step_on_two_halves_of_a_batch_is_the_step_on_the_whole(cases, tmp_path):
    # What two processes do: each takes its half of the sample numbers, and gradients are averaged.
    task = task_of()
    task._trainer = type("Training", (), {"training": True})()
    task.log = lambda *_arguments, **_names: None
    data = data_of(cases, batch_size=8, steps=1)
    data.trainer = trainer_of(tmp_path, max_epochs=1, logger=False, enable_checkpointing=False)
    (batch,) = data.train_dataloader()
    batch = task.on_after_batch_transfer(batch, 0)

    def gradients(part):
        task.zero_grad()
        task.training_step({name: value[part] for name, value in batch.items()}, 0).backward()
        return torch.cat([one.grad.flatten() for one in task.network.parameters()])

    halves = (gradients(slice(0, 4)) + gradients(slice(4, 8))) / 2
    torch.testing.assert_close(halves, gradients(slice(0, 8)), atol=1e-5, rtol=1e-4)


def test_the_grader_learns_what_the_crops_show(cases, tmp_path):
    task = task_of(lambda crop, rng: crop, lr=0.1)
    trainer = trainer_of(tmp_path, max_epochs=20, logger=False, enable_checkpointing=False)
    trainer.fit(task, data_of(cases, batch_size=8, steps=10))
    assert trainer.callback_metrics["train/loss"] < 0.7
    assert trainer.callback_metrics["val/kappa"] > 0.6
