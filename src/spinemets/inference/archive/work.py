"""A study to be assessed by a worker, and what became of it."""

import os
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import spinemets
from spinemets.errors import SpineMetsError
from spinemets.inference.archive.content import OutputFile, content_sha256, files_in
from spinemets.study.records import Study
from spinemets.study.visits import EarlierVisits

# Where the package lies, which says nothing of an error.
_INSTALLED = Path(spinemets.__file__).parent.parent

NO_VISITS = EarlierVisits()


class Status(StrEnum):
    """What became of a study.

    ``refused`` is what its input deserves, and will happen again; ``failed`` is an error that nobody foresaw;
    ``timeout`` and ``memory`` are limits of the run, ``crashed`` the end of two workers in a row.
    """

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class StudyWork:
    """A study that can be assessed now.

    Args:
        study: Headers; a worker reads the voxels.
        earlier: The patient's earlier studies.
        folders: Of finished outputs of those that have any, by study key.
        alone: Whether it is the only one, so that its stages are told on the terminal.
    """

    study: Study
    earlier: EarlierVisits = NO_VISITS
    folders: Mapping[str, Path] = field(default_factory=dict)
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no result: class of the error, message, traceback."""

    kind: str
    message: str
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt at a study came to.

    Args:
        key: Of the study.
        status: What became of it.
        input_sha256: Of the content of its files; "" where nobody got so far as to read them.
        outputs: Files of its folder, by name.
        failure: Why there are none; None where there are.
        seconds: That it took.
    """

    key: str
    status: Status
    input_sha256: str = ""
    outputs: Mapping[str, OutputFile] = field(default_factory=dict)
    failure: Failure | None = None
    seconds: float = 0.0


# Assesses a study, writes its folder and says where that is.
Job = Callable[[StudyWork], Path]


def attempt(job: Job, work: StudyWork) -> Outcome:
    """Do a study, and turn whatever happens into a record.

    Args:
        job: What is done with it.
        work: The study.
    """
    began = time.monotonic()
    key = work.study.key
    content = content_sha256(work.study)
    try:
        folder = job(work)
    except SpineMetsError as error:
        status, failure = Status.REFUSED, _failure(error)
    except MemoryError as error:
        status, failure = Status.MEMORY, _failure(error)
    except Exception as error:
        status, failure = Status.FAILED, _failure(error)
    else:
        return Outcome(key, Status.DONE, content, files_in(folder), None, time.monotonic() - began)
    return Outcome(key, status, content, {}, failure, time.monotonic() - began)


def _failure(error: BaseException) -> Failure:
    trace = "".join(traceback.format_exception(error)).replace(f"{_INSTALLED}{os.sep}", "")
    return Failure(type(error).__name__, str(error), trace)
