"""Runs a command under Hydra, with overrides, ``--help``, ``--cfg job`` and ``--multirun``."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spinemets.configuration import config_directory
from spinemets.errors import SpineMetsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omegaconf import DictConfig


def run(config_name: str, argv: Sequence[str], task: "Callable[[DictConfig], int]") -> int:
    """Compose ``configs/<config_name>.yaml`` with the overrides in ``argv`` and hand it to the task.

    Args:
        config_name: Name of the primary config, also the command's name.
        argv: Hydra's arguments, without the program's name.
        task: Gets the composed config; returns the exit status.

    Returns:
        The task's exit status, the worst one under ``--multirun``; 2 where the config cannot be
        composed or the task refuses its input with a ``SpineMetsError``; 1 after any other exception.
    """
    import hydra
    from hydra.errors import InstantiationException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    statuses: list[int] = []
    reader_left: list[BrokenPipeError] = []

    def job(config: "DictConfig") -> None:
        try:
            if absent := sorted(OmegaConf.missing_keys(config)):
                raise SpineMetsError(
                    f"{absent[0]} is not given; add {absent[0]}=... (see spinemets {config_name} --help)"
                )
            statuses.append(task(config))
        except SpineMetsError as error:
            print(f"spinemets {config_name}: {error}", file=sys.stderr)
            statuses.append(2)
        except InstantiationException as error:
            # Hydra wraps what a settings record refuses.
            if not isinstance(error.__cause__, SpineMetsError):
                raise
            print(f"spinemets {config_name}: {error.__cause__}", file=sys.stderr)
            statuses.append(2)
        except OmegaConfBaseException as error:
            print(f"spinemets {config_name}: {str(error).splitlines()[0]}", file=sys.stderr)
            statuses.append(2)
        except BrokenPipeError as error:
            reader_left.append(error)
        except Exception:
            # A bug of ours: Hydra shows it and ends the process.
            statuses.append(1)
            raise

    entry = hydra.main(version_base="1.3", config_path=str(config_directory()), config_name=config_name)(job)
    with _arguments([f"spinemets {config_name}", *argv]):
        try:
            entry()
        except SystemExit as stop:
            # Hydra ends the process with 1 where a config cannot be composed; for us that is 2.
            return 0 if stop.code in (None, 0) else max(statuses, default=2)
    if reader_left:
        raise reader_left[0]
    return max(statuses, default=0)


@contextmanager
def _arguments(arguments: list[str]) -> "Iterator[None]":
    """Hydra reads its arguments from the process alone, and changes its folder while a job runs."""
    before, folder = sys.argv, os.getcwd()  # noqa: PTH109 - a plain string to go back to
    sys.argv = arguments
    try:
        yield
    finally:
        sys.argv = before
        os.chdir(folder)
