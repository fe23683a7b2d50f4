"""Limits that a worker keeps to by itself: it ends with its parent, and when it takes too much memory."""

import multiprocessing
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path

from spinemets.errors import ConfigurationError

# Exit status of a worker that took too much memory.
TOO_MUCH_MEMORY = 86
_LOOK_S = 0.05
_GIB = 2**30
_STATM = Path("/proc/self/statm")


def end_with_parent() -> None:
    """End this process at once when its parent does, so that nothing works on after a kill."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        _in_background(lambda: _end_after(parent.sentinel))


def end_above(limit_gib: float) -> None:
    """End this process at once when it takes more memory than that.

    Args:
        limit_gib: Resident memory, GiB.
    """
    _in_background(lambda: _end_above(limit_gib))


def wait_above(limit_gib: float) -> None:
    """Return once this process takes more memory than that.

    Args:
        limit_gib: Resident memory, GiB.
    """
    while _resident_bytes() <= limit_gib * _GIB:
        time.sleep(_LOOK_S)


def check_room(limit_gib: float | None) -> None:
    """See that a limit leaves room for studies.

    Args:
        limit_gib: Resident memory, GiB; None is no limit.

    Raises:
        ConfigurationError: If what this process holds already takes all of it.
    """
    taken_gib = _resident_bytes() / _GIB
    if limit_gib is not None and taken_gib >= limit_gib:
        raise ConfigurationError(
            f"is {limit_gib:g}, and the networks with their libraries take {taken_gib:.1f}",
            field="study_memory_gib",
            remedy="give more, or null",
        )


def die_first() -> None:
    """Ask the system to end this process before others when memory is short."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def _in_background(task: Callable[[], None]) -> None:
    threading.Thread(target=task, daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _end_above(limit_gib: float) -> None:
    wait_above(limit_gib)
    os._exit(TOO_MUCH_MEMORY)


def _resident_bytes() -> int:
    try:
        return int(_STATM.read_text().split()[1]) * resource.getpagesize()
    except OSError:
        # Elsewhere than on Linux the peak, which serves as well: a worker that reaches the limit ends.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
