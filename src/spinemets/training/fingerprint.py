"""Statistics of the training cases, which spacing, patch and batch are planned from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spinemets.training.case_facts import CaseFacts

# Size classes of lesions (mL), as results are reported by.
_SIZE_CLASSES = {"< 0.5 mL": (0.0, 0.5), "0.5-1 mL": (0.5, 1.0), ">= 1 mL": (1.0, np.inf)}
_QUANTILES = (0, 10, 50, 90, 100)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Statistics over the training cases; quantiles are the 0, 10, 50, 90 and 100 %.

    Args:
        cases: How many there are.
        spacing_mm: Quantiles of the spacing along (slice, row, column), a triple each.
        shape: The same of the number of voxels.
        extent_mm: The same of the field of view.
        channels: Cases that have each channel.
        intensities: Median over cases of the percentiles 0.5, 50 and 99.5 of each channel.
        class_volumes_ml: Median volume of every set of classes, over the cases that have it.
        lesion_annotated: Cases in which lesions are annotated.
        lesion_free: Of those, cases without any.
        lesions: Lesions of each size class.
        lesion_volume_ml: Quantiles of the lesions' volume; empty without lesions.
        level_annotated: Cases in which levels are annotated.
    """

    cases: int
    spacing_mm: tuple[tuple[float, ...], ...]
    shape: tuple[tuple[float, ...], ...]
    extent_mm: tuple[tuple[float, ...], ...]
    channels: Mapping[str, int]
    intensities: Mapping[str, tuple[float, ...]]
    class_volumes_ml: Mapping[str, float]
    lesion_annotated: int
    lesion_free: int
    lesions: Mapping[str, int]
    lesion_volume_ml: tuple[float, ...]
    level_annotated: int

    @property
    def median_spacing_mm(self) -> tuple[float, float, float]:
        """Median spacing along (slice, row, column)."""
        slices, rows, columns = self.spacing_mm[2]
        return slices, rows, columns

    @property
    def median_extent_mm(self) -> tuple[float, float, float]:
        """Median field of view along (slice, row, column)."""
        slices, rows, columns = self.extent_mm[2]
        return slices, rows, columns


def fingerprint(facts: Sequence[CaseFacts]) -> Fingerprint:
    """Statistics of the training cases.

    Raises:
        ValueError: If there are no cases.
    """
    if not facts:
        raise ValueError("a fingerprint needs at least one case")
    annotated = [one.lesion_volumes_ml for one in facts if one.lesion_volumes_ml is not None]
    volumes_ml = np.array([volume for one in annotated for volume in one])
    extents = [np.multiply(one.spacing_mm, one.shape) for one in facts]
    return Fingerprint(
        cases=len(facts),
        spacing_mm=_quantiles([one.spacing_mm for one in facts]),
        shape=_quantiles([one.shape for one in facts]),
        extent_mm=_quantiles(extents),
        channels=_channel_counts(facts),
        intensities=_median_by_name([one.intensities for one in facts]),
        class_volumes_ml={
            name: values[0]
            for name, values in _median_by_name(
                [{key: (value,) for key, value in one.class_volumes_ml.items()} for one in facts]
            ).items()
        },
        lesion_annotated=len(annotated),
        lesion_free=sum(not one for one in annotated),
        lesions={
            name: int(((volumes_ml >= low) & (volumes_ml < high)).sum())
            for name, (low, high) in _SIZE_CLASSES.items()
        },
        lesion_volume_ml=_rounded(np.percentile(volumes_ml, _QUANTILES)) if volumes_ml.size else (),
        level_annotated=sum(one.levels for one in facts),
    )


def _quantiles(rows: Sequence[object]) -> tuple[tuple[float, ...], ...]:
    return tuple(_rounded(row) for row in np.percentile(np.asarray(rows, dtype=float), _QUANTILES, axis=0))


def _channel_counts(facts: Sequence[CaseFacts]) -> dict[str, int]:
    names = sorted({name for one in facts for name in one.intensities})
    return {name: sum(name in one.intensities for one in facts) for name in names}


def _median_by_name(rows: Sequence[Mapping[str, tuple[float, ...]]]) -> dict[str, tuple[float, ...]]:
    names = sorted({name for row in rows for name in row})
    return {name: _rounded(np.median([row[name] for row in rows if name in row], axis=0)) for name in names}


def _rounded(values: object) -> tuple[float, ...]:
    return tuple(round(float(value), 3) for value in np.atleast_1d(np.asarray(values)))
