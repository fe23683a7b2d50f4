"""FROC and average precision: against MONAI and torchmetrics, and under resampling."""

import numpy as np
import pytest
import torch
from monai.metrics import compute_froc_curve_data
from torchmetrics.functional.classification import binary_average_precision, binary_precision_recall_curve

from spinemets.evaluation.detections import gather_detections
from spinemets.evaluation.froc import RATES, froc_curve, precision_statistic, sensitivity_statistic
from spinemets.evaluation.lesion_cases import LesionCase, ReferenceLesion
from spinemets.evaluation.lesion_matching import ANY_OVERLAP, Overlap


def _case(name, found, missed, alarms, patient=None):
    """A case of so many lesions: scores of those found, count of those missed, scores of false alarms."""
    shared = np.zeros((len(found) + len(alarms), len(found) + missed), np.int64)
    shared[: len(found), : len(found)] = 50 * np.eye(len(found), dtype=np.int64)
    sizes = [np.full(count, 100) for count in shared.shape]
    lesions = (ReferenceLesion(1.0),) * shared.shape[1]
    return LesionCase(name, patient or name, lesions, Overlap(shared, *sizes), np.array([*found, *alarms]))


def _drawn_cases(seed, cases=30, decimals=3):
    rng = np.random.default_rng(seed)
    return [
        _case(
            f"{number:02}",
            np.round(rng.beta(3, 1, rng.poisson(2)), decimals),
            int(rng.poisson(0.5)),
            np.round(rng.beta(1, 2, rng.poisson(3)), decimals),
        )
        for number in range(cases)
    ]


def _detections(cases):
    detections = gather_detections(cases, ANY_OVERLAP)
    return detections, [np.ones(len(detections.strata), bool)]


def _values(cases, weights=None, rates=RATES):
    detections, groups = _detections(cases)
    weights = np.ones((1, len(detections.names))) if weights is None else weights
    sensitivity = sensitivity_statistic(detections, groups, rates)(weights)
    return sensitivity[0], precision_statistic(detections, groups)(weights)[0, 0]


@pytest.mark.parametrize("decimals", [1, 6])
def test_curve_is_that_of_monai(decimals):
    detections, _ = _detections(_drawn_cases(0, decimals=decimals))
    curve = froc_curve(detections)
    found, alarms = detections.found_at[detections.found], detections.scores[detections.false]
    rates, sensitivity = compute_froc_curve_data(alarms, found, len(detections.found_at), 30)
    # MONAI leaves out the lowest threshold, and ends with the point of no predictions.
    assert curve.false_positives_per_case[:-1] == pytest.approx(rates[-2::-1])
    assert curve.sensitivity[:-1] == pytest.approx(sensitivity[-2::-1])


def test_sensitivity_at_a_rate_is_that_of_the_last_point_before_it():
    cases = _drawn_cases(0)
    curve = froc_curve(_detections(cases)[0])
    expected = [curve.sensitivity[curve.false_positives_per_case <= rate].max(initial=0) for rate in RATES]
    assert _values(cases)[0] == pytest.approx(expected)


def test_average_precision_is_the_area_under_the_envelope_of_torchmetrics():
    detections, _ = _detections(_drawn_cases(0, decimals=2))
    found, alarms = detections.found_at[detections.found], detections.scores[detections.false]
    scores = torch.tensor(np.concatenate([found, alarms]))
    truth = torch.tensor(np.repeat([1, 0], [len(found), len(alarms)]))
    precision, recall, _ = (each.numpy() for each in binary_precision_recall_curve(scores, truth))
    envelope = np.maximum.accumulate(precision)
    area = (np.diff(recall[::-1]) * envelope[::-1][1:]).sum()
    share = len(found) / len(detections.found_at)
    value = _values(_drawn_cases(0, decimals=2))[1]
    assert value == pytest.approx(area * share, abs=1e-6)
    assert value >= share * binary_average_precision(scores, truth).item() - 1e-6


def test_known_areas():
    assert _values([_case("a", [0.9, 0.8], 0, [0.1])])[1] == pytest.approx(1.0)
    # After one true and one false: precision 1, then 2/3; one of three lesions is never found.
    assert _values([_case("a", [0.9, 0.7], 1, [0.8])])[1] == pytest.approx((1 + 2 / 3) / 3)
    assert _values([_case("a", [], 2, [0.8])])[1] == 0


def test_lesions_and_alarms_of_one_score_come_together():
    sensitivity, precision = _values([_case("a", [0.5], 0, [0.5])], rates=(0.5, 1.0))
    assert sensitivity.tolist() == [0, 1]
    assert precision == pytest.approx(0.5)


def test_cases_without_lesions_make_a_rate_smaller():
    alone = _case("a", [0.5], 0, [0.9])
    assert _values([alone], rates=(0.5,))[0].tolist() == [0]
    assert _values([alone, _case("b", [], 0, [])], rates=(0.5,))[0].tolist() == [1]


def test_a_patient_drawn_twice_counts_as_two():
    cases = _drawn_cases(1, cases=6, decimals=1)
    drawn = [2, 0, 1, 3, 0, 0]
    repeated = [
        _renamed(case, f"{number}")
        for case, count in zip(cases, drawn, strict=True)
        for number in range(count)
    ]
    weighted, of_repeated = _values(cases, np.array([drawn], float)), _values(repeated)
    assert weighted[0] == pytest.approx(of_repeated[0])
    assert weighted[1] == pytest.approx(of_repeated[1])


def _renamed(case, suffix):
    return LesionCase(case.case, case.patient + suffix, case.lesions, case.overlap, case.scores)


def test_no_lesions_leave_it_undefined():
    sensitivity, precision = _values([_case("a", [], 0, [0.4])])
    assert np.isnan(sensitivity).all()
    assert np.isnan(precision)
    assert not len(froc_curve(_detections([_case("a", [], 0, [0.4])])[0]).thresholds)
