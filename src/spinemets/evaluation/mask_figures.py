"""Masks of many cases: Dice, surfaces and volumes of each structure with intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from spinemets.evaluation.figure import Figure
from spinemets.evaluation.mask_score import Empty, MaskScore
from spinemets.evaluation.quantiles import median_statistic
from spinemets.evaluation.ratios import ratio
from spinemets.evaluation.resampling import Bootstrap, Patients, Quantity
from spinemets.findings.measurement import Unit


@dataclass(frozen=True, slots=True)
class MaskRow:
    """The score of one mask: a structure of a case, or a lesion that was found.

    Args:
        case, patient: Of which study and patient it is.
        structure: Such as ``disc`` or ``lesion``.
        score: Against its reference.
    """

    case: str
    patient: str
    structure: str
    score: MaskScore


@dataclass(frozen=True, slots=True)
class MaskFigures:
    """One structure over many cases.

    Args:
        structure: Which.
        figures: Mean Dice and NSD, mean and median HD95, errors of volume.
        masks: How many there are.
        predicted_empty, reference_empty, both_empty: In how many of them which holds nothing.
    """

    structure: str
    figures: tuple[Figure, ...]
    masks: int
    predicted_empty: int
    reference_empty: int
    both_empty: int


@dataclass(frozen=True, slots=True)
class _Column:
    """One number of every mask, and what to make of it."""

    name: str
    unit: Unit
    of: Callable[[MaskScore], float | None]
    undefined: str
    median: bool = False


_NO_MASK = "no mask that is not left out"
_NO_DISTANCE = "no mask with a distance"
_NO_REFERENCE = "no mask with a reference that is not empty"
_COLUMNS = (
    _Column("mean Dice", Unit.ONE, lambda score: score.dice, _NO_MASK),
    _Column("mean NSD", Unit.ONE, lambda score: score.nsd, _NO_MASK),
    _Column("mean HD95", Unit.MILLIMETRE, lambda score: score.hd95_mm, _NO_DISTANCE),
    _Column("median HD95", Unit.MILLIMETRE, lambda score: score.hd95_mm, _NO_DISTANCE, median=True),
    _Column("mean volume error", Unit.MILLILITRE, lambda score: score.volume_error_ml, _NO_MASK),
    _Column(
        "mean absolute volume error", Unit.MILLILITRE, lambda score: abs(score.volume_error_ml), _NO_MASK
    ),
    _Column(
        "median volume error", Unit.PERCENT, lambda score: score.volume_error_percent, _NO_REFERENCE, True
    ),
)


def mask_figures(rows: Sequence[MaskRow], bootstrap: Bootstrap) -> tuple[MaskFigures, ...]:
    """Figures of each structure, in the order in which these first occur.

    Means are over masks, so that a patient with several counts as often as he or she has them.
    """
    structures = dict.fromkeys(row.structure for row in rows)
    return tuple(
        _of_structure(structure, [row for row in rows if row.structure == structure], bootstrap)
        for structure in structures
    )


def _of_structure(structure: str, rows: Sequence[MaskRow], bootstrap: Bootstrap) -> MaskFigures:
    kinds = [row.score.empty for row in rows]
    return MaskFigures(
        structure,
        tuple(_figure(column, rows, bootstrap) for column in _COLUMNS),
        masks=len(rows),
        predicted_empty=kinds.count(Empty.PREDICTED),
        reference_empty=kinds.count(Empty.REFERENCE),
        both_empty=kinds.count(Empty.BOTH),
    )


def _figure(column: _Column, rows: Sequence[MaskRow], bootstrap: Bootstrap) -> Figure:
    # A score without Dice is one that the policy leaves out.
    counted = [row for row in rows if row.score.dice is not None]
    known = [(row.patient, value) for row in counted if (value := column.of(row.score)) is not None]
    patients = Patients.of([patient for patient, _ in known])
    values = np.array([value for _, value in known], dtype=np.float64)
    quantity = Quantity(column.name, column.unit, len(known), column.undefined)
    if not column.median:
        return ratio(quantity, patients.sums(values), patients.sums(np.ones_like(values)), bootstrap)
    statistic = median_statistic(values, patients)
    return bootstrap.estimate([quantity], statistic, patients.count, width=len(values))[0]
