"""Sensitivity against false positives per case, and average precision, under resampling of patients."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.evaluation.detections import Detections, Truths
from spinemets.evaluation.resampling import Numbers, Statistic, divided
from spinemets.evaluation.thresholds import ScoredRows

# Rates at which the FROC curve is read, after LUNA16 (Setio et al. 2017).
RATES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True, eq=False)
class FrocCurve:
    """The curve of a whole data set, from the highest threshold to the lowest.

    Args:
        thresholds, false_positives_per_case, sensitivity: (threshold,).
    """

    thresholds: Numbers
    false_positives_per_case: Numbers
    sensitivity: Numbers


def froc_curve(detections: Detections) -> FrocCurve:
    """Points of the curve at every score that occurs; no point where there are no cases or no lesions."""
    alarms = detections.scores[detections.false]
    found = detections.found_at[detections.found]
    thresholds = np.unique(np.concatenate([alarms, found]))[::-1]
    cases, lesions = detections.cases.sum(), len(detections.found_at)
    if not cases or not lesions:
        thresholds = thresholds[:0]
    return FrocCurve(
        thresholds,
        _at_or_above(thresholds, alarms) / max(cases, 1),
        _at_or_above(thresholds, found) / max(lesions, 1),
    )


def sensitivity_statistic(
    detections: Detections, groups: Sequence[Truths], rates: Sequence[float]
) -> Statistic:
    """Sensitivity of groups of lesions at rates of false positives per case (resample, group x rate).

    At the lowest threshold whose false positives are no more than the rate: an operating point that exists,
    where interpolation would give one that does not. Beyond the lowest score it stays what it is there. False
    positives of all sizes and places count for every group, since a false alarm has no type.

    Args:
        detections: Of all cases.
        groups: Which lesions belong to each (lesion,).
        rates: False positives per case.
    """
    alarms = _alarms(detections)
    count_alarms = alarms.counts(np.ones(len(alarms.place), bool))
    sorted_groups = [_Group.of(detections, group) for group in groups]
    before = [each.above(alarms.scores) for each in sorted_groups]

    def sensitivity(weights: Numbers) -> Numbers:
        false = np.cumsum(count_alarms(weights), axis=1)
        allowed = (weights @ detections.cases)[:, None] * np.asarray(rates)
        place = np.stack([(false <= most[:, None]).sum(axis=1) for most in allowed.T], axis=1)
        shares = [
            divided(np.take_along_axis(found, above[place], axis=1), lesions[:, None])
            for above, (found, lesions) in zip(
                before, (each.drawn(weights) for each in sorted_groups), strict=True
            )
        ]
        return np.concatenate(shares, axis=1)

    return sensitivity


def precision_statistic(detections: Detections, groups: Sequence[Truths]) -> Statistic:
    """Average precision of groups of lesions (resample, group): all-point interpolation.

    The area under precision against recall, where precision is the greatest at this recall or a higher one
    (PASCAL VOC 2010). Recall is of all lesions, those that no prediction finds among them.
    """
    alarms = _alarms(detections)
    count_alarms = alarms.counts(np.ones(len(alarms.place), bool))
    sorted_groups = [_Group.of(detections, group) for group in groups]

    def precision(weights: Numbers) -> Numbers:
        none = np.zeros((len(weights), 1))
        false = np.hstack([none, np.cumsum(count_alarms(weights), axis=1)])
        return np.stack([each.average_precision(weights, false, alarms.scores) for each in sorted_groups], 1)

    return precision


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Some lesions: whose they are, and the scores of those found, from the highest."""

    lesions: Numbers
    row: npt.NDArray[np.intp]
    scores: Numbers

    @classmethod
    def of(cls, detections: Detections, group: Truths) -> "_Group":
        found = np.flatnonzero(group & detections.found)
        order = found[np.argsort(-detections.found_at[found], kind="stable")]
        lesions = detections.lesions.sums(group)
        return cls(lesions, detections.lesions.row[order], detections.found_at[order])

    def above(self, scores: Numbers) -> npt.NDArray[np.intp]:
        """How many found lesions score above each of some scores, and all of them as the last."""
        return np.append(np.searchsorted(-self.scores, -scores, side="left"), len(self.scores))

    def drawn(self, weights: Numbers) -> tuple[Numbers, Numbers]:
        """How many of the first 0, 1, ... found lesions are drawn, and how many lesions there are."""
        none = np.zeros((len(weights), 1))
        return np.hstack([none, np.cumsum(weights[:, self.row], axis=1)]), weights @ self.lesions

    def average_precision(self, weights: Numbers, false: Numbers, alarm_scores: Numbers) -> Numbers:
        found, lesions = self.drawn(weights)
        # Lesions of one score are found together, with the alarms of that score.
        tied = np.searchsorted(-self.scores, -self.scores, side="right")
        alarms = np.searchsorted(-alarm_scores, -self.scores, side="right")
        precision = divided(found[:, tied], found[:, tied] + false[:, alarms])
        greatest = np.fmax.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        return divided(np.nansum(greatest * weights[:, self.row], axis=1), lesions)


def _alarms(detections: Detections) -> ScoredRows:
    return ScoredRows.of(detections.false_alarms, detections.scores[detections.false])


def _at_or_above(thresholds: Numbers, scores: Numbers) -> npt.NDArray[np.intp]:
    return len(scores) - np.searchsorted(np.sort(scores), thresholds, side="left")
