"""The ESCC grader's data: crops of training slices in a balanced stream, every validation slice once."""

from collections.abc import Sequence

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from spinemets.training.escc_cases import EsccCase
from spinemets.training.escc_sampling import BalancedOrder
from spinemets.training.loading import LoaderSettings, Sample, training_loader


class CropStream(Dataset[Sample]):
    """Crops by sample number; see ``sampling``."""

    def __init__(self, cases: Sequence[EsccCase], balance: float, seed: int) -> None:
        self._cases = tuple(cases)
        self._order = BalancedOrder([case.grade for case in cases], balance, seed)

    def __getitem__(self, number: int) -> Sample:
        return _sample(self._cases[self._order.case(number)], number)


class CropDataset(Dataset[Sample]):
    """Every crop once."""

    def __init__(self, cases: Sequence[EsccCase]) -> None:
        self._cases = tuple(cases)

    def __len__(self) -> int:
        return len(self._cases)

    def __getitem__(self, index: int) -> Sample:
        return _sample(self._cases[index], index)


class EsccData(pl.LightningDataModule):
    """Crops for training and validation, with the margin that they were stored with.

    Args:
        training: Cases; at least one.
        validation: Cases of other patients; may be empty.
        balance: How much more often rare grades come; see ``BalancedOrder``.
        loader: How samples are served.
    """

    def __init__(
        self,
        training: Sequence[EsccCase],
        validation: Sequence[EsccCase],
        balance: float,
        loader: LoaderSettings,
    ) -> None:
        super().__init__()
        self.training = tuple(training)
        self.validation = tuple(validation)
        self._balance = balance
        self._loader = loader

    def train_dataloader(self) -> DataLoader[Sample]:
        """Batches from the step on that the trainer has reached."""
        dataset = CropStream(self.training, self._balance, self._loader.seed)
        return training_loader(dataset, self._loader, self.trainer)

    def val_dataloader(self) -> DataLoader[Sample]:
        """This process' share of the validation cases; no case goes to two processes."""
        if self.trainer is None:
            raise RuntimeError("the data serve a trainer; hand them to Trainer.fit")
        share = self.validation[self.trainer.global_rank :: self.trainer.world_size]
        return DataLoader(CropDataset(share), batch_size=self._loader.batch_size)


def _sample(case: EsccCase, number: int) -> Sample:
    return {
        "image": torch.from_numpy(case.crop()),
        "grade": case.grade.rank,
        "case": case.name,
        "sample": number,
    }
