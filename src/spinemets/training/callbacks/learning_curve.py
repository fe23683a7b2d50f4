"""The learning curve of a run, as a picture and a table."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytorch_lightning as pl

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LOSSES = {"train/loss_epoch": "training", "val/loss": "validation"}
_FIGURES = {
    "val/lesion_dice": "lesion Dice",
    "val/lesion_sensitivity": "lesion sensitivity",
    "val/anatomy_dice": "anatomy Dice",
    "val/kappa": "quadratic-weighted kappa",
    "val/balanced_accuracy": "balanced accuracy",
}
# Told apart by colour-blind people too (Okabe and Ito 2008, "Color Universal Design").
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")


class LearningCurve(pl.Callback):
    """Keeps the metrics of every epoch, also over a restart, and writes them at the end of each.

    Args:
        folder: Where ``learning_curve.png`` and ``learning_curve.csv`` go.
        title: Above the picture.
    """

    def __init__(self, folder: Path | str, title: str = "") -> None:
        self._folder = Path(folder)
        self._title = title
        self._rows: list[dict[str, float]] = []

    def state_dict(self) -> dict[str, Any]:
        """The rows so far."""
        return {"rows": self._rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """The rows of the run that goes on."""
        self._rows = list(state_dict["rows"])

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Add the epoch's row and write what there is."""
        row = {name: float(value) for name, value in sorted(trainer.callback_metrics.items())}
        self._rows.append(
            {"epoch": float(trainer.current_epoch + 1), "step": float(trainer.global_step), **row}
        )
        if trainer.is_global_zero:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._write_table()
            picture = self._folder / "learning_curve.png"
            self.figure().savefig(picture, dpi=120, metadata={"Software": None})

    def figure(self) -> "Figure":
        """Losses on the left, figures of the validation on the right."""
        # Slow to import, and needed by whoever trains alone.
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(10, 4), layout="constrained")
        FigureCanvasAgg(figure)
        losses, figures = figure.subplots(1, 2)
        self._plot(losses, _LOSSES)
        self._plot(figures, _FIGURES)
        losses.set(xlabel="epoch", ylabel="loss")
        # A kappa may lie below 0; what lies at 0 or 1 is not to vanish in the frame.
        figures.set(xlabel="epoch", ylabel="validation", ylim=(min(figures.get_ylim()[0], -0.02), 1.02))
        figure.suptitle(self._title)
        return figure

    def _write_table(self) -> None:
        names = ["epoch", "step", *sorted({name for row in self._rows for name in row} - {"epoch", "step"})]
        with (self._folder / "learning_curve.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, names)
            writer.writeheader()
            writer.writerows(self._rows)

    def _plot(self, axes: Any, names: dict[str, str]) -> None:
        for (name, label), colour in zip(names.items(), _COLOURS, strict=False):
            points = [(row["epoch"], row[name]) for row in self._rows if name in row]
            if points:
                epochs, values = zip(*points, strict=True)
                axes.plot(epochs, values, label=label, color=colour, marker="." if len(points) < 30 else "")
        if axes.lines:
            axes.legend(frameon=False)
        axes.grid(alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=True)
