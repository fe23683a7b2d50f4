"""Predictions are found and understood in every layout, and refused with a remedy where nothing tells."""

import numpy as np
import pytest

from evaluation.small_reference import label_map, write_nnunet, write_perfect, write_table
from manifest_files import write_nifti
from spinemets.anatomy import Anatomy, EsccGrade, Level
from spinemets.errors import ConfigurationError, InputError, UnreadableFileError
from spinemets.evaluation.predicted import Grading
from spinemets.evaluation.prediction_folder import read_predictions
from spinemets.scoring.sins import SinsClass
from spinemets.scoring.sins_items import Item
from spinemets.training.label_sets import Head

_NNUNET = {"background": 0, "vertebra": 1, "disc": 2, "spinal canal": 3, "lesion": 4}


def _only(folder, **labels):
    found = read_predictions(folder, labels)
    assert len(found.studies) == 1
    return found.studies[0]


def test_folders_of_masks_are_cases(tmp_path):
    found = read_predictions(write_perfect(tmp_path), {})
    assert [one.name for one in found.studies] == ["anna", "berta", "carl"]
    assert found.kind == "folders of masks and tables"
    heads = {head for file in found.studies[0].masks[0].files for head in file.label_set.heads}
    assert heads == set(Head)


def test_several_stations_lie_in_one_folder(tmp_path):
    for name in ("thoracic_lesions", "thoracic_levels", "lumbar_lesions"):
        write_nifti(tmp_path / "case" / f"{name}.nii.gz", np.zeros((2, 2, 2), np.uint8))
    stations = {masks.name: len(masks.files) for masks in _only(tmp_path).masks}
    assert stations == {"thoracic": 2, "lumbar": 1}


def test_nnunet_output_is_understood_by_its_labels(tmp_path):
    study = _only(write_nnunet(tmp_path, {"anna": label_map(Level.L1)}, _NNUNET))
    label_set = study.masks[0].files[0].label_set
    assert label_set.anatomy[1] == {Anatomy.VERTEBRAL_BODY, Anatomy.POSTERIOR_ELEMENTS}
    assert label_set.lesion[4]
    assert label_set.lesion[1] is False


def test_older_nnunet_output_too(tmp_path):
    labels = {str(value): name for name, value in _NNUNET.items()}
    study = _only(write_nnunet(tmp_path, {"anna": label_map()}, labels))
    assert study.masks[0].files[0].label_set.lesion[4]


def test_values_may_be_explained_by_the_user(tmp_path):
    write_nifti(tmp_path / "anna.nii.gz", label_map())
    labels = {1: ["vertebral body", "posterior elements"], 2: "disc", 3: "thecal sac", 4: "lesion"}
    study = read_predictions(tmp_path, labels).studies[0]
    assert study.masks[0].files[0].label_set.lesion == {0: False, 1: False, 2: False, 3: False, 4: True}


def test_a_whole_label_set_may_be_given(tmp_path):
    write_nifti(tmp_path / "anna.nii.gz", label_map())
    given = {"lesion": {0: False}, "every_other_is_lesion": True}
    assert read_predictions(tmp_path, given).studies[0].masks[0].files[0].label_set.every_other_is_lesion


def test_unexplained_values_are_refused(tmp_path):
    write_nifti(tmp_path / "anna.nii.gz", label_map())
    with pytest.raises(InputError, match="prediction_labels=") as refusal:
        read_predictions(tmp_path, {})
    assert refusal.value.field == "prediction_labels"


def test_an_unknown_name_of_a_label_says_how_to_explain_it(tmp_path):
    write_nnunet(tmp_path, {"anna": label_map()}, {"background": 0, "wirbel": 1})
    with pytest.raises(ConfigurationError, match=r"prediction_labels\.wirbel"):
        read_predictions(tmp_path, {})
    assert read_predictions(tmp_path, {"wirbel": "vertebral body"}).studies


@pytest.mark.parametrize("made", [False, True])
def test_a_folder_without_predictions_is_refused(tmp_path, made):
    folder = tmp_path / "nothing"
    if made:
        folder.mkdir()
    with pytest.raises(UnreadableFileError, match="spinemets infer"):
        read_predictions(folder, {})


def test_grades_of_a_table(tmp_path):
    write_table(
        tmp_path / "escc.csv",
        ("case", "level", "slice", "grade", "set", "p0", "p1a", "p1b", "p1c", "p2", "p3"),
        ("anna", "t05", "", "1B", "1c|1b", 0, 0.1, 0.6, 0.3, 0, 0),
        ("anna", "L1", "", "not gradable", "", "", "", "", "", "", ""),
        ("anna", "", 7, "3", "", "", "", "", "", "", ""),
    )
    study = _only(tmp_path)
    probable = Grading(EsccGrade.G1B, (0, 0.1, 0.6, 0.3, 0, 0), (EsccGrade.G1B, EsccGrade.G1C))
    assert study.levels == {Level.T5: probable, Level.L1: Grading(None)}
    assert [(one.index, one.grading.grade) for one in study.slices] == [(7, EsccGrade.G3)]


