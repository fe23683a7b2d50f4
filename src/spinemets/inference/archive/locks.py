"""Locks between processes that die with their holder."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

# Folder of locks in a folder of outputs: one for each study, by its key, and hidden ones for what they share.
LOCKS = ".locks"

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Lock:
    """A lock that this process holds until it lets go, or ends."""

    path: Path
    descriptor: int

    def release(self) -> None:
        """Let go, and leave no file."""
        # Removed while it is held: who waits for it sees that the file at its path is another one.
        self.path.unlink(missing_ok=True)
        os.close(self.descriptor)


def try_lock(path: Path) -> Lock | None:
    """The lock of a path, or None where another process holds it.

    Args:
        path: Of the file that stands for it; its folder is made where it is missing.
    """
    return _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a path; waits for it."""
    lock = _locked(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def remove_locks(folder: Path) -> None:
    """Remove the folder of locks from a folder of outputs, unless another process works there."""
    with suppress(OSError):
        (folder / LOCKS).rmdir()


def _locked(path: Path, how: int) -> Lock | None:
    while True:
        descriptor = _opened(path)
        try:
            fcntl.flock(descriptor, how)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError as error:
            logger.warning("%s: no locks here (%s); run one process at a time", path.parent, error.strerror)
            return Lock(path, descriptor)
        if _is_at(path, descriptor):
            return Lock(path, descriptor)
        os.close(descriptor)


def _opened(path: Path) -> int:
    while True:
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether the open file still is the one at the path, and not one that its last holder has removed."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
