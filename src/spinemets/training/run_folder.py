"""The folder of a training run: what lies where, and whether a run may begin or go on there."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spinemets.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths of a run; nothing is made before ``begin``."""

    path: Path

    @property
    def checkpoints(self) -> Path:
        """Folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def last_checkpoint(self) -> Path:
        """What a stopped run goes on from."""
        return self.checkpoints / "last.ckpt"

    @property
    def weights(self) -> Path:
        """The trained network."""
        return self.path / "weights.safetensors"

    def begin(self, ckpt: str | None) -> Path | None:
        """Make the folder and find the checkpoint to go on from.

        Args:
            ckpt: ``last``, ``auto`` (the last one where there is one, else begin), a path, or None to begin.

        Raises:
            ConfigurationError: If there is no such checkpoint, or a run that could go on would be lost.
        """
        if ckpt == "auto":
            ckpt = "last" if self.last_checkpoint.exists() else None
        if ckpt is None:
            if self.last_checkpoint.exists():
                raise ConfigurationError(
                    f"{self.path} holds a run already",
                    field="output",
                    remedy="go on with ckpt=last, or choose another folder",
                )
            self._make()
            return None
        path = self.last_checkpoint if ckpt == "last" else Path(ckpt)
        if not path.is_file():
            raise ConfigurationError(
                f"there is no checkpoint {path}", field="ckpt", remedy="leave ckpt out to begin anew"
            )
        self._make()
        return path

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"cannot be made ({error.strerror})", file=self.path, field="output", remedy="name a folder"
            ) from None

    def write_json(self, name: str, record: Mapping[str, Any]) -> None:
        """Write a record of the run, whole or not at all."""
        aside = self.path / f".{name}.json.partial-{os.getpid()}"
        aside.write_text(json.dumps(record, indent=1, default=str) + "\n", encoding="utf-8")
        aside.replace(self.path / f"{name}.json")
