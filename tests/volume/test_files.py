"""Files give back what was written, and bad ones are refused by name."""

import gzip
import struct

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geometry import affines
from spinemets.errors import GeometryError, InputError, PixelDataError, UnreadableFileError
from spinemets.volume import Volume, read_volume, write_volume

_FIXTURE_IS_A_FOLDER = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_SHEARED = np.array([[1.0, 0.4, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])


def _volume(dtype=np.int16, affine=None):
    array = np.arange(24).reshape(2, 3, 4)
    return Volume(array.astype(dtype), np.diag([4.0, 0.5, 0.7, 1.0]) if affine is None else affine)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".mha"])
@_FIXTURE_IS_A_FOLDER
@given(affine=affines())
def test_the_affine_survives_to_a_ten_thousandth_of_a_millimetre(tmp_path, suffix, affine):
    path = tmp_path / f"image{suffix}"
    write_volume(path, _volume(affine=affine))
    back = read_volume(path)
    assert np.array_equal(back.array, _volume().array)
    assert np.abs(back.affine_ras - affine).max() < 1e-4


@pytest.mark.parametrize("suffix", [".nii.gz", ".mha"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_the_type_of_voxels_is_kept(tmp_path, suffix, dtype):
    write_volume(tmp_path / f"image{suffix}", _volume(dtype))
    assert read_volume(tmp_path / f"image{suffix}").array.dtype == dtype


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".mha"])
def test_the_same_volume_gives_the_same_bytes(tmp_path, suffix):
    paths = [tmp_path / f"{name}{suffix}" for name in ("first", "another-name")]
    for path in paths:
        write_volume(path, _volume())
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_masks_are_stored_as_bytes(tmp_path):
    write_volume(tmp_path / "mask.nii.gz", _volume(bool))
    assert read_volume(tmp_path / "mask.nii.gz").array.dtype == np.uint8


def test_sheared_axes_survive_in_nifti_and_are_refused_by_metaimage(tmp_path):
    write_volume(tmp_path / "image.nii", _volume(affine=_SHEARED))
    assert np.allclose(read_volume(tmp_path / "image.nii").affine_ras, _SHEARED)
    with pytest.raises(GeometryError, match="write NIfTI"):
        write_volume(tmp_path / "image.mha", _volume(affine=_SHEARED))
    assert [path.name for path in tmp_path.iterdir()] == ["image.nii"]


def test_agrees_with_simpleitk_on_where_voxels_are(tmp_path):
    affine = np.array([[0, -0.5, 0, 10], [0.1, 0, -0.6, 20], [4, 0, 0.02, 30], [0, 0, 0, 1.0]])
    rotation, _ = np.linalg.qr(affine[:3, :3])
    affine[:3, :3] = rotation * [4.0, 0.5, 0.6]
    write_volume(tmp_path / "image.nii.gz", _volume(affine=affine))
    image = sitk.ReadImage(str(tmp_path / "image.nii.gz"))
    lps = image.TransformIndexToPhysicalPoint((1, 2, 3))
    ours = _volume(affine=affine).voxel_to_world((1, 2, 3))
    assert np.allclose(np.asarray(lps) * [-1, -1, 1], ours, atol=1e-4)


def test_slope_and_intercept_are_applied(tmp_path):
    path = tmp_path / "image.nii"
    write_volume(path, _volume())
    content = bytearray(path.read_bytes())
    # scl_slope and scl_inter of the NIfTI-1 header.
    content[112:120] = struct.pack("<ff", 2.0, -3.0)
    path.write_bytes(bytes(content))
    back = read_volume(path)
    assert back.array.dtype == np.float32
    assert np.array_equal(back.array, _volume().array * 2.0 - 3.0)


def test_trailing_axes_of_one_are_dropped(tmp_path):
    nib.save(nib.Nifti1Image(np.zeros((3, 4, 5, 1), np.uint8), np.eye(4)), tmp_path / "image.nii")
    assert read_volume(tmp_path / "image.nii").shape == (3, 4, 5)


def _text(path):
    path.write_text("this is not an image\n")


