"""How fast a training was, and what it waited for."""

import json
import logging
import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.profilers import PassThroughProfiler, Profiler

from spinemets.training.callbacks.peak_memory import peak_memory_gib

_LOG = logging.getLogger(__name__)
_SECONDS_BETWEEN_LOOKS = 1.0


class Throughput(pl.Callback):
    """Measures steps after the first ones, without validation, and writes ``throughput.json`` at the end.

    Only what this process did is counted, not what a run that it goes on from had done.

    Args:
        folder: Where the file goes.
        warm_up_steps: Not counted: kernels are chosen and memory is taken in them.
    """

    def __init__(self, folder: Path | str, warm_up_steps: int) -> None:
        self._folder = Path(folder)
        self._warm_up_steps = warm_up_steps
        self._waiting = DataClock()
        self._steps, self._samples, self._seconds, self._waited = 0, 0, 0.0, 0.0
        self._marked, self._looked = 0.0, 0.0
        self._timed = False
        self._utilisation: list[int] = []

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Time what the loop waits for data; a profiler that the user has chosen stays."""
        owner: Any = trainer  # has it, without saying so to type checkers
        if isinstance(owner.profiler, PassThroughProfiler):
            owner.profiler = self._waiting
        self._timed = owner.profiler is self._waiting

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin to count."""
        self._mark()

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Leave out the validation."""
        self._mark()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count a step."""
        now = time.monotonic()
        self._steps += 1
        if self._steps > self._warm_up_steps:
            self._samples += len(batch["sample"]) * trainer.world_size
            self._seconds += now - self._marked
            self._waited += self._waiting.seconds
            self._look(pl_module.device, now)
        self._mark()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the file."""
        self._write(trainer, pl_module)

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Write what there is."""
        self._write(trainer, pl_module)

    def _mark(self) -> None:
        self._marked = time.monotonic()
        self._waiting.seconds = 0.0

    def _look(self, device: torch.device, now: float) -> None:
        """Ask the GPU how busy it is, now and then; the answer is the driver's, of the moments before."""
        if device.type == "cuda" and now - self._looked > _SECONDS_BETWEEN_LOOKS:
            self._looked = now
            try:
                self._utilisation.append(torch.cuda.utilization(device))
            except (ImportError, RuntimeError):
                # Without NVIDIA's library for it, or on a driver that does not say, nobody knows.
                self._looked = float("inf")

    def _write(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not trainer.is_global_zero:
            return
        record = self._record(trainer, pl_module.device)
        self._folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(record, indent=1) + "\n"
        (self._folder / "throughput.json").write_text(text, encoding="utf-8")
        if record["samples_per_second"] is not None:
            _LOG.info(
                "%.2f samples a second, %.1f GiB of memory at most",
                record["samples_per_second"],
                record["peak_memory_gib"],
            )

    def _record(self, trainer: pl.Trainer, device: torch.device) -> dict[str, Any]:
        known = self._seconds > 0
        busy = self._utilisation
        return {
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
            "processes": trainer.world_size,
            "threads": torch.get_num_threads(),
            "precision": str(trainer.precision),
            "steps": max(0, self._steps - self._warm_up_steps),
            "samples_per_second": self._samples / self._seconds if known else None,
            "data_wait_share": self._waited / self._seconds if known and self._timed else None,
            "peak_memory_gib": peak_memory_gib(),
            "gpu_utilisation_percent": sum(busy) / len(busy) if busy else None,
        }


class DataClock(Profiler):
    """Seconds that the training loop has waited for its next batch; set back by whoever reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self._began = 0.0

    def start(self, action_name: str) -> None:
        """The loop asks for a batch."""
        if action_name.endswith("train_dataloader_next"):
            self._began = time.monotonic()

    def stop(self, action_name: str) -> None:
        """It has it."""
        if action_name.endswith("train_dataloader_next"):
            self.seconds += time.monotonic() - self._began
