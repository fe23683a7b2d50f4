"""Worker processes on this machine."""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from spinemets.errors import ConfigurationError
from spinemets.inference.archive.engine import Limits
from spinemets.inference.archive.limits import (
    TOO_MUCH_MEMORY,
    check_room,
    die_first,
    end_above,
    end_with_parent,
)
from spinemets.inference.archive.pool import Ended, Message, Ready, Unusable, WorkerPool
from spinemets.inference.archive.work import Job, StudyWork, attempt

# Imported once, before the first worker, which then starts in a fraction of a second.
_PRELOADED = ("spinemets.inference.assess", "spinemets.report.outputs", "spinemets.study.dicom_pixels")


class LocalWorker:
    """A process with a connection of its own: one that is killed takes nothing of the others with it."""

    def __init__(self, process: BaseProcess, connection: Connection) -> None:
        self._process, self.connection = process, connection

    def send(self, work: StudyWork) -> None:
        """Hand over a study."""
        with suppress(OSError):
            self.connection.send(work)

    def hear(self) -> Message:
        """Its message, or that it has ended."""
        try:
            message: Message = self.connection.recv()
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode or 0
            return Ended(_cause(code), code == TOO_MUCH_MEMORY)
        return message

    def end(self) -> None:
        """Kill the process, and wait until it is gone."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self.connection.close()


class LocalEngine(WorkerPool[LocalWorker]):
    """Assesses studies in processes of its own, each of which loads the networks once.

    Args:
        prepare: Makes the job, in the worker; raises ``SpineMetsError`` where it cannot be done at all.
        limits: Of one study.
        workers: Most processes at once.
        start: How processes start: ``forkserver``, ``spawn`` or ``fork``.

    Raises:
        ConfigurationError: If there is to be no worker, or there is no such way to start one.
    """

    def __init__(self, prepare: Callable[[], Job], limits: Limits, workers: int, start: str) -> None:
        super().__init__(workers, limits)
        if start not in (known := multiprocessing.get_all_start_methods()):
            raise ConfigurationError(
                f"is {start!r}", field="engine.start", remedy=f"allowed: {', '.join(known)}"
            )
        self._prepare = prepare
        self._context: Any = multiprocessing.get_context(start)
        if start == "forkserver":
            self._context.set_forkserver_preload(list(_PRELOADED))

    def __enter__(self) -> "LocalEngine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> LocalWorker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._prepare, self._limits.memory_gib))
        process.start()
        theirs.close()
        return LocalWorker(process, ours)

    def _hear(self, workers: Sequence[LocalWorker], seconds: float) -> list[tuple[LocalWorker, Message]]:
        ready = set(wait([one.connection for one in workers], seconds))
        return [(one, one.hear()) for one in workers if one.connection in ready]


def _cause(code: int) -> str:
    if code >= 0:
        return f"ended by itself with status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"was ended by {name}" + (", as when memory runs out" if name == "SIGKILL" else "")


def _serve(connection: Connection, prepare: Callable[[], Job], memory_gib: float | None) -> None:
    """A worker's life."""
    # Ctrl-C is for the parent, which then ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    die_first()
    try:
        job = prepare()
        check_room(memory_gib)
    except Exception as error:
        connection.send(Unusable(error))
        return
    connection.send(Ready())
    watched = False
    while True:
        try:
            work: StudyWork = connection.recv()
        except EOFError:
            return
        if memory_gib is not None and not watched:
            end_above(memory_gib)
            watched = True
        connection.send(attempt(job, work))
