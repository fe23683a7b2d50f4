"""Loaders of training samples, for both tasks."""

from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl
from torch.utils.data import DataLoader, Dataset

from spinemets.errors import ConfigurationError
from spinemets.training.sampling import StepBatches

# What a batch is made of, by name; a dictionary, as torch and Lightning have it.
Sample = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LoaderSettings:
    """How samples are served.

    Args:
        batch_size: Samples of one process in a step.
        steps_per_epoch: An epoch is so many steps, whatever the number of cases.
        workers: Processes that read samples beside each training process; 0 reads in the training process.
        seed: Of the stream of samples.
    """

    batch_size: int
    steps_per_epoch: int
    workers: int
    seed: int


class StepLoader(DataLoader[Sample]):
    """A loader of ``StepBatches``, which find their place by the run's step: it keeps no state of its own."""

    def state_dict(self) -> dict[str, Any]:
        """Nothing; tells Lightning that a stopped epoch can go on."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing to do."""


def training_loader(
    dataset: Dataset[Sample], settings: LoaderSettings, trainer: pl.Trainer | None
) -> StepLoader:
    """Batches of a dataset of sample numbers, from the step on that the trainer has reached.

    Raises:
        RuntimeError: If the data were not handed to a trainer.
        ConfigurationError: If an epoch would end amid the batches of which a step gathers its gradient.
    """
    if trainer is None:
        raise RuntimeError("the data serve a trainer; hand them to Trainer.fit")
    gathered = trainer.accumulate_grad_batches
    if settings.steps_per_epoch % gathered:
        raise ConfigurationError(
            f"is {settings.steps_per_epoch}",
            field="data.steps_per_epoch",
            remedy=f"give a multiple of trainer.accumulate_grad_batches, {gathered}",
        )
    batches = StepBatches(
        settings.batch_size,
        settings.steps_per_epoch,
        lambda: trainer.global_step * gathered,
        trainer.global_rank,
        trainer.world_size,
    )
    return StepLoader(
        dataset,
        batch_sampler=batches,
        num_workers=settings.workers,
        persistent_workers=settings.workers > 0,
        pin_memory=trainer.strategy.root_device.type == "cuda",
    )
