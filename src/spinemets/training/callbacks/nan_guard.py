"""Stops a run whose loss or gradient is no number, and says which cases were in the batch."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from spinemets.training.errors import TrainingError


@dataclass(slots=True, eq=False)
class _Seen:
    """A batch since the last step of the optimiser."""

    cases: list[str]
    samples: list[int]
    loss: Tensor | None = None


class NanGuard(pl.Callback):
    """Ends training at the first loss or gradient that is infinite or no number.

    It looks before the optimiser moves, so the weights are still those of the step before. Every process
    stops, also those whose own loss is sound.

    Args:
        folder: Where ``nan_batch.json`` is written.
    """

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)
        self._seen: list[_Seen] = []

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Remember what is in the batch."""
        cases = [str(case) for case in batch["case"]]
        self._seen.append(_Seen(cases, [int(number) for number in batch["sample"]]))

    def on_before_backward(self, trainer: pl.Trainer, pl_module: pl.LightningModule, loss: Tensor) -> None:
        """Keep the loss; to look at it now would make a GPU wait."""
        self._seen[-1].loss = loss.detach()

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: Optimizer
    ) -> None:
        """Look at the losses and the gradient.

        Raises:
            TrainingError: If one of them, in any process, is infinite or no number.
        """
        seen, self._seen = self._seen, []
        finite = _losses(seen).isfinite().all()
        # fp16 makes infinite gradients on purpose while it looks for its scale.
        if getattr(trainer.precision_plugin, "scaler", None) is None:
            finite = finite & _gradient(pl_module).isfinite()
        share: Any = trainer.strategy.reduce(finite.float(), reduce_op="mean")
        if float(share) < 1.0:
            raise TrainingError(self._explanation(trainer, seen))

    def _explanation(self, trainer: pl.Trainer, seen: list[_Seen]) -> str:
        losses = [float(loss) for loss in _losses(seen)]
        cases = [case for each in seen for case in each.cases]
        record = {
            "step": trainer.global_step,
            "rank": trainer.global_rank,
            "losses": [str(loss) for loss in losses],
            "parts": _parts(trainer),
            "cases": cases,
            "samples": [number for each in seen for number in each.samples],
        }
        path = self._write(trainer.global_rank, record)
        named = ", ".join(f"{loss:g}" for loss in losses)
        return (
            f"the loss or its gradient is no finite number at step {trainer.global_step} (loss {named}; "
            f"cases {', '.join(cases)}); they are listed in {path}. Look at these cases, lower optimiser.lr, "
            "or set precision=32-true"
        )

    def _write(self, rank: int, record: dict[str, Any]) -> Path:
        path = self._folder / ("nan_batch.json" if rank == 0 else f"nan_batch_{rank}.json")
        self._folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        return path


def _losses(seen: list[_Seen]) -> Tensor:
    return torch.stack([each.loss.float().mean() for each in seen if each.loss is not None])


def _gradient(pl_module: pl.LightningModule) -> Tensor:
    """Norm of the whole gradient, which is finite where every part of it is."""
    return get_total_norm([each.grad for each in pl_module.parameters() if each.grad is not None])


def _parts(trainer: pl.Trainer) -> dict[str, str]:
    """What the step has logged of its loss; as texts, since JSON has no word for no number."""
    metrics = trainer.callback_metrics
    return {name: str(float(value)) for name, value in sorted(metrics.items()) if name.startswith("train/")}
