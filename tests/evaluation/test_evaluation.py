"""Whole evaluations: perfect predictions are perfect, known errors give known figures, sets are compared."""

import numpy as np
import pytest

from evaluation.small_reference import (
    lesions,
    rewritten,
    write_masks,
    write_perfect,
    write_reference,
    write_table,
)
from spinemets.anatomy import Level
from spinemets.errors import ConfigurationError, InputError
from spinemets.evaluation.case_images import Grids
from spinemets.evaluation.evaluation import EvaluationSettings, evaluate
from spinemets.evaluation.image_evidence import ImageSettings
from spinemets.evaluation.mask_score import BothEmpty, MaskSettings, OneEmpty
from spinemets.evaluation.prediction_folder import read_predictions
from spinemets.evaluation.reading import gather_evidence
from spinemets.evaluation.reference import read_reference
from spinemets.evaluation.resampling import Bootstrap
from spinemets.evaluation.study_evidence import EvidenceSettings, LevelsBy, Missing
from spinemets.study.pseudonym import OriginalIdentifiers

# Figures that are best at 0; all others are best at 1.
_BEST_AT_0 = {
    "false positives per case",
    "off by one",
    "not gradable",
    "not scored",
    "mean error",
    "left open",
    "left as an interval",
}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return write_reference(tmp_path_factory.mktemp("reference"))


@pytest.fixture
def perfect(tmp_path):
    return write_perfect(tmp_path / "perfect")


def evaluated(reference, first, second=None, subgroups=None, missing=Missing.MISS):
    masks = MaskSettings(1.0, BothEmpty.LEFT_OUT, OneEmpty.UNDEFINED)
    evidence = EvidenceSettings(ImageSettings(masks, 0.0, 0.0), Grids.STRICT, missing, LevelsBy.PLACE)
    settings = EvaluationSettings(evidence, Bootstrap(200, 0), subgroups)
    gathered = [
        None
        if folder is None
        else gather_evidence(reference, read_predictions(folder, {}), OriginalIdentifiers(), {}, evidence)
        for folder in (first, second)
    ]
    return evaluate(reference, gathered[0], gathered[1], settings)


def _headlines(evaluation):
    found = {}
    for one in evaluation.predictions.headlines:
        found[one.family, one.of, one.figure.name] = one.figure.value
    return found


def test_perfect_predictions_are_perfect(reference, perfect):
    evaluation = evaluated(reference, perfect)
    assert evaluation.complete
    values = _headlines(evaluation)
    assert {family for family, *_ in values} == {"lesions", "masks", "levels", "ESCC", "SINS"}
    for key, value in values.items():
        if value is not None:
            assert value == pytest.approx(float(key[2] not in _BEST_AT_0)), key
    # Without probabilities and scores there is nothing to say of some, and each says so.
    silent = {key[2] for key, value in values.items() if value is None}
    assert silent == {
        "sensitivity at 0.5 false positives per case",
        "average precision",
        "conformal coverage",
        "mean Dice",
        # Three levels alike in what they score have no agreement beyond chance.
        "kappa",
        "AUC",
    }


def test_half_the_lesions_missed(reference, perfect):
    rewritten(perfect / "anna" / "lesions.nii.gz", lambda array: np.where(array == 2, 0, array))
    rewritten(perfect / "carl" / "lesions.nii.gz", lambda array: lesions(Level.L4))
    values = _headlines(evaluated(reference, perfect))
    of = "each lesion, any overlap"
    assert values["lesions", of, "sensitivity"] == pytest.approx(2 / 3)
    assert values["lesions", of, "false positives per case"] == pytest.approx(1 / 3)
    assert values["lesions", "each patient", "specificity"] == 0
    assert values["lesions", "each vertebra", "sensitivity"] == pytest.approx(2 / 3)
    assert values["lesions", "each vertebra", "specificity"] == pytest.approx(8 / 9)


