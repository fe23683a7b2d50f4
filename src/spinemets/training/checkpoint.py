"""What a checkpoint says of itself, and whether a run may go on from it."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import pytorch_lightning as pl
import torch

from spinemets.errors import InputError, UnreadableFileError

_KEY, _VERSION = "spinemets", 1
_DAMAGED = (OSError, RuntimeError, EOFError, ValueError, KeyError, BadZipFile, pickle.UnpicklingError)


def checkpoint_facts(task: str, network: Mapping[str, Any], manifest_sha256: str) -> dict[str, Any]:
    """What is stored in every checkpoint of a run, for ``check_checkpoint``."""
    return {
        _KEY: {
            "version": _VERSION,
            "task": task,
            "network": repr(sorted(network.items())),
            "manifest_sha256": manifest_sha256,
        }
    }


class CheckpointFacts(pl.Callback):
    """Stores the facts of a run in each of its checkpoints."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = dict(facts)

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add the facts."""
        checkpoint.update(self._facts)


def check_checkpoint(path: Path, facts: Mapping[str, Any]) -> None:
    """Refuse a checkpoint that another kind of run has made; nothing is loaded into a network.

    Args:
        path: The file.
        facts: Of the run that wants to go on, as ``checkpoint_facts`` gives them.

    Raises:
        UnreadableFileError: If it is damaged or no checkpoint of ours.
        InputError: If it is of another version, task, network or data set.
    """
    stored, wanted = _stored_facts(path), facts[_KEY]
    remedies = {
        "version": "train anew, or use the version of spinemets that made it",
        "task": "name the checkpoint of a run of this task",
        "network": "choose the network that the run began with",
        "manifest_sha256": "go on with the manifest that the run began with",
    }
    for name, remedy in remedies.items():
        if stored.get(name) != wanted[name]:
            raise InputError(
                f"was made with {stored.get(name)!r}, this run has {wanted[name]!r}",
                file=path,
                field=name,
                remedy=remedy,
            )


def _stored_facts(path: Path) -> Mapping[str, Any]:
    try:
        # Tensors and plain values alone are read; a file that wants to run code is refused.
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except _DAMAGED as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise UnreadableFileError(
            f"cannot be read as a checkpoint ({first})", file=path, remedy="choose another, or begin anew"
        ) from None
    facts = content.get(_KEY) if isinstance(content, dict) else None
    if not isinstance(facts, dict):
        raise UnreadableFileError("is no checkpoint of spinemets", file=path, remedy="choose another")
    return facts
