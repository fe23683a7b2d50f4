"""A running mean of the weights, which validation, checkpoints and the final weights take."""

from functools import partial
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import WeightAveraging
from pytorch_lightning.trainer.states import TrainerFn
from torch import Tensor


class MeanWeights(WeightAveraging):
    """Lightning's exponential mean of the weights after every step, mended in three places.

    Lightning's own cannot be handed to another process. It lends the mean to the module in every validation,
    also when ``Trainer.validate`` is called after training, so that what is measured are not the weights that
    the caller has put there. And a checkpoint that is written during a validation, as SLURM's signal asks
    for, mixes up weights and mean.

    Args:
        decay: Share of the mean that stays at each step; less at first, so that the weights of the beginning
            are forgotten in short trainings as well.
    """

    def __init__(self, decay: float) -> None:
        super().__init__(multi_avg_fn=partial(_move, decay=decay))
        self._lent = False

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Lend the mean to the module."""
        if trainer.state.fn is TrainerFn.FITTING:
            super().on_validation_epoch_start(trainer, pl_module)
            self._lent = True

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take it back."""
        if self._lent:
            super().on_validation_epoch_end(trainer, pl_module)
            self._lent = False

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Store the mean as ``state_dict``, the weights that training goes on with beside it."""
        super().on_save_checkpoint(trainer, pl_module, checkpoint)
        if self._lent:
            mean, weights = checkpoint["current_model_state"], checkpoint["state_dict"]
            checkpoint |= {"state_dict": mean, "current_model_state": weights}


def _move(means: list[Tensor], weights: list[Tensor], steps: Tensor, decay: float) -> None:
    """Move means of one kind after one more step; a count, such as of batches seen, is taken over."""
    if not means[0].is_floating_point():
        torch._foreach_copy_(means, weights)
        return
    # The warm-up of TensorFlow's ExponentialMovingAverage (Abadi et al. 2016).
    kept = min(float((1 + steps) / (10 + steps)), decay)
    torch._foreach_lerp_(means, weights, 1 - kept)
