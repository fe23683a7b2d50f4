"""Intervals from patients drawn anew: a metric is a function of how often each patient was drawn."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import special

from spinemets.errors import ConfigurationError
from spinemets.evaluation.figure import Figure
from spinemets.findings.measurement import Unit

Numbers = npt.NDArray[np.float64]
# From how often each patient counts (resample, patient), whole numbers, to values (resample,) or
# (resample, quantity); NaN where a value is undefined. It must not mix resamples.
Statistic = Callable[[Numbers], Numbers]

# Numbers that one chunk of resamples may hold: 16 MB.
_CHUNK = 2_000_000
# Draws that are kept for the next figure: 64 MB.
_LARGEST_KEPT = 32_000_000
# Of fewer defined resamples no interval is made: what is left is not the sampling distribution.
_LEAST_DEFINED = 0.5


class IntervalKind(StrEnum):
    """How the ends of an interval are taken from the resamples."""

    PERCENTILE = "percentile"
    BCA = "BCa"


@dataclass(frozen=True, slots=True)
class Patients:
    """Which patient each row of a table is of.

    Args:
        names: Each patient once, in order.
        row: Index into ``names`` (row,).
    """

    names: tuple[str, ...]
    row: npt.NDArray[np.intp]

    @classmethod
    def of(cls, patient_of_row: Sequence[str]) -> "Patients":
        """From the patient of every row."""
        names, row = np.unique(np.asarray(patient_of_row, dtype=np.str_), return_inverse=True)
        return cls(tuple(names.tolist()), row.astype(np.intp))

    @property
    def count(self) -> int:
        """How many patients there are."""
        return len(self.names)

    def sums(self, values: npt.ArrayLike) -> Numbers:
        """Sum over the rows of each patient.

        Args:
            values: (row,) or (row, quantity), numbers or truth values.

        Returns:
            (patient,) or (patient, quantity).
        """
        values = np.asarray(values, dtype=np.float64)
        if values.ndim == 1:
            return np.bincount(self.row, values, minlength=self.count).astype(np.float64)
        columns = [np.bincount(self.row, column, minlength=self.count) for column in values.T]
        return np.stack(columns, axis=1) if columns else np.zeros((self.count, 0))

    def rows_drawn(self, weights: Numbers) -> Numbers:
        """How often each row counts (resample, row), from how often each patient does."""
        return weights[:, self.row]


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a statistic gives in one column.

    Args:
        name: Of the figure.
        unit: Of the figure.
        n: What was counted for it.
        undefined: Why there is no value, where there is none.
    """

    name: str
    unit: Unit = Unit.ONE
    n: int = 0
    undefined: str = "nothing to count"


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Draws patients with replacement, all rows of a patient together.

    Args:
        resamples: How many.
        seed: The same seed draws the same patients, for every metric.
        level: Coverage of the intervals, such as 0.95.
        kind: Percentile, or BCa (Efron 1987), which corrects for bias and skewness.

    Raises:
        ConfigurationError: If there are no resamples, or the level is not between 0 and 1.
    """

    resamples: int
    seed: int
    level: float = 0.95
    kind: IntervalKind = IntervalKind.PERCENTILE

    def __post_init__(self) -> None:
        if self.resamples < 1:
            raise ConfigurationError(f"is {self.resamples}; at least 1", field="bootstrap.resamples")
        if not 0 < self.level < 1:
            raise ConfigurationError(f"is {self.level}; between 0 and 1", field="bootstrap.level")

    def weights(self, patients: int, width: int = 0) -> Iterator[Numbers]:
        """How often each patient was drawn (resample, patient), in chunks of bounded memory.

        Args:
            patients: How many there are.
            width: Numbers that the statistic holds for each resample, where these are more than patients.
        """
        start = 0
        kept = self.resamples * patients <= _LARGEST_KEPT
        drawn = _all_draws(self.resamples, patients, self.seed) if kept else None
        rng = np.random.default_rng(self.seed)
        for count in chunk_sizes(self.resamples, max(patients, width)):
            chunk = _draws(count, patients, rng) if drawn is None else drawn[start : start + count]
            start += count
            yield chunk.astype(np.float64)

    def estimate(
        self, quantities: Sequence[Quantity], statistic: Statistic, patients: int, width: int = 0
    ) -> tuple[Figure, ...]:
        """Figures of a statistic, one for each column.

        Args:
            quantities: What the columns are.
            statistic: Gives (resample, quantity), or (resample,) of one quantity.
            patients: How many there are; the statistic takes (resample, patient).
            width: Numbers that the statistic holds for each resample, such as rows, to bound memory.
        """
        if not quantities:
            return ()
        if not patients:
            return tuple(_without(each, self.level, patients) for each in quantities)
        values = _columns(statistic(np.ones((1, patients))), len(quantities))[0]
        drawn = np.empty((0, len(quantities)))
        if patients > 1:
            chunks = [_columns(statistic(each), len(quantities)) for each in self.weights(patients, width)]
            drawn = np.concatenate(chunks)
        left_out = np.empty((0, len(quantities)))
        if self.kind is IntervalKind.BCA and patients > 1:
            left_out = _columns(_each_left_out(statistic, patients, width), len(quantities))
        return tuple(
            self._figure(each, float(values[column]), drawn[:, column], left_out[:, column], patients)
            for column, each in enumerate(quantities)
        )

    def _figure(
        self, quantity: Quantity, value: float, drawn: Numbers, left_out: Numbers, patients: int
    ) -> Figure:
        if not np.isfinite(value):
            return _without(quantity, self.level, patients)
        defined = drawn[np.isfinite(drawn)]
        undefined = len(drawn) - len(defined)
        reason = _why_no_interval(defined, undefined, patients)
        low, high, method = (None, None, "") if reason else self._ends(value, defined, left_out)
        return Figure(
            name=quantity.name,
            value=value,
            unit=quantity.unit,
            low=low,
            high=high,
            level=self.level,
            method=method,
            n=quantity.n,
            patients=patients,
            undefined_resamples=undefined,
            reason=reason,
        )

    def _ends(self, value: float, defined: Numbers, left_out: Numbers) -> tuple[float, float, str]:
        tails = np.array([(1 - self.level) / 2, (1 + self.level) / 2])
        kind = IntervalKind.PERCENTILE
        if self.kind is IntervalKind.BCA:
            corrected = _bca_tails(value, defined, left_out, tails)
            if np.all(np.isfinite(corrected)):
                tails, kind = corrected, IntervalKind.BCA
        low, high = np.quantile(defined, tails)
        return float(low), float(high), f"{kind} bootstrap by patient, {self.resamples:,} resamples"


def chunk_sizes(resamples: int, width: int) -> Iterator[int]:
    """How many resamples to hold at once, where each holds ``width`` numbers."""
    size = max(1, _CHUNK // max(1, width))
    for start in range(0, resamples, size):
        yield min(size, resamples - start)


def divided(numerator: Numbers, denominator: Numbers) -> Numbers:
    """The quotient, NaN where the denominator is 0."""
    undefined = np.full(np.broadcast_shapes(np.shape(numerator), np.shape(denominator)), np.nan)
    np.divide(numerator, denominator, out=undefined, where=np.not_equal(denominator, 0))
    return undefined


def _draws(count: int, patients: int, rng: np.random.Generator) -> npt.NDArray[np.uint16]:
    places = rng.integers(patients, size=(count, patients))
    places += patients * np.arange(count)[:, None]
    return np.bincount(places.ravel(), minlength=count * patients).reshape(count, -1).astype(np.uint16)


@lru_cache(maxsize=2)
def _all_draws(resamples: int, patients: int, seed: int) -> npt.NDArray[np.uint16]:
    """Every draw: most figures are of the same patients, and drawing costs more than counting."""
    rng = np.random.default_rng(seed)
    sizes = chunk_sizes(resamples, patients)
    return np.concatenate([_draws(count, patients, rng) for count in sizes])


def _columns(values: Numbers, count: int) -> Numbers:
    return np.asarray(values, dtype=np.float64).reshape(-1, count)


def _without(quantity: Quantity, level: float, patients: int) -> Figure:
    return Figure(
        name=quantity.name,
        value=None,
        unit=quantity.unit,
        level=level,
        n=quantity.n,
        patients=patients,
        reason=quantity.undefined,
    )


def _why_no_interval(defined: Numbers, undefined: int, patients: int) -> str:
    if patients < 2:
        return "one patient: no interval"
    if len(defined) < _LEAST_DEFINED * (len(defined) + undefined):
        return f"undefined in {undefined:,} of {len(defined) + undefined:,} resamples: no interval"
    if np.ptp(defined) <= 1e-12 * np.abs(defined).max():
        return "the same in every resample: no interval"
    return ""


def _each_left_out(statistic: Statistic, patients: int, width: int) -> Numbers:
    """The jackknife: the statistic without each patient in turn."""
    results = []
    start = 0
    for count in chunk_sizes(patients, max(patients, width)):
        weights = np.ones((count, patients))
        weights[np.arange(count), start + np.arange(count)] = 0
        results.append(statistic(weights))
        start += count
    return np.concatenate(results)


def _bca_tails(value: float, defined: Numbers, left_out: Numbers, tails: Numbers) -> Numbers:
    """Quantiles of the resamples that BCa takes (Efron 1987, Better bootstrap confidence intervals)."""
    below = (defined < value).mean() + (defined == value).mean() / 2
    bias = special.ndtri(below)
    away = left_out[np.isfinite(left_out)]
    away = away.mean() - away if len(away) else away
    spread = float((away**2).sum())
    skewness = (away**3).sum() / (6 * spread**1.5) if spread > 0 else np.nan
    shifted = bias + special.ndtri(tails)
    return np.asarray(special.ndtr(bias + shifted / (1 - skewness * shifted)))
