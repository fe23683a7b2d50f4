"""Masks over cases: means, medians, empty masks, and subgroups."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinemets.evaluation.lesion_cases import score_found_lesions
from spinemets.evaluation.lesion_map import lesions_of_numbers
from spinemets.evaluation.mask_figures import MaskRow, mask_figures
from spinemets.evaluation.mask_score import BothEmpty, Empty, MaskScore, MaskSettings, OneEmpty
from spinemets.evaluation.quantiles import median_statistic
from spinemets.evaluation.resampling import Bootstrap, Patients

BOOTSTRAP = Bootstrap(resamples=100, seed=3)
ROWS = [
    MaskRow("a", "p", "disc", MaskScore(9, 10, 0.9, 0.95, 2.0)),
    MaskRow("b", "p", "disc", MaskScore(12, 10, 0.8, 0.85, 4.0)),
    MaskRow("c", "q", "disc", MaskScore(0, 5, 0.0, 0.0, None, Empty.PREDICTED)),
    MaskRow("d", "r", "disc", MaskScore(0, 0, None, None, None, Empty.BOTH)),
    MaskRow("a", "p", "lesion", MaskScore(1, 0, 0.0, 0.0, None, Empty.REFERENCE)),
]


def test_figures_of_a_structure():
    disc, lesion = mask_figures(ROWS, BOOTSTRAP)
    values = {figure.name: figure.value for figure in disc.figures}
    assert values["mean Dice"] == pytest.approx(1.7 / 3)
    assert values["mean NSD"] == pytest.approx(1.8 / 3)
    assert values["mean HD95"] == values["median HD95"] == pytest.approx(3.0)
    assert values["mean volume error"] == pytest.approx((-1 + 2 - 5) / 3)
    assert values["mean absolute volume error"] == pytest.approx(8 / 3)
    assert values["median volume error"] == pytest.approx(-10)
    assert (disc.masks, disc.predicted_empty, disc.reference_empty, disc.both_empty) == (4, 1, 0, 1)
    assert (lesion.structure, lesion.reference_empty) == ("lesion", 1)
    reasons = {figure.name: figure.reason for figure in lesion.figures if figure.value is None}
    assert reasons == {
        "mean HD95": "no mask with a distance",
        "median HD95": "no mask with a distance",
        "median volume error": "no mask with a reference that is not empty",
    }


def test_figures_say_how_many_masks_and_patients_they_are_of():
    dice = mask_figures(ROWS, BOOTSTRAP)[0].figures[0]
    assert (dice.n, dice.patients, dice.method) == (3, 2, "percentile bootstrap by patient, 100 resamples")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 3)), min_size=1, max_size=8))
def test_a_weighted_median_is_that_of_repeated_rows(rows):
    values, weights = np.array(rows, dtype=float).T
    patients = Patients(tuple(map(str, range(len(rows)))), np.arange(len(rows)))
    value = median_statistic(values, patients)(weights[None])[0]
    repeated = np.repeat(values, weights.astype(int))
    assert value == np.median(repeated) if len(repeated) else np.isnan(value)


def test_found_lesions_are_scored_one_by_one():
    predicted, reference = (
        lesions_of_numbers(np.array([[[int(each) for each in text]] * 2]), 0.1)
        for text in ("1100022003", "1111022000")
    )
    settings = MaskSettings(1.0, BothEmpty.LEFT_OUT, OneEmpty.UNDEFINED)
    rows = score_found_lesions("a", "p", predicted, reference, (5, 4, 5), settings)
    assert [row.score.dice for row in rows] == pytest.approx([2 / 3, 1])
    assert rows[0].score.volume_error_ml == pytest.approx(-0.4)
