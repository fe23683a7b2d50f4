"""Pictures of validation cases during training: what is true beside what the network says."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pytorch_lightning as pl

from spinemets.anatomy import EsccGrade


@dataclass(frozen=True, slots=True, eq=False)
class SliceMaps:
    """What a reference or a network says of a slice.

    Args:
        anatomy: (row, column) values of ``Anatomy``; None where nothing is said of anatomy.
        lesion: (row, column), True where there is metastasis; None where nothing is said of lesions.
    """

    anatomy: npt.NDArray[np.uint8] | None
    lesion: npt.NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True, eq=False)
class PreviewPanel:
    """A sagittal slice of a case; rows run from head to feet, columns from front to back.

    Args:
        case: Its name.
        place: Which slice it is, in words.
        simulated: Whether no patient was imaged.
        images: (row, column) z-scored intensities of each channel that is there, by its name.
        reference: What is true.
        predicted: What the network says.
        pixel_mm: Along rows and columns.
    """

    case: str
    place: str
    simulated: bool
    images: Mapping[str, npt.NDArray[np.float32]]
    reference: SliceMaps
    predicted: SliceMaps
    pixel_mm: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class GradePanel:
    """A graded axial crop; rows run from front to back, columns from the patient's right to left.

    Args:
        case: Its name.
        simulated: Whether no patient was imaged.
        image: (row, column) intensities with mean 0 and standard deviation 1.
        grade: What is true.
        probabilities: (6,) of each grade, in their order.
    """

    case: str
    simulated: bool
    image: npt.NDArray[np.float32]
    grade: EsccGrade
    probabilities: npt.NDArray[np.float32]


Panel = PreviewPanel | GradePanel


@runtime_checkable
class ShowsCases(Protocol):
    """A task that has pictures to show."""

    def preview(self, batch: dict[str, Any]) -> Sequence[Panel]:
        """Panels of a validation batch; draws no random number, so that a run is the same without them."""
        ...


class Preview(pl.Callback):
    """Draws some validation cases every so many epochs, always the same ones.

    Sagittal cases get a folder each, ``FOLDER/CASE/epoch-0010.png``; graded crops one sheet of an epoch,
    ``FOLDER/epoch-0010.png``. A task that is not ``ShowsCases`` is left alone.

    Args:
        folder: Of the pictures.
        every_n_epochs: They are drawn after; the last epoch is drawn as well.
        batches: How many validation batches are shown.
    """

    def __init__(self, folder: Path | str, every_n_epochs: int, batches: int) -> None:
        self._folder = Path(folder)
        self._every_n_epochs = every_n_epochs
        self._batches = batches
        self._panels: list[Panel] = []

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Ask the task for what is to be shown of a batch."""
        task: object = pl_module
        if batch_idx < self._batches and trainer.is_global_zero and self._due(trainer):
            self._panels += task.preview(batch) if isinstance(task, ShowsCases) else ()

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw it."""
        panels, self._panels = self._panels, []
        # Matplotlib is slow to import, and needed by whoever draws alone.
        from spinemets.training.callbacks.preview_figures import draw_grades, draw_slices

        name = f"epoch-{trainer.current_epoch + 1:04d}.png"
        for case, slices in _by_case(panels).items():
            self._save(draw_slices(slices), self._folder / _as_folder(case) / name)
        grades = [panel for panel in panels if isinstance(panel, GradePanel)]
        if grades:
            self._save(draw_grades(grades), self._folder / name)

    def _due(self, trainer: pl.Trainer) -> bool:
        epoch = trainer.current_epoch + 1
        asked = epoch % self._every_n_epochs == 0 or epoch == trainer.max_epochs
        return asked and trainer.state.fn == "fit" and not trainer.sanity_checking

    def _save(self, figure: Any, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Software": None})


def _by_case(panels: Sequence[Panel]) -> Mapping[str, list[PreviewPanel]]:
    cases: dict[str, list[PreviewPanel]] = defaultdict(list)
    for panel in panels:
        if isinstance(panel, PreviewPanel):
            cases[panel.case].append(panel)
    return cases


def _as_folder(case: str) -> str:
    """A case's name holds slashes, and may hold what file systems do not take."""
    return re.sub(r"[^\w.-]+", "_", case).strip(".") or "case"
