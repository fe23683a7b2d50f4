"""Runs the cells of a stress test: every study under every hardship, each once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from spinemets.evaluation.resampling import Bootstrap
from spinemets.evaluation.stress_counts import StressCell, StressCounts, read_counts, write_counts
from spinemets.evaluation.stress_figures import StressPoint, stress_point
from spinemets.evaluation.stress_patient import StressPatient
from spinemets.phantom.hardship import Hardship, Severity

Sweep = Mapping[Hardship, Sequence[Severity]]


def cells_of(sweep: Sweep, patients: int) -> list[StressCell]:
    """Every cell, patient by patient: as it is, then each hardship at each severity."""
    return [
        cell
        for patient in range(1, patients + 1)
        for cell in (
            StressCell(patient),
            *(
                StressCell(patient, hardship, severity)
                for hardship, severities in sweep.items()
                for severity in severities
            ),
        )
    ]


def run_cells(
    cells: Sequence[StressCell],
    folder: Path,
    make_patient: Callable[[int], StressPatient],
    count: Callable[[StressPatient, StressCell], StressCounts],
) -> Iterator[StressCounts]:
    """Counts of every cell; those that an earlier run has left in the folder are kept.

    Args:
        cells: Patient by patient, so that one patient is held at a time.
        folder: Of the cells' files; made if missing.
        make_patient: Builds the patient of a number.
        count: Assesses a patient under a hardship.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number, patient = 0, None
    for cell in cells:
        path = folder / cell.file_name
        counts = read_counts(path)
        if counts is None:
            if patient is None or cell.patient != number:
                # The former one is let go first: a spine takes hundreds of megabytes.
                patient = None
                number, patient = cell.patient, make_patient(cell.patient)
            counts = count(patient, cell)
            write_counts(counts, path)
        yield counts


def points_of(counts: Sequence[StressCounts], bootstrap: Bootstrap) -> tuple[StressPoint, ...]:
    """A point for each severity of each hardship, in the order of the cells."""
    groups: dict[tuple[str, str], list[StressCounts]] = {}
    for one in counts:
        groups.setdefault((one.hardship, one.severity), []).append(one)
    return tuple(stress_point(group, bootstrap) for group in groups.values())
