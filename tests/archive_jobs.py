"""Small archives of text files, and jobs that do with them what a test needs."""

import os
import signal
import time
from collections import deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from spinemets.errors import StudyError
from spinemets.inference.archive.content import OutputFile
from spinemets.inference.archive.engine import Limits
from spinemets.inference.archive.ledger import Entry, Ledger, Origin
from spinemets.inference.archive.local import LocalEngine
from spinemets.inference.archive.locks import remove_locks, try_lock
from spinemets.inference.archive.run import ArchiveRun, Inputs
from spinemets.inference.archive.spool import StudySpool
from spinemets.inference.archive.whole_folder import whole_folder
from spinemets.inference.archive.work import Status, attempt
from spinemets.study.records import (
    AcquisitionParameters,
    Evidence,
    FileSource,
    Plane,
    Series,
    Study,
    Weighting,
    WeightingJudgement,
)
from spinemets.study.visits import EarlierVisit, EarlierVisits

# On a busy machine Ray's processes take longer to start than Ray waits, and are those that wait for others.
PATIENT_RAY = {"RAY_raylet_start_wait_time_s": "300", "RAY_worker_niceness": "0"}


def write_archive(folder, names):
    """A text file for each study; its content says what the job does with it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, words in names.items():
        (folder / f"{name}.txt").write_text(words, encoding="utf-8")


def studies_in(folder):
    return [study_of(path) for path in sorted(folder.glob("*.txt"))]


def study_of(path):
    series = Series(
        key="one",
        plane=Plane.SAGITTAL,
        weighting=WeightingJudgement(Weighting.T2, Evidence.NONE, "a test says so"),
        parameters=AcquisitionParameters(),
        shape=(1, 1, 1),
        affine_ras=np.eye(4),
        slice_thickness_mm=None,
        source=FileSource(path),
    )
    return Study(path.stem, path.stem, (series,), folder=path.parent)


@dataclass(frozen=True)
class TextJob:
    """Writes a study's text into several files, and does what its words say before."""

    output: Path
    seconds: float = 0.0

    def __call__(self):
        return self._do

    def _do(self, work):
        source = work.study.series[0].source.path
        words = source.read_text(encoding="utf-8")
        with (self.output / "attempts.log").open("a", encoding="utf-8") as log:
            log.write(f"{work.study.key}\n")
        _obey(words, self.output / f"{work.study.key}.once")
        folder = self.output / work.study.key
        with whole_folder(folder) as new:
            for number in range(3):
                time.sleep(self.seconds / 3)
                (new / f"part-{number}.txt").write_text(f"{words} {sorted(work.folders)}" * 500)
        return folder


def _obey(words, once):
    match words.split()[0]:
        case "refuse":
            raise StudyError("shows no spine", field="x", remedy="show one")
        case "fail":
            raise ZeroDivisionError("nobody thought of it")
        case "hang":
            time.sleep(3600)
        case "eat":
            eaten = []
            while True:
                eaten.append(np.ones(2**22))  # 32 MiB
                time.sleep(0.01)
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "die-once" if not once.exists():
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)


class Heard:
    """A listener that remembers."""

    def __init__(self):
        self.plan, self.statuses, self.outcomes, self.retries = None, {}, {}, []

    def unchanged(self, entry):
        self.statuses[entry.study] = "unchanged"

    def planned(self, unchanged, to_do):
        self.plan = unchanged, to_do

    def finished(self, entry, outcome):
        self.statuses[entry.study] = str(entry.status)
        self.outcomes[entry.study] = outcome

    def tried(self, outcome):
        self.retries.append(outcome.key)


def assess(source, output, **settings):
    """A whole run; what its listener heard."""
    given = {
        "workers": 2,
        "seconds": None,
        "memory_gib": None,
        "weights": "w",
        "config": "c",
        "after": {},
        "start": "forkserver",
        "job": TextJob(output),
    } | settings
    heard = Heard()
    output.mkdir(parents=True, exist_ok=True)
    limits = Limits(given["seconds"], given["memory_gib"])
    make = given.get("engine", partial(LocalEngine, start=given["start"]))
    with make(given["job"], limits, given["workers"]) as engine, StudySpool() as spool:
        deque(spool.keeping(studies_in(source)), maxlen=0)
        earlier = {
            key: EarlierVisits(tuple(EarlierVisit(one, None) for one in keys))
            for key, keys in given["after"].items()
        }
        inputs = Inputs(source, spool, earlier, given["weights"], lambda study: given["config"])
        ArchiveRun(inputs, output, engine, heard)()
    remove_locks(output)
    return heard


def tree(folder):
    """Content of every file of the outputs, by name; what the jobs note for the test is left out."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "attempts.log" and path.suffix != ".once"
    }


def attempts(output):
    """Studies in the order in which workers began them."""
    return (output / "attempts.log").read_text(encoding="utf-8").split()


def hold_lock(path, connection):
    """For a process that holds a lock until it is told or killed."""
    lock = try_lock(path)
    connection.send(lock is not None)
    connection.recv()


ORIGIN = Origin("i", "f", "h", "w", "c", {"earlier": "p"})


def ledger_entry(study, size=1):
    return Entry(study, Status.DONE, ORIGIN, {"result.json": OutputFile(size, "s")}, None)


def append_many(folder, name, count):
    """For a process that writes into a ledger while others do."""
    ledger = Ledger(folder)
    for number in range(count):
        ledger.append(ledger_entry(f"{name}-{number}"))
        if number == count // 2:
            ledger.compact()


def assess_slowly(source, output):
    """For a process that is one of two on an archive, or is killed."""
    assess(source, output, start="fork", workers=1, job=TextJob(output, seconds=0.3))


class InstantEngine:
    """Does a study when it is taken on, in this process."""

    free = 1

    def __init__(self, job):
        self._job, self._outcomes = job, []

    def submit(self, work):
        self._outcomes.append(attempt(self._job, work))

    def wait(self, seconds):
        outcomes, self._outcomes = self._outcomes, []
        return outcomes


def plan_all(source, output):
    """A run without any worker; what there was to do."""
    heard = Heard()
    output.mkdir(parents=True, exist_ok=True)
    with StudySpool() as spool:
        deque(spool.keeping(study_of(path) for path in source.glob("*.txt")), maxlen=0)
        inputs = Inputs(source, spool, {}, "w", lambda study: "c")
        ArchiveRun(inputs, output, InstantEngine(TextJob(output)()), heard)()
    return heard.plan
