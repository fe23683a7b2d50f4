import numpy as np
import pytest

from escc_files import (
    AXIAL_RAS,
    CANAL_CENTRE,
    LABEL_SETS,
    SLICES,
    axial_series,
    canal_mask,
    graded_manifest,
)
from manifest_files import series_row, study_row, write_nifti
from spinemets.anatomy import EsccGrade
from spinemets.errors import InputError
from spinemets.networks.escc_crop import CropSettings
from spinemets.study.records import Plane, Weighting
from spinemets.training.escc_cases import axial_sources, canal_values, read_crops
from spinemets.training.escc_store import CropStore

CROP = CropSettings(slices=3, size=16, spacing_mm=1.0, margin=2)
GRADES = (EsccGrade.G0, None, EsccGrade.G2, EsccGrade.G3)


def source_of(*series):
    (source,) = axial_sources([study_row("one", series)], LABEL_SETS)
    return source


def test_graded_axial_t2_series_alone_are_sources(tmp_path):
    graded = axial_series(tmp_path, GRADES)
    others = (
        axial_series(tmp_path, GRADES, "t1", weighting=Weighting.T1),
        axial_series(tmp_path, GRADES, "sag", plane=Plane.SAGITTAL),
        axial_series(tmp_path, (None,) * SLICES, "none"),
        axial_series(tmp_path, (EsccGrade.G0,) * SLICES, "rest", escc_by_slice=()),
    )
    (source,) = axial_sources([study_row("one", (*others, graded))], LABEL_SETS)
    assert source.name == "one/lumbar/ax"
    assert source.graded == {0: EsccGrade.G0, 2: EsccGrade.G2, 3: EsccGrade.G3}


def test_values_that_mean_the_canal_alone_count():
    assert canal_values(LABEL_SETS["canal"]) == {1, 2}
    assert canal_values(LABEL_SETS["lesions"]) == frozenset()


def test_crops_are_those_of_the_graded_slices_around_the_canal(tmp_path):
    crops = read_crops(source_of(axial_series(tmp_path, GRADES)), LABEL_SETS, CROP)
    assert crops.shape == (3, 3, 20, 20)
    # Bright where the canal without the cord is: rows 5 to 15 about the centre of an even crop.
    bright = crops[0, 1] > 1
    np.testing.assert_allclose(np.argwhere(bright).mean(axis=0), 9.5, atol=0.7)
    # The grade darkens the canal of the middle slice.
    assert crops[2, 1].max() < crops[0, 1].max()


def test_a_sagittal_mask_shows_where_the_canal_is(tmp_path):
    ungraded = series_row(
        write_nifti(tmp_path / "sag.nii.gz", canal_mask().astype(np.int16), AXIAL_RAS),
        (write_nifti(tmp_path / "sag_mask.nii.gz", canal_mask(), AXIAL_RAS), "canal"),
        name="sag",
    )
    bare = axial_series(tmp_path, GRADES, masked=False)
    masked = axial_series(tmp_path, GRADES)
    wanted = read_crops(source_of(masked), LABEL_SETS, CROP)
    np.testing.assert_allclose(read_crops(source_of(bare, ungraded), LABEL_SETS, CROP), wanted, atol=1e-4)


def test_a_graded_slice_whose_canal_is_unknown_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"graded slices 0, 2, 3; annotate") as caught:
        read_crops(source_of(axial_series(tmp_path, GRADES, masked=False)), LABEL_SETS, CROP)
    assert caught.value.field == "annotations"


def test_grades_that_do_not_fit_the_slices_are_an_error(tmp_path):
    series = axial_series(tmp_path, GRADES, escc_by_slice=GRADES[:3])
    with pytest.raises(InputError, match="3 grades for 4 slices"):
        read_crops(source_of(series), LABEL_SETS, CROP)


def test_the_store_hands_out_crops_and_makes_them_once(tmp_path, monkeypatch):
    manifest = graded_manifest(tmp_path / "data")
    sources = axial_sources(manifest.studies, manifest.label_sets)
    store = CropStore(tmp_path / "cache", CROP, manifest.label_sets)
    cases, failures = store.cases(sources)
    assert not failures
    assert [case.name for case in cases[:3]] == ["s0/lumbar/ax#0", "s0/lumbar/ax#2", "s0/lumbar/ax#3"]
    assert [case.grade.value for case in cases[3:6]] == ["0", "1b", "3"]
    wanted = read_crops(sources[1], manifest.label_sets, CROP)
    np.testing.assert_allclose(cases[4].crop(), wanted[1], atol=2e-3)
    assert cases[4].crop().dtype == np.float32

    monkeypatch.setattr("spinemets.training.escc_store.read_crops", None)
    again, _ = store.cases(sources)
    assert again == cases
    assert sorted(path.suffix for path in (tmp_path / "cache").iterdir()) == [".npy"] * 4


def test_other_voxels_other_grades_and_another_size_are_made_anew(tmp_path):
    def file_of(series, crop=CROP):
        cases, _ = CropStore(tmp_path / "cache", crop, LABEL_SETS).cases([source_of(series)])
        return cases[0].file

    series = axial_series(tmp_path, GRADES)
    files = {file_of(series), file_of(series, CropSettings(1, 16, 1.0))}
    mask = canal_mask()
    mask[0, CANAL_CENTRE] = 0
    write_nifti(tmp_path / "ax_mask.nii.gz", mask, AXIAL_RAS)
    files.add(file_of(series))
    files.add(file_of(axial_series(tmp_path, (None, *GRADES[1:]))))
    assert len(files) == 4


def test_every_series_that_cannot_be_read_is_reported(tmp_path):
    good, bad = (axial_series(tmp_path, GRADES, name) for name in ("good", "bad"))
    lost = axial_series(tmp_path, GRADES, "lost", masked=False)
    (tmp_path / "bad.nii.gz").unlink()
    sources = [source_of(series) for series in (bad, good, lost)]
    cases, failures = CropStore(tmp_path / "cache", CROP, LABEL_SETS).cases(sources)
    assert [case.name for case in cases] == [f"one/lumbar/good#{index}" for index in (0, 2, 3)]
    assert [failure.file.name for failure in failures] == ["bad.nii.gz", "lost.nii.gz"]
