"""The checkpoint that a stopped run goes on from."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint


class LastCheckpoint(ModelCheckpoint):
    """Keeps ``last.ckpt`` at the end of every epoch, and within epochs every so many steps.

    Lightning's ``ModelCheckpoint`` does one or the other. After an epoch's last step nothing is written
    before the validation is over: a run that goes on from there would leave the validation out, and could
    choose other weights as its best. Name it after the checkpoint of the best weights in a config, so that
    what that one remembers is of the same epoch.

    Args:
        dirpath: Folder of the run's checkpoints.
        every_n_train_steps: Steps of an epoch between two checkpoints.
    """

    def __init__(self, dirpath: Path | str, every_n_train_steps: int) -> None:
        # Nothing is left for Lightning's own rules to save.
        super().__init__(
            dirpath, every_n_train_steps=every_n_train_steps, save_top_k=0, enable_version_counter=False
        )
        self._path = Path(dirpath) / "last.ckpt"

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Write within an epoch."""
        whole_step = (batch_idx + 1) % trainer.accumulate_grad_batches == 0
        due = whole_step and trainer.global_step % self._every_n_train_steps == 0
        if due and not trainer.is_last_batch:
            trainer.save_checkpoint(self._path)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write after the epoch's validation."""
        trainer.save_checkpoint(self._path)

    def state_dict(self) -> dict[str, Any]:
        """Nothing, so that a run may go on with another ``every_n_train_steps`` or in another folder."""
        return {}
