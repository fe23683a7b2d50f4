"""The check names every bad row, and passes good ones."""

from dataclasses import replace

import numpy as np
import pytest

from manifest_files import LESION_SET, SAGITTAL_RAS, mask_array, series_row, study_row, write_nifti
from spinemets.anatomy import Anatomy, EsccGrade
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest import new_manifest
from spinemets.training.manifest_check import check_manifest

_BODIES = LabelSet("bodies", anatomy={1: frozenset({Anatomy.VERTEBRAL_BODY})})


@pytest.fixture
def image(tmp_path):
    return write_nifti(tmp_path / "t2.nii.gz")


@pytest.fixture
def mask(tmp_path):
    return write_nifti(tmp_path / "bodies.nii.gz", mask_array(slice(2, 6)))


def _manifest(tmp_path, *studies):
    return new_manifest(tmp_path / "m.json", studies, {"bodies": _BODIES, "lesions": LESION_SET})


def _of_series(tmp_path, series, thorough=True):
    findings = check_manifest(_manifest(tmp_path, study_row("a", [series])), thorough=thorough)
    return [(one.study, one.field, one.path and one.path.name, one.problem) for one in findings]


def test_a_good_manifest_has_no_findings(tmp_path, image, mask):
    series = series_row(image, (mask, "bodies"), escc_by_slice=(EsccGrade.G0,) * 6)
    assert _of_series(tmp_path, series) == []


def test_a_series_without_any_mask_is_fine(tmp_path, image):
    assert _of_series(tmp_path, series_row(image)) == []


def test_missing_files_are_named(tmp_path, image):
    series = series_row(tmp_path / "gone.nii.gz", (tmp_path / "m.nii.gz", "bodies"))
    assert _of_series(tmp_path, series, thorough=False) == [
        ("a", "series t2, image", "gone.nii.gz", "no such file"),
        ("a", "series t2, annotations", "m.nii.gz", "no such file"),
    ]


def test_broken_files_are_named(tmp_path, mask):
    (tmp_path / "broken.nii.gz").write_bytes(b"broken")
    ((_, field, name, problem),) = _of_series(
        tmp_path, series_row(tmp_path / "broken.nii.gz", (mask, "bodies"))
    )
    assert (field, name) == ("series t2, image", "broken.nii.gz")
    assert "no readable NIfTI" in problem


def test_cut_off_voxels_are_found_by_a_thorough_look_alone(tmp_path, image):
    image.write_bytes(image.read_bytes()[:-300])
    assert _of_series(tmp_path, series_row(image), thorough=False) == []
    ((_, field, _, problem),) = _of_series(tmp_path, series_row(image))
    assert field == "series t2, image"
    assert "cannot be read" in problem


@pytest.mark.parametrize(
    ("array", "shift_mm", "field", "problem"),
    [
        (np.zeros((5, 20, 16), np.uint8), 0.0, "shape", "has 5 x 20 x 16 voxels, its image 6 x 20 x 16"),
        (mask_array(slice(2, 6)), 8.0, "affine", "lies 8.0 voxels away from its image"),
    ],
)
@pytest.mark.parametrize("thorough", [False, True])
def test_masks_on_another_grid_are_named(tmp_path, image, array, shift_mm, field, problem, thorough):
    affine = SAGITTAL_RAS.copy()
    affine[2, 3] += shift_mm
    mask = write_nifti(tmp_path / "m.nii.gz", array, affine)
    assert _of_series(tmp_path, series_row(image, (mask, "bodies")), thorough) == [
        ("a", f"series t2, annotations ({field})", "m.nii.gz", problem)
    ]


def test_unknown_values_are_named(tmp_path, image):
    mask = write_nifti(tmp_path / "m.nii.gz", mask_array(slice(0, 2), slice(4, 6), slice(8, 9)))
    assert _of_series(tmp_path, series_row(image, (mask, "bodies"))) == [
        ("a", "series t2, annotations", "m.nii.gz", "holds 2, 3, unknown to the label set bodies")
    ]


def test_an_empty_mask_of_anatomy_is_named_one_of_lesions_is_not(tmp_path, image):
    mask = write_nifti(tmp_path / "m.nii.gz", mask_array())
    assert _of_series(tmp_path, series_row(image, (mask, "lesions"))) == []
    ((_, _, name, problem),) = _of_series(tmp_path, series_row(image, (mask, "bodies")))
    assert (name, problem) == ("m.nii.gz", "is empty: every voxel is 0")


def test_grades_that_do_not_fit_the_slices_are_named(tmp_path, image):
    ((_, field, _, problem),) = _of_series(tmp_path, series_row(image, escc_by_slice=(EsccGrade.G0,) * 5))
    assert field == "series t2, escc_by_slice"
    assert problem == "lists 5 grades, where the image has 6 slices"


def test_duplicate_studies_and_patients_in_two_folds_are_named(tmp_path, image):
    one = study_row("a", [series_row(image)])
    other = replace(study_row("b", [series_row(image)], patient="a"), fold=1)
    findings = check_manifest(_manifest(tmp_path, one, one, other))
    assert [(each.study, each.field, each.problem) for each in findings] == [
        ("a", "study", "is the name of 2 rows"),
        ("a", "patient", "a is in the folds 0, 1"),
        ("a", "patient", "a is in the folds 0, 1"),
        ("b", "patient", "a is in the folds 0, 1"),
    ]


def test_only_the_studies_asked_for_are_opened(tmp_path, image):
    good, bad = study_row("a", [series_row(image)]), study_row("b", [series_row(tmp_path / "gone.nii.gz")])
    manifest = _manifest(tmp_path, good, bad)
    assert check_manifest(manifest, [good]) == ()
    assert [one.study for one in check_manifest(manifest)] == ["b"]


def test_a_finding_reads_as_one_line(tmp_path):
    (finding,) = check_manifest(_manifest(tmp_path, study_row("a", [series_row(tmp_path / "gone.nii")])))
    assert str(finding) == f"a: series t2, image: {tmp_path / 'gone.nii'} no such file; check the path"
