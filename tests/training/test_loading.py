"""Every sample is served once, also where a step gathers the gradients of several batches."""

import pytest
import pytorch_lightning as pl

from spinemets.errors import ConfigurationError
from spinemets.training.loading import LoaderSettings, training_loader
from training.callbacks.toy_task import STEPS_PER_EPOCH, Numbers, ToyData, ToyTask, toy_trainer

pytestmark = pytest.mark.filterwarnings(r"ignore:.*LeafSpec.* is deprecated:FutureWarning")


class _Samples(pl.Callback):
    def __init__(self):
        self.seen = []

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        self.seen += batch["sample"].tolist()


@pytest.mark.parametrize("gathered", [1, 2, 4])
def test_every_sample_comes_once(tmp_path, gathered):
    samples = _Samples()
    toy_trainer(tmp_path, samples, accumulate_grad_batches=gathered).fit(ToyTask(), ToyData())
    assert samples.seen == list(range(2 * STEPS_PER_EPOCH * 3))


def test_an_epoch_does_not_end_within_a_step(tmp_path):
    with pytest.raises(ConfigurationError, match=r"multiple of trainer\.accumulate_grad_batches, 3"):
        toy_trainer(tmp_path, accumulate_grad_batches=3).fit(ToyTask(), ToyData())


def test_data_ask_for_a_trainer():
    with pytest.raises(RuntimeError, match=r"Trainer\.fit"):
        training_loader(Numbers(), LoaderSettings(2, 4, 0, 0), None)
