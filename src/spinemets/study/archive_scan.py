"""Reads the headers of many files, in this process or in several."""

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from spinemets.study.archive_file import ArchiveFileReader
from spinemets.study.archive_walk import ClosedFolder, walk_files
from spinemets.study.slice_record import FileContent, LeftOutFile, SliceRecord

Fact = TypeVar("Fact")

_FILES_PER_TASK = 128
# Enough to keep a worker busy, few enough that nothing piles up.
_TASKS_PER_WORKER = 4


def scan_files(source: Path, largest_voxels: int, workers: int) -> Iterator[FileContent]:
    """What the files below a folder hold, file by file in the order of their names.

    Args:
        source: A folder, or one file.
        largest_voxels: Most voxels that one file may hold.
        workers: Processes; 1 reads in the caller's own.

    Raises:
        UnreadableFileError: If there is nothing at ``source``.
    """
    shared = _SharedFacts()
    for found in walk_and_read(source, largest_voxels, workers):
        yield found if isinstance(found, LeftOutFile) else tuple(map(shared.of, found))


def walk_and_read(source: Path, largest_voxels: int, workers: int) -> Iterator[FileContent]:
    """The same, with facts that are equal but not one object."""
    walk = walk_files(source)
    if workers == 1:
        reader = ArchiveFileReader(largest_voxels)
        for entry in walk:
            yield from _read(reader, entry)
    else:
        yield from _read_in_processes(walk, largest_voxels, workers)


def _read(reader: ArchiveFileReader, entry: str | ClosedFolder) -> Sequence[FileContent]:
    if isinstance(entry, ClosedFolder):
        message = f"the folder cannot be listed: {entry.reason}; check its permissions"
        return (LeftOutFile(entry.path, "UnreadableFileError", message),)
    return reader.read(entry)


def _read_in_processes(
    walk: Iterable[str | ClosedFolder], largest_voxels: int, workers: int
) -> Iterator[FileContent]:
    entries = iter(walk)
    # Spawned, not forked: the caller may run threads, of numpy or torch, that a fork would cut off.
    context = multiprocessing.get_context("spawn")
    running: deque[Future[list[FileContent]]] = deque()
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        while True:
            while len(running) < workers * _TASKS_PER_WORKER:
                batch = list(islice(entries, _FILES_PER_TASK))
                if not batch:
                    break
                running.append(pool.submit(_read_batch, batch, largest_voxels))
            if not running:
                return
            yield from running.popleft().result()


def _read_batch(entries: Sequence[str | ClosedFolder], largest_voxels: int) -> list[FileContent]:
    reader = ArchiveFileReader(largest_voxels)
    return [content for entry in entries for content in _read(reader, entry)]


class _SharedFacts:
    """Keeps equal facts once: an archive has many slices and few series."""

    def __init__(self) -> None:
        self._kept: dict[object, object] = {}

    def of(self, one: SliceRecord) -> SliceRecord:
        """The slice, with facts that equal slices share."""
        grid, facts = self._once(one.grid), self._once(one.facts)
        parameters, repetition = self._once(one.parameters), self._once(one.repetition)
        if grid is one.grid and facts is one.facts and parameters is one.parameters:
            return one
        return replace(one, grid=grid, facts=facts, parameters=parameters, repetition=repetition)

    def _once(self, fact: Fact) -> Fact:
        return self._kept.setdefault(fact, fact)  # type: ignore[return-value]
