"""Worker processes on this machine."""

import multiprocessing
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from spinemets.errors import ConfigurationError, SpineMetsError
from spinemets.inference.archive.engine import Limits
from spinemets.inference.archive.limits import (
    TOO_MUCH_MEMORY,
    check_room,
    die_first,
    end_above,
    end_with_parent,
)
from spinemets.inference.archive.work import Failure, Job, Outcome, Status, StudyWork, attempt

# Imported once, before the first worker, which then starts in a fraction of a second.
_PRELOADED = ("spinemets.inference.assess", "spinemets.report.outputs", "spinemets.study.dicom_pixels")
_MOST_FAILED_STARTS = 3
_READY = "ready"


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    connection: Connection
    work: StudyWork | None = None
    ready: bool = False
    sent_at: float = 0.0


class LocalEngine:
    """Assesses studies in processes of its own, each of which loads the networks once.

    Each worker has its own connection, so that one that is killed takes nothing of the others with it.

    Args:
        prepare: Makes the job, in the worker; raises ``SpineMetsError`` where it cannot be done at all.
        limits: Of one study.
        workers: Most processes at once.
        start: How processes start: ``forkserver``, ``spawn`` or ``fork``.

    Raises:
        ConfigurationError: If there is to be no worker, or there is no such way to start one.
    """

    def __init__(self, prepare: Callable[[], Job], limits: Limits, workers: int, start: str) -> None:
        if workers < 1:
            raise ConfigurationError(f"is {workers}", field="workers", remedy="allowed: 1 and more")
        if start not in (known := multiprocessing.get_all_start_methods()):
            raise ConfigurationError(
                f"is {start!r}", field="engine.start", remedy=f"allowed: {', '.join(known)}"
            )
        self._prepare, self._limits, self._most = prepare, limits, workers
        self._context: Any = multiprocessing.get_context(start)
        if start == "forkserver":
            self._context.set_forkserver_preload(list(_PRELOADED))
        self._workers: list[_Worker] = []
        self._failed_starts = 0

    def __enter__(self) -> "LocalEngine":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            _ended(worker)
        self._workers.clear()

    @property
    def free(self) -> int:
        """How many studies it can take on now."""
        return self._most - sum(one.work is not None for one in self._workers)

    def warm_up(self) -> None:
        """Start a worker ahead of the first study."""
        if not self._workers:
            self._start()

    def submit(self, work: StudyWork) -> None:
        """Take on a study; one of the workers must be free."""
        idle = [one for one in self._workers if one.work is None]
        worker = max(idle, key=lambda one: one.ready) if idle else self._start()
        worker.work = work
        if worker.ready:
            self._send(worker)

    def wait(self, seconds: float) -> list[Outcome]:
        """What has come of studies, after at most so many seconds.

        Raises:
            SpineMetsError: If the job cannot be done at all, or workers do not even start.
        """
        deadlines = [self._deadline(one) for one in self._workers]
        patience = min([seconds, *(max(0.0, one - time.monotonic()) for one in deadlines)])
        ready = set(wait([one.connection for one in self._workers], patience))
        outcomes = [self._heard(one) for one in list(self._workers) if one.connection in ready]
        outcomes += [
            self._late(one) for one in list(self._workers) if self._deadline(one) <= time.monotonic()
        ]
        return [one for one in outcomes if one is not None]

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_serve, args=(theirs, self._prepare, self._limits.memory_gib), name="spinemets worker"
        )
        process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours))
        return self._workers[-1]

    def _send(self, worker: _Worker) -> None:
        worker.sent_at = time.monotonic()
        # One that has ended is found out at the next look at its connection.
        with suppress(OSError):
            worker.connection.send(worker.work)

    def _deadline(self, worker: _Worker) -> float:
        if worker.work is None or not worker.ready or self._limits.seconds is None:
            return float("inf")
        return worker.sent_at + self._limits.seconds

    def _heard(self, worker: _Worker) -> Outcome | None:
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            return self._died(worker)
        if isinstance(message, BaseException):
            raise message
        if message == _READY:
            worker.ready, self._failed_starts = True, 0
            if worker.work is not None:
                self._send(worker)
            return None
        worker.work = None
        outcome: Outcome = message
        return outcome

    def _died(self, worker: _Worker) -> Outcome | None:
        self._workers.remove(worker)
        code = _ended(worker)
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts == _MOST_FAILED_STARTS:
                raise SpineMetsError(
                    f"workers end before they have loaded the networks ({_cause(code)}); free some memory, "
                    "or take fewer workers"
                )
            if worker.work is not None:
                self._start().work = worker.work
            return None
        if worker.work is None:
            return None
        if code == TOO_MUCH_MEMORY:
            message = f"took more than {self._limits.memory_gib:g} GiB (study_memory_gib)"
            return _lost(worker.work, Status.MEMORY, "MemoryLimit", message)
        return _lost(worker.work, Status.CRASHED, "WorkerDied", f"the worker {_cause(code)}")

    def _late(self, worker: _Worker) -> Outcome | None:
        self._workers.remove(worker)
        worker.process.kill()
        _ended(worker)
        if worker.work is None:
            return None
        message = f"took longer than {self._limits.seconds:g} s (study_timeout_s)"
        return _lost(worker.work, Status.TIMEOUT, "TimeLimit", message)


def _lost(work: StudyWork, status: Status, kind: str, message: str) -> Outcome:
    return Outcome(work.study.key, status, failure=Failure(kind, message))


def _ended(worker: _Worker) -> int:
    worker.connection.close()
    worker.process.join()
    code: int = worker.process.exitcode or 0
    worker.process.close()
    return code


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
        connection.send(error)
        return
    connection.send(_READY)
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
