"""All cases of a training, measured or prepared side by side, with every failure collected."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Generic, TypeVar

from spinemets.errors import InputError
from spinemets.study.alignment import AlignmentSettings
from spinemets.training.case_facts import CaseFacts, case_facts
from spinemets.training.case_store import CaseStore, PreparedCase
from spinemets.training.label_sets import LabelSet
from spinemets.training.sagittal_source import SagittalSource, read_annotated

_LOG = logging.getLogger(__name__)
# Processes take as long to start as a few cases take.
_WORTH_PROCESSES = 8
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Outcomes(Generic[R]):
    """What came of the cases: results in the order of the sources, and what was wrong with the others."""

    results: tuple[R, ...]
    failures: tuple[InputError, ...]


def measure_cases(
    sources: Sequence[SagittalSource], store: CaseStore, label_sets: Mapping[str, LabelSet], workers: int
) -> Outcomes[CaseFacts]:
    """The facts of every case.

    Args:
        sources: The cases.
        store: Where facts are kept.
        label_sets: What masks mean.
        workers: Processes; up to 1 works in this one.
    """
    return _collected(partial(_measure, store, label_sets), sources, workers, "measured")


def prepare_cases(
    sources: Sequence[SagittalSource],
    store: CaseStore,
    label_sets: Mapping[str, LabelSet],
    spacing_mm: tuple[float, float, float],
    alignment: AlignmentSettings,
    workers: int,
) -> Outcomes[PreparedCase]:
    """Every case on the network's grid; arguments as above and of ``read_annotated``."""
    return _collected(
        partial(_prepare, store, label_sets, spacing_mm, alignment), sources, workers, "prepared"
    )


def _measure(store: CaseStore, label_sets: Mapping[str, LabelSet], source: SagittalSource) -> CaseFacts:
    return store.facts(source, partial(case_facts, label_sets=label_sets))


def _prepare(
    store: CaseStore,
    label_sets: Mapping[str, LabelSet],
    spacing_mm: tuple[float, float, float],
    alignment: AlignmentSettings,
    source: SagittalSource,
) -> PreparedCase:
    read = partial(read_annotated, label_sets=label_sets, spacing_mm=spacing_mm, alignment=alignment)
    return store.get(source, read)


def _collected(
    work: Callable[[SagittalSource], R], sources: Sequence[SagittalSource], workers: int, done: str
) -> Outcomes[R]:
    results: list[R] = []
    failures: list[InputError] = []
    for number, outcome in enumerate(_each(partial(_caught, work), sources, workers), start=1):
        if isinstance(outcome, InputError):
            failures.append(outcome)
        else:
            results.append(outcome)
        if number % 25 == 0 or number == len(sources):
            _LOG.info("%d of %d cases %s", number, len(sources), done)
    return Outcomes(tuple(results), tuple(failures))


def _each(
    work: Callable[[SagittalSource], R | InputError], sources: Sequence[SagittalSource], workers: int
) -> Iterator[R | InputError]:
    if workers <= 1 or len(sources) < _WORTH_PROCESSES:
        yield from map(work, sources)
        return
    # Spawned, as threads of torch and SimpleITK do not survive a fork.
    with ProcessPoolExecutor(min(workers, len(sources)), mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, sources)


def _caught(work: Callable[[SagittalSource], R], source: SagittalSource) -> R | InputError:
    try:
        return work(source)
    except InputError as error:
        return error
