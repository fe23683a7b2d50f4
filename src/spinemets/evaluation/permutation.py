"""Two sets of predictions of the same patients: their difference, and the chance that it is none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from spinemets.errors import InputError
from spinemets.evaluation.figure import Figure
from spinemets.evaluation.resampling import Bootstrap, Numbers, Patients, Quantity, Statistic, chunk_sizes

# A difference that rounding alone makes smaller than the observed one is as large as it.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Comparison:
    """A metric of two sets of predictions.

    Args:
        name: Of the metric.
        first, second: Its values; None where undefined.
        difference: First less second, with its interval.
        p_value: Of a two-sided paired permutation test; None where there is no difference to test.
        permutations: How many were tried, all there are if ``exact``.
        exact: Whether every permutation was tried.
        undefined_permutations: Those that left the metric undefined; they count as differing as much.
    """

    name: str
    first: float | None
    second: float | None
    difference: Figure
    p_value: float | None
    permutations: int
    exact: bool
    undefined_permutations: int


def paired_patients(first: Sequence[str], second: Sequence[str]) -> Patients:
    """Patients of the rows of the first predictions followed by those of the second.

    The second's patients follow the first's, in the same order, so that a statistic of these takes
    (resample, 2 x patient) and values either half alone where the other's patients count 0 times.

    Raises:
        InputError: If the two are not of the same patients.
    """
    one, other = Patients.of(first), Patients.of(second)
    if one.names != other.names:
        alone = sorted(set(one.names) ^ set(other.names))
        raise InputError(
            f"the two sets of predictions differ in {len(alone)} patients, such as {alone[0]}",
            remedy="compare predictions of the same patients",
        )
    return Patients(one.names + other.names, np.concatenate([one.row, other.row + one.count]))


def compare(
    quantities: Sequence[Quantity], statistic: Statistic, patients: int, bootstrap: Bootstrap, width: int = 0
) -> tuple[Comparison, ...]:
    """Compare two sets of predictions by a statistic of both, see ``paired_patients``.

    Under the hypothesis of no difference the two predictions of a patient may change places, all rows of the
    patient together. With few patients every exchange is tried, with more as many as there are resamples.

    Args:
        quantities: What the columns of the statistic are.
        statistic: Takes (resample, 2 x patient).
        patients: How many there are of either set.
        bootstrap: For the interval of the difference, and how many permutations.
        width: Numbers that the statistic holds for each resample.
    """
    exact = 2**patients <= bootstrap.resamples
    both = _both(statistic, np.zeros((1, patients)), len(quantities))[:, 0]
    chunks = [
        np.subtract(*_both(statistic, each, len(quantities)))
        for each in _exchanges(patients, bootstrap, max(2 * patients, width), exact)
    ]
    swapped = np.concatenate(chunks)
    differences = bootstrap.estimate(quantities, _difference(statistic, len(quantities)), patients, width)
    return tuple(
        _comparison(both[:, column], swapped[:, column], each, exact)
        for column, each in enumerate(differences)
    )


def _both(statistic: Statistic, exchanged: Numbers, columns: int) -> Numbers:
    """Values of both sets (set, resample, quantity), where some patients' predictions changed places."""
    kept = 1 - exchanged
    first = statistic(np.hstack([kept, exchanged])).reshape(-1, columns)
    return np.stack([first, statistic(np.hstack([exchanged, kept])).reshape(-1, columns)])


def _exchanges(patients: int, bootstrap: Bootstrap, width: int, exact: bool) -> Iterator[Numbers]:
    if exact:
        yield np.array(list(product((0.0, 1.0), repeat=patients))).reshape(2**patients, patients)
        return
    rng = np.random.default_rng(bootstrap.seed)
    for count in chunk_sizes(bootstrap.resamples, width):
        yield rng.integers(2, size=(count, patients)).astype(np.float64)


def _difference(statistic: Statistic, columns: int) -> Statistic:
    def less(weights: Numbers) -> Numbers:
        none = np.zeros_like(weights)
        first = statistic(np.hstack([weights, none])).reshape(-1, columns)
        return np.asarray(first - statistic(np.hstack([none, weights])).reshape(-1, columns))

    return less


def _comparison(both: Numbers, swapped: Numbers, difference: Figure, exact: bool) -> Comparison:
    observed = float(both[0] - both[1])
    undefined = int(np.count_nonzero(~np.isfinite(swapped)))
    as_large = int(np.count_nonzero(np.abs(swapped) >= abs(observed) - _ROUNDING)) + undefined
    # Of random permutations the observed one is counted as one more (Phipson & Smyth 2010).
    chance = as_large / len(swapped) if exact else (1 + as_large) / (1 + len(swapped))
    first, second = (float(value) if np.isfinite(value) else None for value in both)
    return Comparison(
        name=difference.name,
        first=first,
        second=second,
        difference=replace(difference, name=f"difference in {difference.name}"),
        p_value=chance if np.isfinite(observed) else None,
        permutations=len(swapped),
        exact=exact,
        undefined_permutations=undefined,
    )