def _truncated(path):
    write_volume(path, Volume(np.random.default_rng(0).integers(0, 999, (9, 30, 30)), np.eye(4)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _four_axes(path):
    nib.save(nib.Nifti1Image(np.zeros((3, 4, 5, 2), np.uint8), np.eye(4)), path)


def _no_orientation(path):
    image = nib.Nifti1Image(np.zeros((3, 4, 5), np.uint8), np.eye(4))
    image.set_sform(None, 0)
    image.set_qform(None, 0)
    nib.save(image, path)


def _two_orientations(path):
    image = nib.Nifti1Image(np.zeros((3, 4, 5), np.uint8), np.eye(4))
    image.set_qform(np.diag([-1.0, 1, 1, 1]), 1)
    image.set_sform(np.eye(4), 1)
    nib.save(image, path)


def _not_a_number(path):
    image = nib.Nifti1Image(np.zeros((3, 4, 5), np.uint8), np.eye(4))
    image.header["srow_x"] = [np.nan, 0, 0, 0]
    image.header["sform_code"] = 1
    path.write_bytes(gzip.compress(image.to_bytes()))
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[280:284] = struct.pack("<f", np.nan)
    path.write_bytes(gzip.compress(bytes(content)))


def _complex(path):
    nib.save(nib.Nifti1Image(np.zeros((3, 4, 5), np.complex64), np.eye(4)), path)


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (_text, UnreadableFileError, "is no readable NIfTI"),
        (_truncated, UnreadableFileError, "cannot be read as NIfTI"),
        (_four_axes, UnreadableFileError, "not three axes"),
        (_no_orientation, GeometryError, "has no orientation"),
        (_two_orientations, GeometryError, "two orientations"),
        (_not_a_number, GeometryError, "finite numbers|orientations"),
        (_complex, PixelDataError, "no numbers"),
    ],
)
def test_bad_nifti_is_refused_by_name(tmp_path, spoil, error, message):
    path = tmp_path / "bad.nii.gz"
    spoil(path)
    with pytest.raises(error, match=message) as caught:
        read_volume(path)
    assert caught.value.file == path


def test_a_header_that_claims_too_much_is_refused_before_decoding(tmp_path):
    header = nib.Nifti1Header()
    header.set_data_shape((32000, 32000, 32000))
    header.set_sform(np.eye(4), 1)
    header["magic"] = b"n+1"
    header["vox_offset"] = 352
    (tmp_path / "bomb.nii.gz").write_bytes(gzip.compress(header.binaryblock + b"\0" * 16))
    with pytest.raises(PixelDataError, match="claims 32768000000000 voxels"):
        read_volume(tmp_path / "bomb.nii.gz")


@pytest.mark.parametrize("content", [b"", b"ObjectType = Image\nNDims = 3\n", b"\0" * 500])
def test_bad_metaimage_is_refused_by_name(tmp_path, content):
    path = tmp_path / "bad.mha"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_volume(path)
    assert caught.value.file == path


def test_metaimage_with_several_values_a_voxel_is_refused(tmp_path):
    path = tmp_path / "colour.mha"
    sitk.WriteImage(sitk.Image([3, 4, 5], sitk.sitkVectorUInt8, 3), str(path))
    with pytest.raises(PixelDataError, match="several values"):
        read_volume(path)


@pytest.mark.parametrize("name", ["missing.nii.gz", "missing.mha"])
def test_missing_files_are_named(tmp_path, name):
    with pytest.raises(UnreadableFileError, match="no such file"):
        read_volume(tmp_path / name)


def test_unknown_suffixes_are_named(tmp_path):
    (tmp_path / "image.jpg").write_bytes(b"x")
    with pytest.raises(InputError, match="known image format"):
        read_volume(tmp_path / "image.jpg")
    with pytest.raises(InputError, match="known image format"):
        write_volume(tmp_path / "image.png", _volume())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 351), value=st.integers(0, 255))
def test_a_spoilt_header_byte_gives_a_volume_or_a_named_error(tmp_path, position, value):
    path = tmp_path / "image.nii"
    write_volume(path, _volume())
    content = bytearray(path.read_bytes())
    content[position] = value
    path.write_bytes(bytes(content))
    outcome = _read_or_error(path)
    assert outcome.file == path if isinstance(outcome, InputError) else outcome.array.size <= 10**6


def _read_or_error(path):
    try:
        return read_volume(path)
    except InputError as error:
        return error


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["SPIDER/spider-98_T2w", "VB1/AKa4_STIR", "SCT/sct_T1w"])
def test_real_files_round_trip(real_data, tmp_path, name):
    volume = read_volume(real_data / f"{name}.nii.gz")
    for suffix in (".nii.gz", ".mha"):
        write_volume(tmp_path / f"copy{suffix}", volume)
        copy = read_volume(tmp_path / f"copy{suffix}")
        assert np.array_equal(copy.array, volume.array)
        assert np.abs(copy.affine_ras - volume.affine_ras).max() < 1e-4
