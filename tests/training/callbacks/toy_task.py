"""A task of a few numbers that trains in milliseconds, for tests of what watches a training."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from spinemets.training.loading import LoaderSettings, training_loader
from spinemets.training.schedules import polynomial

STEPS_PER_EPOCH = 4


class Numbers(Dataset):
    """Sample n is a function of n."""

    def __getitem__(self, number):
        image = torch.randn(4, generator=torch.Generator().manual_seed(number))
        return {"image": image, "target": image.sum()[None], "case": f"case-{number % 5}", "sample": number}

    def __len__(self):
        return 3


class ToyData(pl.LightningDataModule):
    """Training samples without end; three to validate on."""

    def train_dataloader(self):
        return training_loader(Numbers(), LoaderSettings(2, STEPS_PER_EPOCH, 0, 0), self.trainer)

    def val_dataloader(self):
        return DataLoader(Numbers(), batch_size=3)


def usual_optimiser(parameters):
    return torch.optim.AdamW(parameters, 1e-2)


def usual_schedule(optimiser, total_steps):
    return polynomial(optimiser, total_steps, 0.9)


class ToyTask(pl.LightningModule):
    """Logs what the real tasks log.

    Args:
        disturb: Changes the loss of a batch.
    """

    def __init__(self, disturb=lambda loss, batch: loss, optimiser=usual_optimiser, schedule=usual_schedule):
        super().__init__()
        torch.manual_seed(0)
        layers = torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 1)
        self.network = torch.nn.Sequential(*layers)
        self.validated_with = []
        self._disturb, self._optimiser, self._schedule = disturb, optimiser, schedule

    def configure_optimizers(self):
        optimiser = self._optimiser(self.network.parameters())
        schedule = self._schedule(optimiser, total_steps=int(self.trainer.estimated_stepping_batches))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def training_step(self, batch, batch_idx):
        loss = self._disturb(self._loss(batch), batch)
        size = len(batch["image"])
        self.log("train/loss", loss, on_step=True, on_epoch=True, sync_dist=True, batch_size=size)
        return loss

    def validation_step(self, batch, batch_idx):
        self.validated_with.append(state_of(self))
        loss = self._loss(batch)
        self.log_dict({"val/loss": loss, "val/lesion_dice": 1 / (1 + loss)}, batch_size=3, sync_dist=True)

    def _loss(self, batch):
        return ((self.network(batch["image"]) - batch["target"]) ** 2).mean()


def toy_trainer(folder, *callbacks, epochs=3, **changes):
    """A trainer as the train command makes it."""
    settings = {
        "accelerator": "cpu",
        "devices": 1,
        "max_epochs": epochs,
        "logger": False,
        "enable_checkpointing": any(isinstance(each, pl.callbacks.Checkpoint) for each in callbacks),
        "enable_progress_bar": any(isinstance(each, pl.callbacks.ProgressBar) for each in callbacks),
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
        "deterministic": True,
        "gradient_clip_val": 1.0,
        "use_distributed_sampler": False,
    }
    return pl.Trainer(default_root_dir=folder, callbacks=list(callbacks), **(settings | changes))


def state_of(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