@pytest.mark.parametrize(
    ("header", "row", "names"),
    [
        (("case", "level", "grade"), ("anna", "L1", "4"), "row 1, grade"),
        (("case", "level", "grade"), ("anna", "L9", "2"), "row 1, level"),
        (("case", "level", "slice", "grade"), ("anna", "L1", 3, "2"), "and slice are both given"),
        (("case", "level", "grade"), ("", "L1", "2"), "row 1, case"),
        (("case", "level", "grade", "p0"), ("anna", "L1", "2", "1.5"), "row 1, p0"),
        (("case", "level", "grade", "p0"), ("anna", "L1", "2", "0.5"), "six that add up to 1"),
        (("case", "level", "garde"), ("anna", "L1", "2"), "did you mean grade"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path, header, row, names):
    write_table(tmp_path / "escc.csv", header, row)
    with pytest.raises(InputError, match=names):
        read_predictions(tmp_path, {})


def test_a_level_is_graded_once(tmp_path):
    write_table(tmp_path / "escc.csv", ("case", "level", "grade"), ("anna", "L1", "2"), ("anna", "L1", "3"))
    with pytest.raises(InputError, match="has a row already"):
        read_predictions(tmp_path, {})


def test_scores_of_a_table_by_items(tmp_path):
    header = ("case", "level", "pain", "bone", "alignment", "collapse", "involved", "posterolateral")
    row = ("anna", "L1", "unknown", "lytic", "normal", 60, 50, "none")
    write_table(tmp_path / "sins.csv", header, row)
    score = _only(tmp_path).sins[Level.L1]
    # Junctional 3, lytic 2, half of the height lost 3, pain 0 to 3.
    assert (score.minimum, score.maximum) == (8, 11)
    assert score.classes == (SinsClass.INDETERMINATE,)
    assert score.items[Item.COLLAPSE] == ("50 % or more",)


@pytest.mark.parametrize(
    ("columns", "cells", "ends", "classes"),
    [
        (("total",), (6,), (6, 6), [SinsClass.STABLE]),
        (("minimum", "maximum"), (12, 13), (12, 13), [SinsClass.INDETERMINATE, SinsClass.UNSTABLE]),
    ],
)
def test_scores_of_a_table_by_total(tmp_path, columns, cells, ends, classes):
    write_table(tmp_path / "sins.csv", ("case", "level", *columns), ("anna", "L1", *cells))
    score = _only(tmp_path).sins[Level.L1]
    assert (score.minimum, score.maximum) == ends
    assert list(score.classes) == classes
    assert score.items == {}


@pytest.mark.parametrize(("low", "high", "names"), [(19, "", "0 to 18"), (9, 3, "swap them")])
def test_impossible_totals_are_refused(tmp_path, low, high, names):
    write_table(tmp_path / "sins.csv", ("case", "level", "minimum", "maximum"), ("a", "L1", low, high or 18))
    with pytest.raises(InputError, match=names):
        read_predictions(tmp_path, {})


def test_lesions_may_be_scored_by_a_table(tmp_path):
    write_nnunet(tmp_path, {"anna": label_map(Level.L1)}, _NNUNET)
    write_table(tmp_path / "lesions.csv", ("case", "lesion", "probability"), ("anna", 1, 0.75))
    assert _only(tmp_path).masks[0].lesion_scores == {1: 0.75}


def test_scores_of_lesions_without_a_mask_are_refused(tmp_path):
    write_table(tmp_path / "lesions.csv", ("case", "lesion", "probability"), ("anna", 1, 0.75))
    with pytest.raises(InputError, match="0 masks"):
        read_predictions(tmp_path, {})


def test_a_damaged_result_is_kept_with_its_reason(tmp_path):
    (tmp_path / "study-1").mkdir()
    (tmp_path / "study-1" / "result.json").write_text("{")
    found = read_predictions(tmp_path, {})
    assert [one.name for one in found.unusable] == ["study-1"]
    assert "JSON" in found.unusable[0].reason


def test_studies_that_infer_failed_on_keep_its_reason(tmp_path):
    write_perfect(tmp_path)
    header = ("study", "status", "error", "message", "traceback")
    rows = [("dora", "failed", "StudyError", "no sagittal series", "..."), ("anna", "failed", "", "old", "")]
    write_table(tmp_path / "failures.csv", header, *rows)
    found = read_predictions(tmp_path, {})
    assert [(one.name, one.reason) for one in found.unusable] == [
        ("dora", "not assessed: no sagittal series")
    ]
