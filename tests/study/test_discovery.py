"""Finding studies below any path, whatever layout each folder has."""

import json
import shutil

import nibabel
import numpy as np
import pytest

from spinemets.errors import UnreadableFileError
from spinemets.study.discovery import read_studies
from spinemets.study.records import DicomSource, Plane, Weighting

_SAGITTAL = np.array([[-4.0, 0, 0, 30], [0, 0, -0.7, 90], [0, -0.7, 0, 150], [0, 0, 0, 1]])


def _write(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(np.zeros((6, 12, 10), dtype=np.int16), _SAGITTAL), path)
    return path


@pytest.fixture
def mixture(tmp_path):
    """An archive with every layout, some of them nested."""
    _write(tmp_path / "T2.nii.gz")
    _write(tmp_path / "a" / "b" / "T1.nii.gz")
    _write(tmp_path / "bids" / "sub-01" / "anat" / "sub-01_T1w.nii.gz")
    _write(tmp_path / "bids" / "derivatives" / "sub-01" / "anat" / "sub-01_T2w.nii.gz")
    _write(tmp_path / "net" / "imagesTr" / "case_0000.nii.gz")
    (tmp_path / "net" / "dataset.json").write_text(json.dumps({"channel_names": {"0": "STIR"}}))
    _write(tmp_path / "named" / "deep" / "x.nii.gz")
    (tmp_path / "named" / "study.yaml").write_text("series:\n  - {path: deep/x.nii.gz, weighting: T1}\n")
    _write(tmp_path / "made" / "truth" / "T1.nii.gz")
    return tmp_path


def test_a_mixture_of_layouts(mixture, archive_settings):
    studies = {one.key: one for one in read_studies(mixture, archive_settings)}
    assert set(studies) == {mixture.name, "a-b", "bids-sub-01", "net-case", "named"}
    assert studies["net-case"].series[0].weighting.weighting is Weighting.STIR
    assert studies["named"].folder == mixture / "named"


@pytest.mark.parametrize("path", ["T2.nii.gz", "named/study.yaml", "net/dataset.json"])
def test_a_single_file(mixture, archive_settings, path):
    (study,) = read_studies(mixture / path, archive_settings)
    assert len(study.series) == 1


def test_a_mask_named_by_the_user_is_read(tmp_path, archive_settings):
    (study,) = read_studies(_write(tmp_path / "T2_cord.nii.gz"), archive_settings)
    assert study.series[0].weighting.weighting is Weighting.T2


def test_keys_are_unique(tmp_path, archive_settings):
    for name in ("a/b", "a-b"):
        _write(tmp_path / name / "T2.nii.gz")
    assert sorted(one.key for one in read_studies(tmp_path, archive_settings)) == ["a-b", "a-b-2"]


def test_links_in_a_circle_end(tmp_path, archive_settings):
    _write(tmp_path / "a" / "T2.nii.gz")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    assert len(list(read_studies(tmp_path, archive_settings))) == 1


def test_nothing_there(tmp_path, archive_settings):
    with pytest.raises(UnreadableFileError, match="no such file or folder"):
        list(read_studies(tmp_path / "absent", archive_settings))
    assert list(read_studies(tmp_path, archive_settings)) == []


@pytest.mark.real_data
def test_dicom_and_nifti_side_by_side(real_data, tmp_path, archive_settings):
    shutil.copytree(real_data / "dicom_qa_sag" / "2_gre_field_mapping", tmp_path / "x" / "dicom")
    shutil.copy(real_data / "VB1" / "DzZ_T1w.nii.gz", tmp_path / "x")
    image, dicom = sorted(
        read_studies(tmp_path, archive_settings), key=lambda one: one.folder.name == "dicom"
    )
    assert image.key == "x-DzZ"
    assert isinstance(dicom.series[0].source, DicomSource)
    assert dicom.folder == tmp_path / "x" / "dicom"


@pytest.mark.real_data
def test_real_dicom(real_data, archive_settings):
    studies = list(
        read_studies(real_data / "dicom_qa_sag" / "5001_Product_EPI_Sag_Ascending", archive_settings)
    )
    (series,) = studies[0].series
    assert series.plane is Plane.SAGITTAL
    assert series.shape[0] == 63
    assert series.weighting.weighting is Weighting.OTHER
    (spine,) = read_studies(real_data / "dicom_spine1" / "Spine1.dcm", archive_settings)
    assert [(one.plane, one.weighting.weighting) for one in spine.series] in (
        [],
        [(Plane.SAGITTAL, Weighting.T2)],
    )
