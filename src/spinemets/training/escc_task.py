"""One training and validation step of the ESCC grader, for Lightning."""

from collections.abc import Callable, Iterable
from typing import Any

import pytorch_lightning as pl
import torch
from numpy.random import Generator
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from spinemets.anatomy import EsccGrade
from spinemets.networks.escc_grader import EsccGrader
from spinemets.networks.ordinal import grade_probabilities, ordinal_loss
from spinemets.networks.precision import untried_shape
from spinemets.training.callbacks.preview import GradePanel
from spinemets.training.escc_metrics import EsccMetrics
from spinemets.training.sampling import sample_generator

Batch = dict[str, Any]
_ON_HOST = ("sample",)
CropAugmentation = Callable[[Tensor, Generator], Tensor]


class EsccTask(pl.LightningModule):
    """Trains a grader.

    Crops come with a margin; they are augmented with it, so that what moves into view is the patient, and
    then cut to the network's size.

    Args:
        network: To be trained.
        optimiser: Makes the optimiser of the parameters.
        schedule: Makes the schedule of the learning rate from optimiser and ``total_steps``.
        augmentation: Changes a crop (slice, row, column) at random.
        seed: Of the stream of samples; a sample's augmentation follows from it and the sample's number.
        simulated: Names of the cases in which no patient was imaged.
    """

    def __init__(
        self,
        network: EsccGrader,
        optimiser: Callable[[Iterable[torch.nn.Parameter]], Optimizer],
        schedule: Callable[..., LRScheduler],
        augmentation: CropAugmentation,
        seed: int,
        simulated: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__()
        self.network = network
        self.metrics = EsccMetrics()
        self._optimiser = optimiser
        self._schedule = schedule
        self._augmentation = augmentation
        self._seed = seed
        self._simulated = simulated

    def configure_optimizers(self) -> Any:
        """The optimiser, and the schedule that moves with every step."""
        optimiser = self._optimiser(self.network.parameters())
        schedule = self._schedule(optimiser, total_steps=int(self.trainer.estimated_stepping_batches))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """Leaves on the host what is asked for there: to read it back makes a GPU wait."""
        moved: Batch = super().transfer_batch_to_device(batch, device, dataloader_idx)
        return moved | {name: batch[name] for name in _ON_HOST}

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        """Augments training samples where the network runs, each from its own generator, and cuts them."""
        image = batch["image"]
        if self.trainer.training:
            image = torch.stack(
                [
                    self._augmentation(crop, sample_generator(self._seed, int(number)))
                    for crop, number in zip(image, batch["sample"], strict=True)
                ]
            )
        return batch | {"image": without_margin(image, self.network.settings.crop_size)}

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Mean over the samples of the loss."""
        loss = ordinal_loss(self.network(batch["image"]), batch["grade"])
        size = len(batch["image"])
        self.log("train/loss", loss, on_step=True, on_epoch=True, sync_dist=True, batch_size=size)
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Metrics gather over the epoch."""
        self.metrics.update(self._validated(batch["image"]), batch["grade"])

    def on_validation_epoch_end(self) -> None:
        """Metrics over all cases of all processes."""
        self.log_dict({f"val/{name}": value for name, value in self.metrics.compute().items()})
        self.metrics.reset()

    def preview(self, batch: Batch) -> list[GradePanel]:
        """The crops of a validation batch, with their grades and the network's probabilities."""
        with torch.no_grad():
            probabilities = grade_probabilities(self._validated(batch["image"])).float().cpu().numpy()
        middle = batch["image"].shape[1] // 2
        images = batch["image"][:, middle].float().cpu().numpy()
        return [
            GradePanel(str(case), str(case) in self._simulated, image, list(EsccGrade)[int(rank)], row)
            for case, image, rank, row in zip(
                batch["case"], images, batch["grade"].tolist(), probabilities, strict=True
            )
        ]

    def _validated(self, crops: Tensor) -> Tensor:
        """Logits of a batch that may be smaller than those of the training."""
        with untried_shape(self.device):
            logits: Tensor = self.network(crops)
        return logits


def without_margin(crops: Tensor, size: int) -> Tensor:
    """The middle of crops (..., row, column), ``size`` pixels along both."""
    margin = (crops.shape[-1] - size) // 2
    return crops[..., margin : margin + size, margin : margin + size]
