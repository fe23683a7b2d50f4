"""Metrics of lesions that two sets of predictions are compared by."""

from collections.abc import Iterator, Sequence

import numpy as np

from spinemets.evaluation.detections import Detections, gather_detections
from spinemets.evaluation.froc import precision_statistic, sensitivity_statistic
from spinemets.evaluation.headlines import LESIONS
from spinemets.evaluation.lesion_cases import LesionCase
from spinemets.evaluation.lesion_matching import ANY_OVERLAP
from spinemets.evaluation.paired import Column, PairedMetric, mean_metric
from spinemets.evaluation.region_detection import Region, binary_rows
from spinemets.evaluation.resampling import Numbers, Patients, Quantity, divided
from spinemets.evaluation.thresholds import auc_statistic

_RATE = 0.5
_OF = "each lesion, any overlap"


def lesion_metrics(cases: Sequence[LesionCase]) -> Iterator[PairedMetric]:
    """Sensitivity and false positives as they stand; where both sets carry scores, FROC and precision.

    Args:
        cases: Of both sets, see ``side_by_side``.
    """
    if not cases:
        return
    found = gather_detections(cases, ANY_OVERLAP)
    yield _as_they_stand(found)
    if not found.scored:
        return
    everything = [np.ones(len(found.strata), dtype=bool)]
    n, patients = len(found.strata) // 2, len(found.names) // 2
    width = len(found.strata) + len(found.scores)
    at_rate = Quantity(f"sensitivity at {_RATE:g} false positives per case", n=n)
    for quantity, statistic in (
        (at_rate, sensitivity_statistic(found, everything, [_RATE])),
        (Quantity("average precision", n=n), precision_statistic(found, everything)),
    ):
        yield PairedMetric(LESIONS, _OF, (quantity,), statistic, patients, width)


def _as_they_stand(found: Detections) -> PairedMetric:
    lesions = found.lesions.sums(np.ones(len(found.strata)))
    hits = found.lesions.sums(found.found)
    false = found.false_alarms.sums(np.ones(int(found.false.sum())))
    patients = len(found.names) // 2

    def statistic(drawn: Numbers) -> Numbers:
        sensitivity = divided(drawn @ hits, drawn @ lesions)
        return np.stack([sensitivity, divided(drawn @ false, drawn @ found.cases)], axis=1)

    quantities = (
        Quantity("sensitivity", n=len(found.strata) // 2),
        Quantity("false positives per case", n=round(found.cases[:patients].sum())),
    )
    return PairedMetric(LESIONS, _OF, quantities, statistic, patients)


def region_metrics(of: str, regions: Sequence[Region]) -> Iterator[PairedMetric]:
    """Sensitivity and specificity of vertebrae or patients; where both sets carry scores, AUC.

    Args:
        of: What the regions are.
        regions: Of both sets, see ``side_by_side``.
    """
    rows = binary_rows(regions)
    columns = (
        Column("sensitivity", rows.predicted, rows.truth),
        Column("specificity", ~rows.predicted, ~rows.truth),
    )
    yield from mean_metric(LESIONS, of, rows.patient_of_row, columns)
    if len(regions) and rows.score is not None:
        patients, n = Patients.of(rows.patient_of_row), len(regions)
        area = auc_statistic(rows.truth, rows.score, patients)
        yield PairedMetric(LESIONS, of, (Quantity("AUC", n=n // 2),), area, patients.count // 2, width=n)
