"""Names of vertebrae against a reference: identified, off by one, left open, and how far off in mm."""

from collections.abc import Sequence

import numpy as np

from spinemets.anatomy import Level
from spinemets.evaluation.figure import Figure
from spinemets.evaluation.pairs import LevelPair
from spinemets.evaluation.ratios import proportion, ratio
from spinemets.evaluation.resampling import Bootstrap, Patients, Quantity
from spinemets.findings.measurement import Unit

_NO_VERTEBRA = "no vertebra in the reference"


def evaluate_levels(pairs: Sequence[LevelPair], bootstrap: Bootstrap) -> tuple[Figure, ...]:
    """Shares identified, off by one, not found, left open and held by the set; mean error; every level right.

    A vertebra is identified where the most likely level of the prediction at its place is its true one; one
    that was not found is not. Off by one is a neighbour's name; T12 and L1 are neighbours whatever lies
    between. "Left open" and "set holds the truth" are of vertebrae that were found. The mean error is of
    those whose name occurs in the prediction (after Sekuboyina et al. 2021, Med Image Anal 73:102166). The
    last figure counts studies.
    """
    patients = Patients.of([pair.patient for pair in pairs])
    found = np.array([pair.most_likely is not None for pair in pairs], dtype=bool)
    right = np.array([pair.most_likely is pair.reference for pair in pairs], dtype=bool)
    near = np.array([is_neighbour(pair.reference, pair.most_likely) for pair in pairs], dtype=bool)
    is_open = np.array([len(pair.credible) > 1 for pair in pairs], dtype=bool)
    held = np.array([pair.reference in pair.credible for pair in pairs], dtype=bool)
    shares = (
        ("identification rate", right, np.ones_like(found), _NO_VERTEBRA),
        ("off by one", near, np.ones_like(found), _NO_VERTEBRA),
        ("not found", ~found, np.ones_like(found), _NO_VERTEBRA),
        ("left open", is_open & found, found, "no vertebra was found"),
        ("set holds the truth", held & found, found, "no vertebra was found"),
    )
    figures = [
        proportion(Quantity(name, undefined=why), patients.sums(hits), patients.sums(of), bootstrap)
        for name, hits, of, why in shares
    ]
    return (*figures, _mean_error(pairs, patients, bootstrap), _every_level(pairs, bootstrap))


def is_neighbour(true: Level, found: Level | None) -> bool:
    """Whether a name is that of a neighbour; T12 and L1 are neighbours whatever lies between."""
    return found is not None and found is not true and abs(found.coordinate - true.coordinate) <= 1


def _mean_error(pairs: Sequence[LevelPair], patients: Patients, bootstrap: Bootstrap) -> Figure:
    known = np.array([pair.distance_mm is not None for pair in pairs], dtype=bool)
    distances = np.array([pair.distance_mm or 0.0 for pair in pairs])
    quantity = Quantity(
        "mean error", Unit.MILLIMETRE, undefined="no vertebra of the reference is named in the prediction"
    )
    return ratio(quantity, patients.sums(distances), patients.sums(known), bootstrap)


def rightly_named(pairs: Sequence[LevelPair]) -> dict[tuple[str, str], bool]:
    """Whether every vertebra of each study, by patient and case, has its right name."""
    studies: dict[tuple[str, str], bool] = {}
    for pair in pairs:
        key = pair.patient, pair.case
        studies[key] = studies.get(key, True) and pair.most_likely is pair.reference
    return studies


def _every_level(pairs: Sequence[LevelPair], bootstrap: Bootstrap) -> Figure:
    studies = rightly_named(pairs)
    patients, right = Patients.of([patient for patient, _ in studies]), list(studies.values())
    quantity = Quantity("every level right", undefined="no study in the reference")
    return proportion(quantity, patients.sums(right), patients.sums(np.ones(len(right))), bootstrap)
