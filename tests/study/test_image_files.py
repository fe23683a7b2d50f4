"""Image files as series: headers, sidecars, names, and files that cannot be used."""

import gzip
import json

import nibabel
import numpy as np
import pytest
import SimpleITK
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from spinemets.errors import GeometryError, UnreadableFileError
from spinemets.study.file_names import is_image_name, is_mask_name, safe_key, stem_of, study_part
from spinemets.study.file_series import NamedFile, named_files, series_of_file
from spinemets.study.records import AcquisitionParameters, Evidence, FileSource, Plane, Weighting
from spinemets.study.sidecar import read_sidecar
from spinemets.volume import read_volume
from spinemets.volume.header import read_file_header

# Stored inferior, posterior, left: a sagittal stack with its slices last.
_IPL = np.array([[0, 0, -4.0, 30.0], [0, -0.7, 0, 90.0], [-0.7, 0, 0, 150.0], [0, 0, 0, 1]])


@pytest.fixture
def nifti(tmp_path):
    def write(name="t2.nii.gz", shape=(40, 30, 9), affine=_IPL, sidecar=None):
        path = tmp_path / name
        nibabel.save(nibabel.Nifti1Image(np.zeros(shape, dtype=np.int16), affine), path)
        if sidecar is not None:
            (tmp_path / f"{stem_of(path)}.json").write_text(json.dumps(sidecar), encoding="utf-8")
        return path

    return write


def test_a_nifti_file_is_put_in_slice_row_column_order(nifti):
    path = nifti()
    series = series_of_file(NamedFile(path, "t2"))
    assert series.shape == (9, 40, 30)
    assert series.spacing_mm == pytest.approx((4.0, 0.7, 0.7))
    assert series.plane is Plane.SAGITTAL
    assert series.source == FileSource(path)
    # The same voxel lies at the same place: file index (i, j, k) is (k, i, j) of the series.
    there = series.affine_ras @ [5, 17, 23, 1]
    assert there == pytest.approx(_IPL @ [17, 23, 5, 1], abs=1e-4)


def test_metaimage_agrees_with_simpleitk(tmp_path):
    image = SimpleITK.Image((12, 50, 40), SimpleITK.sitkInt16)
    image.SetSpacing((3.3, 0.6, 0.7))
    image.SetOrigin((-20.0, 10.0, 44.0))
    angle = np.radians(12.0)
    image.SetDirection((np.cos(angle), -np.sin(angle), 0, np.sin(angle), np.cos(angle), 0, 0, 0, 1))
    path = tmp_path / "t1_sag.mha"
    SimpleITK.WriteImage(image, path)
    series = series_of_file(NamedFile(path, "t1"))
    assert (series.plane, series.shape) == (Plane.SAGITTAL, (12, 40, 50))
    lps = image.TransformIndexToPhysicalPoint((3, 20, 7))
    assert (series.affine_ras @ [3, 7, 20, 1])[:3] == pytest.approx((-lps[0], -lps[1], lps[2]), abs=1e-4)


def test_the_sidecar_counts_before_the_name(nifti):
    sidecar = {
        "RepetitionTime": 3.5,
        "EchoTime": 0.101,
        "ScanningSequence": "SE",
        "SequenceVariant": "SK\\SP",
        "ScanOptions": "FS",
        "SliceThickness": 3.5,
        "SeriesNumber": 7,
    }
    series = series_of_file(NamedFile(nifti("x_T1w.nii.gz", sidecar=sidecar), "x"))
    assert (series.weighting.weighting, series.weighting.evidence) == (Weighting.T2_FS, Evidence.PARAMETERS)
    assert "the file name says" in series.weighting.reason
    assert (series.slice_thickness_mm, series.number) == (3.5, 7)
    assert series.parameters.repetition_time_ms == 3500.0
    assert series.parameters.echo_time_ms == pytest.approx(101.0)
    assert series.parameters.sequence_variant == ("SK", "SP")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("SE\\IR", ("SE", "IR")),
        ("SE_IR", ("SE", "IR")),
        (["SE", "IR"], ("SE", "IR")),
        ("FAST_GEMS", ("FAST_GEMS",)),
    ],
)
def test_several_values_of_a_sidecar(tmp_path, written, read):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"ScanOptions": written}), encoding="utf-8")
    assert read_sidecar(path).parameters.scan_options == read


