"""Lightning's trainer as a config asks for it: what it runs on, and whether this machine can make it."""

import os
from collections.abc import Callable

import pytorch_lightning as pl
import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException
from torch import distributed

from spinemets.errors import ConfigurationError

# Takes what the run decides; a partial of the class with what the config says.
TrainerFactory = Callable[..., pl.Trainer]
_MOST_WORKERS = 8


def check_trainer(make_trainer: TrainerFactory, precision: str) -> None:
    """Refuse a trainer that this machine cannot make, before hours of preparation.

    Args:
        make_trainer: Of the config.
        precision: Lightning's name of the arithmetic; ``auto`` is left open.

    Raises:
        ConfigurationError: If a device is not there, or settings contradict each other.
    """
    given = {} if precision == "auto" else {"precision": precision}
    try:
        make_trainer(logger=False, enable_checkpointing=False, enable_progress_bar=False, **given)
    except (MisconfigurationException, ValueError) as error:
        raise ConfigurationError(
            " ".join(str(error).split()),
            field="trainer, precision",
            remedy="trainer=cpu runs everywhere, precision=auto chooses",
        ) from None


def on_gpu(make_trainer: TrainerFactory) -> bool:
    """Whether a GPU trains."""
    accelerator = getattr(make_trainer, "keywords", {}).get("accelerator", "auto")
    return accelerator in {"gpu", "cuda"} or (accelerator == "auto" and torch.cuda.is_available())


def memory_bytes(gpu: bool) -> int:
    """Of the device that trains."""
    if gpu and torch.cuda.is_available():
        return int(torch.cuda.mem_get_info()[1])
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def usual_workers(gpu: bool) -> int:
    """Processes that read samples, where the user names no number.

    Beside a CPU that trains there are none, as they would take its cores; each GPU gets its share of them.
    """
    if not gpu:
        return 0
    return max(1, min(_MOST_WORKERS, _cores() // max(1, torch.cuda.device_count()) - 1))


def usual_preparation_workers() -> int:
    """Processes that prepare cases before training, where the user names no number."""
    return min(_MOST_WORKERS, _cores())


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def leave_process_group() -> None:
    """End what the processes of a training have in common, after all have come here.

    While it stands, metrics would still wait for the answers of processes that have ended. Processes that
    Lightning has spawned end with their training and have left by themselves.
    """
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()
