"""Folders that appear whole or not at all, whenever the process that writes them is killed."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Of folders that are being written, and of those that one of them is about to replace.
_NEW, _OLD = ".new-", ".old-"


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into, which takes its place once the block ends, and the disk has all of it.

    A folder that stands there is replaced. One process at a time may write a folder.

    Args:
        folder: Its place.
    """
    token = secrets.token_hex(4)
    new = folder.with_name(f".{folder.name}{_NEW}{token}")
    new.mkdir(parents=True)
    try:
        yield new
        _sync_tree(new)
        _put(new, folder, token)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def recover(parent: Path, name: str) -> None:
    """Undo what a killed process has left beside a folder: half a new one, or an old one put aside.

    Args:
        parent: Folder that holds it.
        name: Of the folder; no other process may be writing it.
    """
    folder = parent / name
    for old in _beside(parent, name, _OLD):
        if not folder.exists():
            old.replace(folder)
            sync_folder(parent)
        else:
            shutil.rmtree(old, ignore_errors=True)
    for new in _beside(parent, name, _NEW):
        shutil.rmtree(new, ignore_errors=True)


def left_behind(parent: Path) -> set[str]:
    """Names of folders beside which something was left."""
    names = set()
    for place in parent.iterdir():
        for mark in (_NEW, _OLD):
            head, found, token = place.name.rpartition(mark)
            if place.name.startswith(".") and found and len(token) == 8:
                names.add(head[1:])
    return names


def sync_folder(folder: Path) -> None:
    """Return when the disk knows which files a folder holds."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put(new: Path, folder: Path, token: str) -> None:
    old = folder.with_name(f".{folder.name}{_OLD}{token}")
    if folder.exists():
        # No system call that Python has puts a folder in the place of another one that holds files.
        folder.replace(old)
    new.replace(folder)
    sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _sync_tree(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    sync_folder(folder)


def _beside(parent: Path, name: str, mark: str) -> list[Path]:
    return sorted(path for path in parent.iterdir() if path.name.startswith(f".{name}{mark}"))
