"""Takes the studies of an archive to their end: what is unchanged stays, the rest is done once."""

import logging
import shutil
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Protocol

from spinemets.inference.archive.content import content_sha256, files_sha256, headers_sha256
from spinemets.inference.archive.engine import Engine
from spinemets.inference.archive.ledger import Entry, Ledger, Origin
from spinemets.inference.archive.locks import LOCKS, Lock, try_lock
from spinemets.inference.archive.spool import StudySpool
from spinemets.inference.archive.whole_folder import left_behind, recover
from spinemets.inference.archive.work import NO_VISITS, Outcome, Status, StudyWork
from spinemets.study.path_words import without_paths
from spinemets.study.records import Study
from spinemets.study.visits import EarlierVisits

logger = logging.getLogger(__name__)

# A worker that dies may have been the victim of another study's memory; twice in a row it is the study.
_ATTEMPTS = 2
# What comes of a study again as long as nothing changes. Whatever else went wrong may go well next time.
_LASTING = (Status.DONE, Status.REFUSED)
_PATIENCE_S = 0.5


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an archive's results are made from.

    Args:
        source: The archive.
        studies: Of it.
        earlier: Studies of the same patient that a study is compared with, by its key; done before it.
        weights_sha256: Of the networks.
        config_sha256: Of all that is set for a study, the user's word on it included.
    """

    source: Path
    studies: StudySpool
    earlier: Mapping[str, EarlierVisits]
    weights_sha256: str
    config_sha256: Callable[[Study], str]


class Listener(Protocol):
    """Is told how a run goes on."""

    def unchanged(self, entry: Entry) -> None:
        """A study that need not be done again."""

    def planned(self, unchanged: int, to_do: int) -> None:
        """What there is to do, once it is known."""

    def finished(self, entry: Entry, outcome: Outcome | None) -> None:
        """A study is finished; without an outcome where another process has done it meanwhile."""

    def tried(self, outcome: Outcome) -> None:
        """A worker died, and the study is tried again."""


@dataclass(slots=True)
class _Running:
    work: StudyWork
    origin: Origin
    lock: Lock
    attempts: int = 1


class ArchiveRun:
    """One run over an archive.

    Args:
        inputs: What is assessed.
        output: Folder of outputs.
        engine: Does the studies.
        listener: Is told how it goes.
    """

    def __init__(self, inputs: Inputs, output: Path, engine: Engine, listener: Listener) -> None:
        self._inputs, self._output, self._engine, self._listener = inputs, output, engine, listener
        self._ledger = Ledger(output)
        self._running: dict[str, _Running] = {}
        # Studies that another process works on.
        self._elsewhere: deque[str] = deque()

    @property
    def ledger(self) -> Ledger:
        """Where every study of the archive stands once the run is over."""
        return self._ledger

    def __call__(self) -> None:
        """Do what is missing or changed."""
        self._clean_up()
        to_do = self._to_do()
        self._listener.planned(len(self._inputs.studies) - len(to_do), len(to_do))
        order = self._order(to_do)
        order.prepare()
        ready: deque[str] = deque()
        while order.is_active():
            ready.extend(order.get_ready())
            for key in self._advance(ready):
                order.done(key)
        self._ledger.compact()

    def _to_do(self) -> set[str]:
        """Studies that are missing or changed, or compared with one that is."""
        to_do: set[str] = set()
        for key in self._order(self._inputs.studies).static_order():
            entry = None if to_do.intersection(self._priors(key)) else self._kept(self._study(key))
            if entry is None:
                to_do.add(key)
            else:
                self._listener.unchanged(entry)
        return to_do

    def _order(self, keys: Collection[str]) -> TopologicalSorter[str]:
        """These studies in the order in which they came, but each after those that it is compared with."""
        own = set(keys)
        return TopologicalSorter(
            {key: own.intersection(self._priors(key)) for key in self._inputs.studies if key in own}
        )

    def _advance(self, ready: deque[str]) -> list[str]:
        """Start what can be started, and wait for something to end; keys of studies that have ended."""
        ended = []
        while ready and self._engine.free:
            if self._start(key := ready.popleft()):
                ended.append(key)
        if not ready:
            elsewhere, self._elsewhere = self._elsewhere, deque()
            while elsewhere and self._engine.free:
                if self._start(key := elsewhere.popleft()):
                    ended.append(key)
            self._elsewhere.extend(elsewhere)
        if not ended:
            outcomes = self._engine.wait(_PATIENCE_S)
            ended = [one.key for one in outcomes if self._end(one)]
        return ended

    def _start(self, key: str) -> bool:
        """Begin a study, or find that another process works on it or has done it; True for the last."""
        lock = try_lock(self._lock_path(key))
        if lock is None:
            self._elsewhere.append(key)
            return False
        study = self._study(key)
        entry = self._kept(study)
        if entry is not None:
            lock.release()
            self._listener.finished(entry, None)
            return True
        recover(self._output, key)
        work = StudyWork(
            study=study,
            earlier=self._inputs.earlier.get(key, NO_VISITS),
            folders={prior: self._output / prior for prior in self._finished_priors(key)},
            alone=len(self._inputs.studies) == 1,
        )
        self._running[key] = _Running(work, self._origin(study), lock)
        self._engine.submit(work)
        return False

    def _end(self, outcome: Outcome) -> bool:
        """Write down what came of a study, or try it again; False for the latter."""
        running = self._running[outcome.key]
        if outcome.status is Status.CRASHED and running.attempts < _ATTEMPTS:
            running.attempts += 1
            self._listener.tried(outcome)
            self._engine.submit(running.work)
            return False
        if outcome.status is not Status.DONE:
            # What an earlier run has left was made from something else, and must not pass for this study's.
            shutil.rmtree(self._output / outcome.key, ignore_errors=True)
        entry = self._entry(outcome, running)
        self._ledger.append(entry)
        running.lock.release()
        del self._running[outcome.key]
        self._listener.finished(entry, outcome)
        return True

    def _kept(self, study: Study) -> Entry | None:
        """What stands of a study, if that still holds."""
        entry = self._ledger.entry(study.key)
        if entry is None or entry.status not in _LASTING or not self._has_outputs(entry):
            return None
        origin = replace(self._origin(study), input=entry.origin.input)
        if origin == entry.origin:
            return entry
        if replace(origin, files=entry.origin.files) != entry.origin:
            return None
        # Files were touched or copied: only their content says whether they are others.
        if content_sha256(study) != entry.origin.input:
            return None
        entry = replace(entry, origin=origin)
        self._ledger.append(entry)
        return entry

    def _has_outputs(self, entry: Entry) -> bool:
        folder = self._output / entry.study
        if entry.status is not Status.DONE:
            return not folder.exists()
        try:
            return all((folder / name).stat().st_size == one.size for name, one in entry.outputs.items())
        except OSError:
            return False

    def _origin(self, study: Study) -> Origin:
        """What a study is made from, but for the content of its files, which is read once more at work."""
        inputs = self._inputs
        return Origin(
            input="",
            files=files_sha256(study, inputs.source),
            headers=headers_sha256(study, inputs.earlier.get(study.key, NO_VISITS), inputs.source),
            weights=inputs.weights_sha256,
            config=inputs.config_sha256(study),
            priors={key: entry.outputs_sha256 for key, entry in self._finished_priors(study.key).items()},
        )

    def _finished_priors(self, key: str) -> dict[str, Entry]:
        found = {prior: self._ledger.entry(prior) for prior in self._priors(key)}
        return {prior: one for prior, one in found.items() if one is not None and one.status is Status.DONE}

    def _entry(self, outcome: Outcome, running: _Running) -> Entry:
        failure = outcome.failure
        if failure is not None:
            study, source = running.work.study, self._inputs.source
            failure = replace(
                failure,
                message=without_paths(failure.message, study, source),
                traceback=without_paths(failure.traceback, study, source),
            )
        origin = replace(running.origin, input=outcome.input_sha256)
        return Entry(outcome.key, outcome.status, origin, outcome.outputs, failure)

    def _priors(self, key: str) -> list[str]:
        return [visit.key for visit in self._inputs.earlier.get(key, NO_VISITS).visits]

    def _study(self, key: str) -> Study:
        return self._inputs.studies.study(key)

    def _clean_up(self) -> None:
        """Undo what killed runs have left, but for studies that a living process works on."""
        locks = self._output / LOCKS
        locks.mkdir(parents=True, exist_ok=True)
        for name in sorted(left_behind(self._output).union(path.name for path in locks.iterdir())):
            if (lock := try_lock(self._lock_path(name))) is not None:
                recover(self._output, name)
                lock.release()

    def _lock_path(self, key: str) -> Path:
        return self._output / LOCKS / key
