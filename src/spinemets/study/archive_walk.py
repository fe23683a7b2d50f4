"""Walks a folder for files that may hold images, whatever their names."""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spinemets.errors import UnreadableFileError

logger = logging.getLogger(__name__)

# What operating systems, network drives and archivers leave beside the user's files.
_JUNK = frozenset(
    {
        "__macosx",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "$recycle.bin",
        "system volume information",
        "lost+found",
        "@eadir",
        "#recycle",
    }
)


@dataclass(frozen=True, slots=True)
class ClosedFolder:
    """A folder that could not be listed."""

    path: str
    reason: str


def walk_files(source: Path) -> Iterator[str | ClosedFolder]:
    """Paths of the regular files below a folder, one by one, in the order of their names.

    Hidden files, a DICOMDIR and what operating systems leave behind are passed over. Symbolic links are
    followed; a folder is entered once, however many links lead to it.

    Args:
        source: A folder, or a single file.

    Raises:
        UnreadableFileError: If there is nothing at ``source``.
    """
    if not source.exists():
        raise UnreadableFileError("no such file or folder", file=source, remedy="check the path")
    if source.is_file():
        yield str(source)
        return
    entered: set[tuple[int, int]] = set()
    waiting = [str(source)]
    while waiting:
        folder = waiting.pop()
        try:
            files, folders = _listing(folder, entered)
        except OSError as error:
            yield ClosedFolder(folder, error.strerror or "it cannot be listed")
            continue
        yield from files
        waiting.extend(reversed(folders))


def _listing(folder: str, entered: set[tuple[int, int]]) -> tuple[list[str], list[str]]:
    """Files and folders in a folder, by name; nothing of one that was entered before."""
    status = os.stat(folder)  # noqa: PTH116 - plain strings: Path objects cost more than the files
    identity = (status.st_dev, status.st_ino)
    if identity in entered:
        logger.debug("%s was entered before under another name", folder)
        return [], []
    entered.add(identity)
    files, folders = [], []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            if entry.name.startswith(".") or entry.name.lower() in _JUNK:
                continue
            # A folder of this name holds images all the same.
            is_directory_file = entry.name.upper() == "DICOMDIR"
            try:
                if entry.is_dir():
                    folders.append(entry.path)
                elif entry.is_file() and not is_directory_file:
                    files.append(entry.path)
            except OSError:
                logger.debug("%s is a link that leads nowhere", entry.path)
    return files, folders
