"""Rows of two sets of predictions side by side, and metrics that take both."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from spinemets.evaluation.lesion_cases import LesionCase
from spinemets.evaluation.mask_figures import MaskRow
from spinemets.evaluation.pairs import EsccPair, LevelPair, SinsPair
from spinemets.evaluation.region_detection import Region
from spinemets.evaluation.resampling import Numbers, Patients, Quantity, Statistic, divided
from spinemets.findings.measurement import Unit

R = TypeVar("R", LesionCase, Region, MaskRow, LevelPair, EsccPair, SinsPair)


@dataclass(frozen=True, slots=True)
class PairedMetric:
    """Some figures of both sets.

    Args:
        family, of: As of a headline.
        quantities: What the columns of the statistic are.
        statistic: Takes the patients of the first set, then those of the second.
        patients: How many either set has.
        width: Numbers that the statistic holds for each resample, where these are more than patients.
    """

    family: str
    of: str
    quantities: tuple[Quantity, ...]
    statistic: Statistic
    patients: int
    width: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A number of every row, of which the mean is taken.

    Args:
        name: Of the mean.
        values: (row,), numbers or truth values; of rows that do not count anything.
        counted: Which rows count (row,).
        unit: Of the values.
    """

    name: str
    values: npt.NDArray[Any]
    counted: npt.NDArray[np.bool_]
    unit: Unit = Unit.ONE


def side_by_side(first: Iterable[R], second: Iterable[R]) -> list[R]:
    """Rows of the patients that both sets have; their names then sort the first before the second's."""
    doubled = [replace(row, patient=f"1 {row.patient}") for row in first]
    doubled += [replace(row, patient=f"2 {row.patient}") for row in second]
    names = {row.patient for row in doubled}
    paired = {name[2:] for name in names if name[0] == "1"} & {name[2:] for name in names if name[0] == "2"}
    return [row for row in doubled if row.patient[2:] in paired]


def mean_metric(
    family: str, of: str, patient_of_row: Sequence[str], columns: Sequence[Column]
) -> Iterator[PairedMetric]:
    """Means over rows of both sets, see ``side_by_side``; none where there are no rows."""
    if not patient_of_row:
        return
    patients = Patients.of(patient_of_row)
    counted = np.stack([column.counted for column in columns], axis=1)
    values = np.stack([column.values for column in columns], axis=1)
    total, count = patients.sums(np.where(counted, values, 0)), patients.sums(counted)
    of_first = count[: patients.count // 2].sum(axis=0).tolist()

    def means(drawn: Numbers) -> Numbers:
        return divided(drawn @ total, drawn @ count)

    quantities = tuple(
        Quantity(column.name, column.unit, n=round(n)) for column, n in zip(columns, of_first, strict=True)
    )
    yield PairedMetric(family, of, quantities, means, patients.count // 2, width=len(columns))
