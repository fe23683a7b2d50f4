"""Vertebrae, studies and patients with a lesion or without."""

import numpy as np
import pytest

from spinemets.evaluation.binary import binary_figures
from spinemets.evaluation.lesion_cases import lesion_case
from spinemets.evaluation.lesion_map import lesions_of_numbers
from spinemets.evaluation.region_detection import binary_rows, patients, studies, vertebrae
from spinemets.evaluation.resampling import Bootstrap

LEVELS = np.array([[[8, 8, 8, 8, 0, 9, 9, 9, 9, 0, 31, 31]]])


def _map(text, scores=None):
    numbered = np.array([[[int(each) for each in text]]])
    return lesions_of_numbers(numbered, 0.1, scores=scores)


def _case(case, patient, predicted, reference):
    return lesion_case(case, patient, predicted, reference)


def test_a_lesion_is_of_every_vertebra_that_it_reaches():
    regions = vertebrae("a", "p", LEVELS, _map("002220000033", {2: 0.7, 3: 0.4}), _map("001111100000"), 0.0)
    assert [(each.name, each.truth, each.predicted, each.score) for each in regions] == [
        ("T1", True, True, 0.7),
        ("T2", True, False, -np.inf),
        ("T13", False, True, 0.4),
    ]


def test_a_lesion_that_only_touches_a_vertebra_is_not_of_it():
    regions = vertebrae("a", "p", LEVELS, _map("0" * 12, {}), _map("011111000000"), 0.15)
    assert [each.truth for each in regions] == [True, False, False]


def test_studies_and_patients_hold_what_their_images_hold():
    nothing, one = _map("000", {}), _map("110", {1: 0.6})
    cases = [_case("x", "p", nothing, one), _case("x", "p", one, nothing), _case("y", "p", nothing, nothing)]
    assert [(each.name, each.truth, each.predicted, each.score) for each in studies(cases)] == [
        ("x", True, True, 0.6),
        ("y", False, False, -np.inf),
    ]
    assert [(each.name, each.truth, each.score) for each in patients(cases)] == [("p", True, 0.6)]


def test_rows_have_scores_where_every_region_has_one():
    unscored, nothing = _map("110"), _map("000")
    with_prediction, without = _case("x", "p", unscored, nothing), _case("y", "q", nothing, nothing)
    assert binary_rows(studies([without])).score is not None
    assert binary_rows(studies([with_prediction, without])).score is None


def test_rows_give_figures():
    regions = vertebrae("a", "p", LEVELS, _map("002220000033", {2: 0.7, 3: 0.4}), _map("001111100000"), 0.0)
    values = {each.name: each.value for each in binary_figures(binary_rows(regions), Bootstrap(20, 0))}
    assert (values["sensitivity"], values["specificity"]) == (0.5, 0.0)
    assert values["AUC"] == pytest.approx(0.5)
