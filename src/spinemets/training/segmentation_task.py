"""One training and validation step of the segmenter, for Lightning."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import pytorch_lightning as pl
import torch
from numpy.random import Generator
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from spinemets.networks.precision import untried_shape
from spinemets.networks.segmenter import SegmenterOutput, SpineSegmenter
from spinemets.networks.whole_volume import WindowSettings, segment_volume
from spinemets.training.callbacks.preview import PreviewPanel
from spinemets.training.callbacks.sagittal_preview import sagittal_panels
from spinemets.training.losses import LossWeights, segmentation_loss
from spinemets.training.sampling import sample_generator
from spinemets.training.segmentation_metrics import SegmentationMetrics

Batch = dict[str, Any]
_ON_HOST = ("presence", "sample")


@dataclass(frozen=True, slots=True)
class ShownAs:
    """What previews say of cases.

    Args:
        pixel_mm: Along rows and columns.
        simulated: Names of the cases in which no patient was imaged.
    """

    pixel_mm: tuple[float, float]
    simulated: frozenset[str]


class Augmentation(Protocol):
    """Changes one sample at random, on whatever device it lies."""

    def __call__(
        self, image: Tensor, presence: Tensor, targets: Tensor, rng: Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """(4, slice, row, column), (4,) and (3, slice, row, column), and the same of the changed sample.

        Which channels are there lies on the host, before and after.
        """
        ...


class SegmentationTask(pl.LightningModule):
    """Trains a segmenter.

    Args:
        network: To be trained.
        optimiser: Makes the optimiser of the parameters.
        schedule: Makes the schedule of the learning rate from optimiser and ``total_steps``.
        augmentation: Applied to every training sample.
        weights: Of the losses.
        window: How validation cases go through the network.
        seed: Of the stream of samples; a sample's augmentation follows from it and the sample's number.
        shown_as: How validation cases are shown in previews.
    """

    def __init__(
        self,
        network: SpineSegmenter,
        optimiser: Callable[[Iterable[torch.nn.Parameter]], Optimizer],
        schedule: Callable[..., LRScheduler],
        augmentation: Augmentation,
        weights: LossWeights,
        window: WindowSettings,
        seed: int,
        shown_as: ShownAs,
    ) -> None:
        super().__init__()
        self.network = network
        self.metrics = SegmentationMetrics()
        self._optimiser = optimiser
        self._schedule = schedule
        self._augmentation = augmentation
        self._weights = weights
        self.window = window
        self._seed = seed
        self._shown_as = shown_as

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
        """Augments training samples where the network runs, each from its own generator."""
        if self.trainer.training:
            samples = [
                self._augmentation(image, presence, targets, sample_generator(self._seed + 1, int(number)))
                for image, presence, targets, number in zip(
                    batch["image"], batch["presence"], batch["targets"], batch["sample"], strict=True
                )
            ]
            image, presence, targets = (torch.stack(parts) for parts in zip(*samples, strict=True))
            batch = batch | {"image": image, "presence": presence, "targets": targets}
        return batch | {"presence": batch["presence"].to(batch["image"].device, non_blocking=True)}

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Mean over the samples of the heads' losses."""
        scales = self.network.scales(batch["image"], batch["presence"])
        parts = segmentation_loss(scales, batch["targets"], self._weights)
        loss = parts.total(self._weights).mean()
        size = len(batch["image"])
        self.log("train/loss", loss, on_step=True, on_epoch=True, sync_dist=True, batch_size=size)
        heads = {f"train/loss_{head}": getattr(parts, head).mean() for head in ("anatomy", "lesion", "level")}
        self.log_dict(heads, on_step=True, on_epoch=True, sync_dist=True, batch_size=size)
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Whole cases through the network; metrics gather over the epoch."""
        output = self._whole(batch["image"], batch["presence"])
        loss = segmentation_loss([output], batch["targets"], self._weights).total(self._weights).mean()
        self.log("val/loss", loss, sync_dist=True, batch_size=len(batch["image"]))
        self.metrics.update(output, batch["targets"])

    def on_validation_epoch_end(self) -> None:
        """Metrics over all cases of all processes."""
        self.log_dict(
            {f"val/{name}": value.float() for name, value in self.metrics.compute().items()}, prog_bar=False
        )
        self.metrics.reset()

    def preview(self, batch: Batch) -> tuple[PreviewPanel, ...]:
        """Slices of the first case of a validation batch, with what is true and what the network says."""
        case = str(batch["case"][0])
        with torch.no_grad():
            output = self._whole(batch["image"][:1], batch["presence"][:1])
        return sagittal_panels(
            case,
            case in self._shown_as.simulated,
            batch["image"][0],
            batch["presence"][0],
            batch["targets"][0],
            output,
            self._shown_as.pixel_mm,
        )

    def _whole(self, image: Tensor, presence: Tensor) -> SegmenterOutput:
        """The heads over whole cases, each of which has a shape of its own."""
        with untried_shape(self.device):
            return segment_volume(self.network, image, presence, self.window)