def test_values_of_a_wrong_kind_are_silent(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"RepetitionTime": "3.5", "EchoTime": true, "FlipAngle": NaN, "Manufacturer": 3}')
    assert read_sidecar(path).parameters == AcquisitionParameters()


def test_a_broken_sidecar_is_a_warning(nifti, tmp_path):
    path = nifti("a_T2w.nii.gz")
    (tmp_path / "a_T2w.json").write_text("{")
    series = series_of_file(NamedFile(path, "a"))
    assert series.weighting.weighting is Weighting.T2
    assert "cannot be read as JSON" in series.warnings[0]


def test_a_header_without_orientation_is_refused(tmp_path):
    image = nibabel.Nifti1Image(np.zeros((20, 20, 5), dtype=np.int16), None)
    nibabel.save(image, tmp_path / "t2.nii")
    with pytest.raises(GeometryError, match="which side is left is not known"):
        read_file_header(tmp_path / "t2.nii")


def test_two_orientations_that_disagree_are_refused(tmp_path):
    image = nibabel.Nifti1Image(np.zeros((20, 20, 5), dtype=np.int16), _IPL)
    image.set_qform(_IPL @ np.diag([1, 1, -1, 1]), code=1)
    nibabel.save(image, tmp_path / "t2.nii")
    with pytest.raises(GeometryError, match="two orientations that are"):
        read_file_header(tmp_path / "t2.nii")


def test_the_rounding_of_the_qform_is_no_contradiction(tmp_path):
    # A quaternion whose first part is all but zero, over a long stack.
    turn = Rotation.from_quat([0.6, 0.64, 0.48, 2e-4]).as_matrix()
    affine = np.eye(4)
    affine[:3, :3] = turn * 0.9
    image = nibabel.Nifti1Image(np.zeros((500, 500, 8), dtype=np.uint8), affine)
    image.set_qform(affine, code=1)
    nibabel.save(image, tmp_path / "t2.nii")
    assert read_file_header(tmp_path / "t2.nii").affine_ras == pytest.approx(affine, abs=1e-4)


def test_a_header_agrees_with_the_volume(nifti):
    path = nifti()
    header, volume = read_file_header(path), read_volume(path)
    assert header.shape == volume.shape
    assert np.array_equal(header.affine_ras, volume.affine_ras)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"not an image", UnreadableFileError, "no readable NIfTI"),
        (b"", UnreadableFileError, "no readable NIfTI"),
        (gzip.compress(b"short"), UnreadableFileError, "no readable NIfTI"),
        (b"\x1f\x8b broken", UnreadableFileError, "no readable NIfTI"),
    ],
)
def test_files_that_are_no_images(tmp_path, content, error, message):
    path = tmp_path / "t2.nii.gz"
    path.write_bytes(content)
    with pytest.raises(error, match=message) as caught:
        read_file_header(path)
    assert caught.value.file == path


@pytest.mark.parametrize("offset", [np.inf, np.nan, 1e30, -5.0])
def test_nonsense_offsets_are_problems(nifti, offset):
    path = nifti("t2.nii")
    raw = bytearray(path.read_bytes())
    raw[108:112] = np.float32(offset).tobytes()
    path.write_bytes(bytes(raw))
    with pytest.raises(UnreadableFileError):
        read_file_header(path)


def test_a_truncated_file_is_told_from_its_length(nifti):
    path = nifti("t2.nii")
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(UnreadableFileError, match="is truncated: 5000 bytes of"):
        read_file_header(path)


