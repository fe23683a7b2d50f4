"""Workers of any kind, each with one study at a time: who is free, who is late, who has died."""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from spinemets.errors import ConfigurationError, SpineMetsError
from spinemets.inference.archive.engine import Limits
from spinemets.inference.archive.work import Failure, Outcome, Status, StudyWork

_MOST_FAILED_STARTS = 3


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker has loaded its networks."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A worker cannot load its networks, and no other will."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Ended:
    """A worker has ended, in the midst of a study where it had one.

    Args:
        reason: ``was ended by SIGKILL``.
        took_memory: Whether it has passed the limit of memory.
    """

    reason: str
    took_memory: bool = False


Message = Ready | Unusable | Ended | Outcome


class Worker(Protocol):
    """What a pool asks of a worker."""

    def send(self, work: StudyWork) -> None:
        """Hand over a study; never raises, as a worker that has ended says so by a message."""

    def end(self) -> None:
        """End it at once."""


W = TypeVar("W", bound=Worker)


@dataclass(slots=True)
class _Post(Generic[W]):
    """A worker and what it is at."""

    worker: W
    work: StudyWork | None = None
    is_ready: bool = False
    deadline: float = field(default=float("inf"))


class WorkerPool(ABC, Generic[W]):
    """An engine of workers that are started as they are needed, and replaced when they end.

    Args:
        workers: Most at once.
        limits: Of one study.

    Raises:
        ConfigurationError: If there is to be no worker.
    """

    def __init__(self, workers: int, limits: Limits) -> None:
        if workers < 1:
            raise ConfigurationError(f"is {workers}", field="workers", remedy="allowed: 1 and more")
        self._most, self._limits = workers, limits
        self._posts: list[_Post[W]] = []
        self._failed_starts = 0

    @abstractmethod
    def _start(self) -> W:
        """A new worker, which says when it is ready."""

    @abstractmethod
    def _hear(self, workers: Sequence[W], seconds: float) -> list[tuple[W, Message]]:
        """Messages of workers, as soon as there are any, or after so many seconds."""

    @property
    def free(self) -> int:
        """How many studies it can take on now."""
        return self._most - sum(post.work is not None for post in self._posts)

    def warm_up(self) -> None:
        """Start a worker ahead of the first study."""
        if not self._posts:
            self._posts.append(_Post(self._start()))

    def submit(self, work: StudyWork) -> None:
        """Take on a study; one of the workers must be free."""
        idle = [post for post in self._posts if post.work is None]
        if not idle:
            self._posts.append(_Post(self._start()))
            idle = self._posts[-1:]
        post = max(idle, key=lambda one: one.is_ready)
        post.work = work
        if post.is_ready:
            self._send(post)

    def wait(self, seconds: float) -> list[Outcome]:
        """What has come of studies, after at most so many seconds.

        Raises:
            SpineMetsError: If the networks cannot be loaded, or workers do not even start.
        """
        soonest = min((post.deadline for post in self._posts), default=float("inf"))
        patience = max(0.0, min(seconds, soonest - time.monotonic()))
        posts = {id(post.worker): post for post in self._posts}
        heard = self._hear([post.worker for post in self._posts], patience)
        outcomes = [self._take(posts[id(worker)], message) for worker, message in heard]
        now = time.monotonic()
        outcomes += [self._give_up(post) for post in list(self._posts) if post.deadline <= now]
        return [one for one in outcomes if one is not None]

    def close(self) -> None:
        """End all workers."""
        for post in self._posts:
            post.worker.end()
        self._posts.clear()

    def _send(self, post: _Post[W]) -> None:
        if post.work is not None:
            post.deadline = time.monotonic() + (self._limits.seconds or float("inf"))
            post.worker.send(post.work)

    def _take(self, post: _Post[W], message: Message) -> Outcome | None:
        match message:
            case Ready():
                post.is_ready, self._failed_starts = True, 0
                self._send(post)
            case Unusable(error):
                raise error
            case Ended():
                return self._bury(post, message)
            case Outcome():
                post.work, post.deadline = None, float("inf")
                return message
        return None

    def _bury(self, post: _Post[W], ended: Ended) -> Outcome | None:
        """Replace a worker that has ended; what that means for its study."""
        self._dismiss(post)
        if not post.is_ready:
            self._failed_starts += 1
            if self._failed_starts == _MOST_FAILED_STARTS:
                raise SpineMetsError(
                    f"a worker {ended.reason} before it had loaded the networks, as did others; free some "
                    "memory, or take fewer workers"
                )
            if post.work is not None:
                self._posts.append(_Post(self._start(), post.work))
            return None
        if post.work is None:
            return None
        if ended.took_memory:
            message = f"took more than {self._limits.memory_gib:g} GiB (study_memory_gib)"
            return _lost(post.work, Status.MEMORY, "MemoryLimit", message)
        return _lost(post.work, Status.CRASHED, "WorkerDied", f"the worker {ended.reason}")

    def _give_up(self, post: _Post[W]) -> Outcome | None:
        self._dismiss(post)
        if post.work is None:
            return None
        message = f"took longer than {self._limits.seconds:g} s (study_timeout_s)"
        return _lost(post.work, Status.TIMEOUT, "TimeLimit", message)

    def _dismiss(self, post: _Post[W]) -> None:
        self._posts.remove(post)
        post.worker.end()


def _lost(work: StudyWork, status: Status, kind: str, message: str) -> Outcome:
    return Outcome(work.study.key, status, failure=Failure(kind, message))
