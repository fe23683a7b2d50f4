"""Stops a run whose loss is no number, and says which cases were in the batch."""

import json
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from spinemets.training.errors import TrainingError


class NanGuard(pl.Callback):
    """Ends training at the first loss that is infinite or no number.

    The weights are still those of the step before. Every process stops, also those whose own loss is sound.

    Args:
        folder: Where ``nan_batch.json`` is written.
    """

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)

    def on_before_backward(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, loss: torch.Tensor
    ) -> None:
        """Look at the loss before it reaches any weight."""
        sound = torch.isfinite(loss.detach()).all()
        if trainer.world_size > 1:
            sound = trainer.strategy.reduce(sound.float(), reduce_op="mean") == 1.0
        if not bool(sound):
            raise TrainingError(self._explanation(trainer, float(loss.detach())))

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Remember what is in the batch."""
        self._cases = [str(case) for case in batch["case"]]
        self._samples = [int(number) for number in batch["sample"]]

    def _explanation(self, trainer: pl.Trainer, loss: float) -> str:
        record = {
            "step": trainer.global_step,
            "rank": trainer.global_rank,
            "loss": str(loss),
            "cases": self._cases,
            "samples": self._samples,
        }
        name = "nan_batch.json" if trainer.global_rank == 0 else f"nan_batch_{trainer.global_rank}.json"
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / name
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        cases = ", ".join(self._cases)
        return (
            f"the loss is {loss} at step {trainer.global_step} (cases {cases}); they are listed in {path}. "
            "Look at these cases, or lower optimiser.lr"
        )
