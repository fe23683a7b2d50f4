"""Checkpoints that appear whole or not at all, whenever the process is killed."""

import os
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO


class WholeFileCheckpoints(TorchCheckpointIO):
    """Writes a checkpoint beside its place and puts it there in one step.

    Lightning's own writes into the system's folder for temporary files and moves the file from there. Where
    the run's folder lies on another file system, as on most clusters, that move is a copy into the last good
    checkpoint, which a kill leaves half done.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None
    ) -> None:
        """Write the file, and return when the disk has it.

        Raises:
            OSError: If there is no room; a checkpoint that was there before stays.
        """
        final = Path(path)
        final.parent.mkdir(parents=True, exist_ok=True)
        # One name for each checkpoint, so that a killed run leaves at most one that the next one replaces.
        aside = final.with_name(f".{final.name}.partial")
        with aside.open("wb") as stream:
            torch.save(checkpoint, stream)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(final)
