"""Files that appear whole or not at all, whenever the process that writes them is killed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spinemets.inference.archive.whole_folder import sync_folder


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to, which takes its place once the block ends, and the disk has all of it.

    What a killed process has left there is written over. One process at a time may write a file.

    Args:
        path: Its place.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.replace(path)
        sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)
