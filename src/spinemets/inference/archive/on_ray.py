"""Workers on a Ray cluster, or on a local one."""

import logging
import math
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from spinemets.errors import ConfigurationError
from spinemets.inference.archive.engine import Limits
from spinemets.inference.archive.limits import check_room, wait_above
from spinemets.inference.archive.pool import Ended, Message, Ready, Unusable, WorkerPool
from spinemets.inference.archive.work import Job, Outcome, StudyWork, attempt


class SpineMetsWorker:
    """What lives on the cluster: it holds the networks, and does one study at a time.

    Args:
        threads: Of torch; the last digits of a result depend on them.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._job: Job | None = None

    def prepare(self, prepare: Callable[[], Job], memory_gib: float | None) -> Message:
        """Load the networks."""
        # Here rather than with the first study, whose time would pay for it.
        import torch  # noqa: F401

        try:
            self._job = prepare()
            check_room(memory_gib)
        except Exception as error:
            return Unusable(error)
        return Ready()

    def assess(self, work: StudyWork) -> Outcome:
        """Do a study."""
        import torch

        if self._job is None:
            raise ValueError("the worker was not prepared")
        # Ray sets the number by the processors that it counts for an actor.
        torch.set_num_threads(self._threads)
        return attempt(self._job, work)

    def watch(self, memory_gib: float) -> Message:
        """Return once this process takes more memory than that."""
        wait_above(memory_gib)
        return Ended("", took_memory=True)


class RayWorker:
    """An actor, and what is awaited of it."""

    def __init__(self, actor: Any, prepare: Callable[[], Job], memory_gib: float | None) -> None:
        self._actor, self._memory_gib, self._is_watched = actor, memory_gib, False
        self.awaited = [actor.prepare.remote(prepare, memory_gib)]

    def send(self, work: StudyWork) -> None:
        """Hand over a study."""
        self.awaited.append(self._actor.assess.remote(work))
        if self._memory_gib is not None and not self._is_watched:
            self.awaited.append(self._actor.watch.remote(self._memory_gib))
            self._is_watched = True

    def hear(self, reference: Any) -> Message:
        """What one of the awaited has come to."""
        import ray

        self.awaited.remove(reference)
        try:
            message: Message = ray.get(reference)
        except ray.exceptions.RayError as error:
            return Ended(f"ended ({type(error).__name__})")
        return message

    def end(self) -> None:
        """Kill the actor."""
        import ray

        with suppress(ray.exceptions.RayError):
            ray.kill(self._actor)


class RayEngine(WorkerPool[RayWorker]):
    """Assesses studies in actors, each of which loads the networks once.

    Args:
        prepare: Makes the job, in the actor; raises ``SpineMetsError`` where it cannot be done at all.
        limits: Of one study.
        workers: Most actors at once.
        address: Of the cluster; ``auto`` for the one of this machine, None starts one on this machine.
        processors, gpus: That Ray counts for an actor.

    Raises:
        ConfigurationError: If Ray is not installed, or there is no such cluster.
    """

    def __init__(
        self,
        prepare: Callable[[], Job],
        limits: Limits,
        workers: int,
        address: str | None,
        processors: float,
        gpus: float,
    ) -> None:
        super().__init__(workers, limits)
        self._prepare, self._address = prepare, address
        self._processors, self._gpus = processors, gpus
        self._threads = 1

    def __enter__(self) -> "RayEngine":
        import torch

        self._threads = torch.get_num_threads()
        # For the processes of a cluster of its own: nobody is told that Ray is used, and libraries compute as
        # they do here.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("OMP_NUM_THREADS", str(self._threads))
        try:
            import ray
        except ImportError:
            raise ConfigurationError(
                "is ray, which is not installed", field="engine", remedy="pip install 'spinemets[ray]'"
            ) from None
        processors = None if self._address is not None else math.ceil(self._most * self._processors)
        try:
            ray.init(
                self._address,
                num_cpus=processors,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.WARNING,
            )
        except (ConnectionError, ValueError) as error:
            raise ConfigurationError(
                f"is {self._address!r}, where no cluster answers ({str(error).splitlines()[0]})",
                field="engine.address",
                remedy="give auto, HOST:PORT, or null for one of its own",
            ) from None
        return self

    def __exit__(self, *_: object) -> None:
        import ray

        self.close()
        ray.shutdown()

    def _start(self) -> RayWorker:
        import ray

        # Its types know functions with few arguments alone.
        remote: Any = ray.remote
        kind = remote(max_concurrency=2, num_cpus=self._processors, num_gpus=self._gpus)(SpineMetsWorker)
        return RayWorker(kind.remote(self._threads), self._prepare, self._limits.memory_gib)

    def _hear(self, workers: Sequence[RayWorker], seconds: float) -> list[tuple[RayWorker, Message]]:
        import ray

        owners = {reference: one for one in workers for reference in one.awaited}
        if not owners:
            time.sleep(seconds)
            return []
        ready, _ = ray.wait(list(owners), num_returns=1, timeout=seconds)
        return [(owners[reference], owners[reference].hear(reference)) for reference in ready]
