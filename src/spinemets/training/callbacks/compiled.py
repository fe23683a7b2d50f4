"""``torch.compile``, in whichever process trains."""

import pytorch_lightning as pl
from torch import nn


class CompiledNetwork(pl.Callback):
    """Compiles a part of the network where training begins: handed to another process, it would no longer be.

    Args:
        core: The part; its names and weights stay.
    """

    def __init__(self, core: nn.Module) -> None:
        self._core = core

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Compile; the first step does the work."""
        self._core.compile()
