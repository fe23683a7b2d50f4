"""The segmenter's data: patches of training cases, whole validation cases."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from spinemets.training.case_store import PreparedCase
from spinemets.training.loading import LoaderSettings, Sample, training_loader
from spinemets.training.patches import PatchSettings, cut_patch, draw_patch
from spinemets.training.sampling import case_of_sample, sample_generator


class PatchDataset(Dataset[Sample]):
    """Patches by sample number; see ``sampling``."""

    def __init__(self, cases: Sequence[PreparedCase], settings: PatchSettings, seed: int) -> None:
        self._cases = tuple(cases)
        self._settings = settings
        self._seed = seed

    def __getitem__(self, number: int) -> Sample:
        case = self._cases[case_of_sample(self._seed, number, len(self._cases))]
        patch = draw_patch(case, self._settings, sample_generator(self._seed, number))
        return _sample(case, patch.image, patch.targets, number)


class CaseDataset(Dataset[Sample]):
    """Whole cases."""

    def __init__(self, cases: Sequence[PreparedCase]) -> None:
        self._cases = tuple(cases)

    def __len__(self) -> int:
        return len(self._cases)

    def __getitem__(self, index: int) -> Sample:
        case = self._cases[index]
        whole = cut_patch(case, np.zeros(3, dtype=np.int64), case.shape)
        return _sample(case, whole.image, whole.targets, index)


class SegmentationData(pl.LightningDataModule):
    """Patches for training, whole cases for validation.

    Args:
        training: Prepared cases; at least one.
        validation: Prepared cases that no patch comes from; may be empty.
        patches: How patches are cut.
        loader: How they are served.
    """

    def __init__(
        self,
        training: Sequence[PreparedCase],
        validation: Sequence[PreparedCase],
        patches: PatchSettings,
        loader: LoaderSettings,
    ) -> None:
        super().__init__()
        self.training = tuple(training)
        self.validation = tuple(validation)
        self._patches = patches
        self._loader = loader

    def train_dataloader(self) -> DataLoader[Sample]:
        """Batches from the step on that the trainer has reached."""
        dataset = PatchDataset(self.training, self._patches, self._loader.seed)
        return training_loader(dataset, self._loader, self.trainer)

    def val_dataloader(self) -> DataLoader[Sample]:
        """This process' share of the validation cases, one a batch; no case goes to two processes."""
        if self.trainer is None:
            raise RuntimeError("the data serve a trainer; hand them to Trainer.fit")
        share = self.validation[self.trainer.global_rank :: self.trainer.world_size]
        return DataLoader(CaseDataset(share), batch_size=1)


def _sample(case: PreparedCase, image: Any, targets: Any, number: int) -> Sample:
    return {
        "image": torch.from_numpy(image),
        "presence": torch.from_numpy(case.presence),
        "targets": torch.from_numpy(targets),
        "case": case.name,
        "sample": number,
    }
