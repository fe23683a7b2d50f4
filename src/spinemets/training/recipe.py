"""What the train command asks of a task: data, module and files of a run, from a manifest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytorch_lightning as pl
from torch import nn

from spinemets.training.manifest import Manifest


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a recipe needs to know of the run.

    Args:
        manifest: The data.
        fold: Validation fold; None trains on all.
        seed: Of weights, samples and augmentation.
        memory_bytes: Of the device that trains.
        precision: Lightning's name of the arithmetic that is expected.
        on_gpu: Whether a GPU trains.
        skip_bad: Whether cases that cannot be read are left out.
        workers: Processes that read samples, where the user names no number.
        preparation_workers: Processes that prepare cases before training, likewise.
    """

    manifest: Manifest
    fold: int | None
    seed: int
    memory_bytes: int
    precision: str
    on_gpu: bool
    skip_bad: bool
    workers: int = 0
    preparation_workers: int = 0


@dataclass(frozen=True, slots=True)
class Probe:
    """A network and input for which fast arithmetic is tried out before training.

    Args:
        factory: Dotted path of the function that builds the network, ``module:function``.
        settings: Its arguments, as JSON has them.
        input_shape: Of one training batch.
    """

    factory: str
    settings: Mapping[str, Any]
    input_shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Preparation:
    """A run that is ready to train.

    Args:
        task: The module.
        network: The part of it that weights are saved of; its attribute ``network``.
        core: The part of the network that ``torch.compile`` takes.
        data: Batches.
        validation_cases: How many there are.
        probe: What fast arithmetic is tried out with.
        records: What was found and planned, by file name; written beside the checkpoints as JSON.
        statements: What a person should know before training, in sentences.
    """

    task: pl.LightningModule
    network: nn.Module
    core: nn.Module
    data: pl.LightningDataModule
    validation_cases: int
    probe: Probe
    records: Mapping[str, Any] = field(default_factory=dict)
    statements: tuple[str, ...] = ()


class Recipe(Protocol):
    """One task: how its data and module are made, and what its weights say of themselves."""

    name: str
    monitor: str

    def prepare(self, context: RunContext) -> Preparation:
        """Read the data and build the module.

        Raises:
            InputError: If data cannot be read, or settings do not suit them.
        """
        ...

    def finish(self, prepared: Preparation) -> Mapping[str, Any]:
        """What the weights' card says beside what every card says; calibrates on the validation cases."""
        ...