def test_missing_studies_are_missed_unless_they_are_left_out(reference, tmp_path):
    folder = tmp_path / "some"
    write_masks(folder / "berta", {"lesions": lesions(Level.L2)})
    key = "lesions", "each lesion, any overlap", "sensitivity"
    missed = evaluated(reference, folder)
    assert not missed.complete
    assert _headlines(missed)[key] == pytest.approx(1 / 3)
    assert _headlines(evaluated(reference, folder, missing=Missing.LEFT_OUT))[key] == 1


def test_grades_that_are_not_there_count_as_missed_beside_the_agreement(reference, tmp_path):
    folder = tmp_path / "grades"
    write_table(folder / "escc.csv", ("case", "level", "grade"), ("anna", "L3", "0"), ("berta", "L2", "1b"))
    values = _headlines(evaluated(reference, folder))
    assert values["ESCC", "each level, six grades", "accuracy"] == 1
    assert values["ESCC", "each level", "not gradable"] == pytest.approx(1 / 3)
    assert values["ESCC", "each level", "sensitivity at 2 or more, not graded counted as missed"] == 0
    assert not any(family in ("lesions", "SINS") for family, *_ in values)


def test_subgroups_are_data_sets_of_their_own(reference, perfect):
    (perfect / "berta" / "lesions.nii.gz").unlink()
    write_masks(perfect / "berta", {"lesions": lesions()})
    evaluation = evaluated(reference, perfect, subgroups=("site",))
    found = {
        one.figure.stratum: one.figure.value
        for one in evaluation.subgroups
        if one.family == "lesions" and one.of.startswith("each lesion") and one.figure.name == "sensitivity"
    }
    assert found == {"north": 1.0, "south": 0.0}


def test_columns_with_several_values_are_taken_without_asking(reference, perfect):
    columns = {one.figure.by for one in evaluated(reference, perfect).subgroups}
    assert columns == {"site", "sex"}


def test_an_unknown_column_is_refused(reference, perfect):
    with pytest.raises(ConfigurationError, match=r"age.*site, sequences, sex"):
        evaluated(reference, perfect, subgroups=("age",))


def test_equal_predictions_do_not_differ(reference, perfect):
    evaluation = evaluated(reference, perfect, perfect)
    names = {(one.family, one.comparison.name) for one in evaluation.comparison}
    assert ("lesions", "sensitivity") in names
    assert ("ESCC", "quadratic-weighted kappa") in names
    assert names >= {("SINS", "ICC(2,1)"), ("levels", "every level right"), ("masks", "mean Dice")}
    assert {one.of for one in evaluation.comparison} >= {"each vertebra", "each patient", "each level"}
    assert {one.comparison.difference.value for one in evaluation.comparison} <= {0.0, None}
    assert {one.comparison.p_value for one in evaluation.comparison} <= {1.0, None}


def test_worse_predictions_differ_by_what_they_miss(reference, perfect, tmp_path):
    worse = write_perfect(tmp_path / "worse")
    for name in ("anna", "berta"):
        rewritten(worse / name / "lesions.nii.gz", np.zeros_like)
    found = {
        one.comparison.name: one.comparison
        for one in evaluated(reference, perfect, worse).comparison
        if one.family == "lesions"
    }
    assert (found["sensitivity"].first, found["sensitivity"].second) == (1.0, 0.0)
    assert found["sensitivity"].difference.value == 1.0
    # Of eight exchanges of three patients' predictions; carl has no lesions: two of four are as large.
    assert found["sensitivity"].exact
    assert found["sensitivity"].p_value == 0.5


def test_everything_that_decides_figures_is_in_the_hashes(reference, perfect):
    first = evaluated(reference, perfect)
    assert evaluated(reference, perfect).predictions.sha256 == first.predictions.sha256
    assert evaluated(reference, perfect, missing=Missing.LEFT_OUT).config_sha256 != first.config_sha256
    rewritten(perfect / "anna" / "lesions.nii.gz", np.zeros_like)
    assert evaluated(reference, perfect).predictions.sha256 != first.predictions.sha256


def test_a_reference_with_one_name_twice_is_refused(reference, tmp_path):
    path = tmp_path / "manifest.json"
    path.write_text(reference.path.read_text().replace('"berta"', '"anna"'))
    with pytest.raises(InputError, match="several rows"):
        read_reference(path)