def test_text_named_mha(tmp_path):
    path = tmp_path / "t2.mha"
    path.write_text("hello")
    with pytest.raises(UnreadableFileError, match="no readable image"):
        read_file_header(path)


def test_four_axes_are_refused(nifti):
    with pytest.raises(UnreadableFileError, match="one file for each volume"):
        read_file_header(nifti(shape=(10, 10, 10, 4)))
    assert read_file_header(nifti("b.nii.gz", shape=(10, 10, 10, 1))).shape == (10, 10, 10)


def test_an_affine_that_is_no_number_is_refused(tmp_path):
    image = nibabel.Nifti1Image(np.zeros((10, 10, 5), dtype=np.int16), _IPL)
    image.header["srow_x"] = (np.nan, 0, 0, 0)
    image.header["sform_code"] = 1
    path = tmp_path / "t2.nii"
    raw = bytearray(image.to_bytes())
    raw[280:296] = np.array([np.nan, 0, 0, 0], dtype="<f4").tobytes()
    path.write_bytes(bytes(raw))
    with pytest.raises(GeometryError, match="not of finite numbers"):
        series_of_file(NamedFile(path, "t2"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableFileError, match="no such file"):
        read_file_header(tmp_path / "t2.nii")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.nii.gz", True),
        ("A.NII", True),
        ("a.mha", True),
        ("._a.nii", False),
        ("a.dcm", False),
        ("a.gz", False),
    ],
)
def test_image_names(name, expected):
    assert is_image_name(name) is expected


@pytest.mark.parametrize(
    "stem",
    [
        "VB2-02_T2w_bodies",
        "spider-11_anatomy",
        "sub-ct_seg-vert_label-22_msk",
        "sub-01_T2w_seg-manual",
        "PAM50_label_disc",
        "sct_T2w_cord",
        "t2s_uncropped_gmseg_manual",
        "case_mask",
        "sag_T2w_landmarks",
    ],
)
def test_mask_names(stem):
    assert is_mask_name(stem)


@pytest.mark.parametrize(
    "stem", ["VB2-02_T2w", "sub-mri_label-6_T2w", "whole_body_T1", "t2_tse_sag", "cordoba_T1"]
)
def test_image_names_that_are_no_masks(stem):
    assert not is_mask_name(stem)


@pytest.mark.parametrize(
    ("stem", "study"),
    [
        ("AKa3_T1w", "AKa3"),
        ("spider-110_T2w", "spider-110"),
        ("VB3-01_waterfat", "VB3-01"),
        ("sct_acq-ax_T2starw", "sct"),
        ("sag_T2w_1mm", ""),
        ("T1", ""),
        ("lumbar_001_T1_sag", "001"),
        ("lumbar_002_T1_sag", "002"),
        ("sub-01_ses-02_acq-sag_T1w", "sub-01_ses-02"),
        ("patient 7 t2 tse", "patient 7"),
        ("scan42", "scan42"),
    ],
)
def test_the_part_of_a_name_that_is_the_studys(stem, study):
    assert study_part(stem) == study


def test_the_description_in_a_name_is_the_series():
    parameters = AcquisitionParameters(series_description="Product EPI Sag", protocol_name="Product EPI Sag")
    assert study_part("knee7_Product_EPI_Sag_20190101120000_5", parameters, 5) == "knee7"


def test_keys_are_unique_and_without_the_studys_name(tmp_path):
    names = ["p1_T1w.nii.gz", "p1_T1W.nii", "p1_T2 sag.nii.gz", "p1.nii"]
    keys = [file.key for file in named_files([tmp_path / name for name in names], shared="p1")]
    assert keys == ["T1w", "T1W-2", "T2-sag", "p1"]


@given(st.text(max_size=30), st.text(max_size=30))
def test_keys_are_safe_names(one, other):
    key = safe_key(one, other)
    assert key
    assert key[0] not in ".-"
    assert set(key) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
