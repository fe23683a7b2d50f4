"""Progress of a training: a bar on a terminal, a line an epoch elsewhere."""

import logging
import sys
import time
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import TQDMProgressBar

_LOG = logging.getLogger(__name__)
# Shown, in this order, where a task has them.
_SHOWN = {
    "val/lesion_dice": "lesion Dice",
    "val/lesion_sensitivity": "lesion sensitivity",
    "val/anatomy_dice": "anatomy Dice",
    "val/kappa": "kappa",
}


class TrainingProgress(TQDMProgressBar):
    """Loss, the last validation's figures and samples a second.

    Args:
        refresh_rate: Steps between two updates of the bar.
    """

    def __init__(self, refresh_rate: int = 5) -> None:
        super().__init__(refresh_rate=refresh_rate)
        self._epoch_began = 0.0
        self._samples = 0
        self._samples_per_second = 0.0
        # The bar goes where Lightning's goes.
        self._on_terminal = sys.stdout.isatty()
        if not self._on_terminal:
            self.disable()

    def get_metrics(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> dict[str, Any]:
        """What the bar shows beside its rate."""
        shown = {name: f"{value:.3f}" for name, value in _values(trainer).items()}
        return shown | {"samples/s": f"{self._samples_per_second:.1f}"}

    def on_train_epoch_start(self, trainer: pl.Trainer, *arguments: Any) -> None:
        """Remember when the epoch began."""
        self._epoch_began = time.monotonic()
        self._samples = 0
        if self._on_terminal:
            super().on_train_epoch_start(trainer, *arguments)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count samples, of all processes."""
        self._samples += len(batch["sample"]) * trainer.world_size
        self._samples_per_second = self._samples / (time.monotonic() - self._epoch_began)
        super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Off a terminal, a line."""
        if self._on_terminal:
            super().on_train_epoch_end(trainer, pl_module)
        elif trainer.is_global_zero:
            seconds = time.monotonic() - self._epoch_began
            values = ", ".join(
                f"{name} {value}" for name, value in self.get_metrics(trainer, pl_module).items()
            )
            _LOG.info(
                "epoch %d of %s (%.0f s): %s", trainer.current_epoch + 1, trainer.max_epochs, seconds, values
            )


def _values(trainer: pl.Trainer) -> dict[str, float]:
    metrics = trainer.callback_metrics
    loss = metrics.get("train/loss_step")
    values = {} if loss is None else {"loss": float(loss)}
    return values | {label: float(metrics[name]) for name, label in _SHOWN.items() if name in metrics}
