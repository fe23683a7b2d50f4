"""What runs studies: worker processes here, or a cluster."""

from dataclasses import dataclass
from typing import Protocol

from spinemets.errors import ConfigurationError
from spinemets.inference.archive.work import Outcome, StudyWork


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one study; None is none.

    Args:
        seconds: From the first look at its files to the last output.
        memory_gib: Resident memory of the worker, the networks and their libraries included.

    Raises:
        ConfigurationError: If a limit leaves nothing.
    """

    seconds: float | None
    memory_gib: float | None

    def __post_init__(self) -> None:
        for name, value in (("study_timeout_s", self.seconds), ("study_memory_gib", self.memory_gib)):
            if value is not None and not value > 0:
                raise ConfigurationError(f"is {value}", field=name, remedy="give more than 0, or null")


class Engine(Protocol):
    """Takes on studies, and tells what came of them, each once; a limit that is passed is an outcome too."""

    @property
    def free(self) -> int:
        """How many studies it can take on now."""

    def submit(self, work: StudyWork) -> None:
        """Take on a study; only where one is free."""

    def wait(self, seconds: float) -> list[Outcome]:
        """What has come of studies, after at most so many seconds."""
