"""The learning curve of a run: table and picture, kept over a restart."""

import csv

import pytest
import torch
from matplotlib.image import imread

from spinemets.training.callbacks.last_checkpoint import LastCheckpoint
from spinemets.training.callbacks.learning_curve import LearningCurve
from training.callbacks.toy_task import ToyData, ToyTask, toy_trainer

pytestmark = pytest.mark.filterwarnings(r"ignore:.*LeafSpec.* is deprecated:FutureWarning")


def _table(folder):
    with (folder / "learning_curve.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_every_epoch_is_a_row(tmp_path):
    task = ToyTask()
    seen = []
    task.on_train_batch_end = lambda outputs, batch, batch_idx: seen.append(float(outputs["loss"]))
    toy_trainer(tmp_path, LearningCurve(tmp_path)).fit(task, ToyData())
    rows = _table(tmp_path)
    assert [(float(row["epoch"]), float(row["step"])) for row in rows] == [(1, 4), (2, 8), (3, 12)]
    means = [sum(seen[first : first + 4]) / 4 for first in (0, 4, 8)]
    assert [float(row["train/loss_epoch"]) for row in rows] == pytest.approx(means, rel=1e-5)
    assert all(0 < float(row["val/lesion_dice"]) < 1 for row in rows)


def test_the_picture_is_drawn_after_the_first_epoch(tmp_path):
    toy_trainer(tmp_path, LearningCurve(tmp_path, title="a run"), epochs=1).fit(ToyTask(), ToyData())
    assert imread(tmp_path / "learning_curve.png").std() > 0


def test_the_curve_is_written_where_a_run_fails(tmp_path):
    def disturb(loss, batch):
        if 18 in batch["sample"]:
            raise KeyError("bad")
        return loss

    with pytest.raises(KeyError):
        toy_trainer(tmp_path, LearningCurve(tmp_path)).fit(ToyTask(disturb), ToyData())
    assert len(_table(tmp_path)) == 2


def test_the_curve_goes_on_after_a_restart(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    toy_trainer(first, LearningCurve(first), LastCheckpoint(first, 100), epochs=2).fit(ToyTask(), ToyData())
    toy_trainer(second, LearningCurve(second)).fit(ToyTask(), ToyData(), ckpt_path=first / "last.ckpt")
    assert [float(row["epoch"]) for row in _table(second)] == [1, 2, 3]
    assert _table(second)[:2] == _table(first)


def test_a_metric_that_is_no_number_does_not_stop_the_drawing(tmp_path):
    class Undefined(ToyTask):
        def validation_step(self, batch, batch_idx):
            self.log("val/lesion_dice", torch.tensor(torch.nan), batch_size=3)

    toy_trainer(tmp_path, LearningCurve(tmp_path), epochs=1).fit(Undefined(), ToyData())
    assert _table(tmp_path)[0]["val/lesion_dice"] == "nan"


def test_a_kappa_below_zero_is_in_the_picture(tmp_path):
    curve = LearningCurve(tmp_path)
    curve.load_state_dict({"rows": [{"epoch": 1.0, "step": 4.0, "val/kappa": -0.4}]})
    assert curve.figure().axes[1].get_ylim()[0] < -0.4
