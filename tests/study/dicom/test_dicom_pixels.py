"""Voxels are decoded, rescaled and checked."""

import struct
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom import Dataset
from pydicom.data import get_testdata_file
from pydicom.encaps import get_frame
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from spinemets.errors import PixelDataError, UnreadableFileError
from spinemets.study.coded_size import coded_size
from spinemets.study.dicom_pixels import read_frames
from spinemets.study.reading import load_volume
from spinemets.study.records import DicomFrame


def _values_are_true(dicom, series):
    return np.allclose(load_volume(series).array, dicom.expected(series), atol=0.006)


@pytest.mark.parametrize(
    "syntax",
    [RLELossless, JPEGLSLossless, JPEG2000Lossless, DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian],
)
def test_every_transfer_syntax_gives_the_same_voxels(dicom, syntax):
    dicom.write(transfer_syntax=syntax, rows=48, columns=40)
    assert _values_are_true(dicom, dicom.one_series())


def test_big_endian_files_are_read(dicom):
    dataset = dicom.dataset()
    pixels = np.frombuffer(dataset.PixelData, "<u2").astype(">u2")
    dataset.PixelData = pixels.tobytes()
    dicom.save(dataset, "big", ExplicitVRBigEndian)
    assert _values_are_true(dicom, dicom.one_series())


def test_jpeg_lossless_is_read(dicom):
    stored = np.random.default_rng(3).integers(0, 4096, (1, 32, 24)).astype(np.uint16)
    writer = SimpleITK.ImageFileWriter()
    writer.SetFileName(str(dicom.folder / "jpeg.dcm"))
    writer.SetUseCompression(True)
    writer.SetCompressor("JPEG")
    writer.Execute(SimpleITK.GetImageFromArray(stored))
    assert pydicom.dcmread(dicom.folder / "jpeg.dcm").file_meta.TransferSyntaxUID == JPEGLosslessSV1
    frame = DicomFrame(dicom.folder / "jpeg.dcm", 0, "")
    assert np.array_equal(read_frames([frame], 32, 24), stored)


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_implicit.dcm",
        "MR_small_expb.dcm",
        "MR_small_padded.dcm",
    ],
)
def test_files_of_pydicom_equal_their_uncompressed_original(name):
    def voxels(file):
        return read_frames([DicomFrame(Path(get_testdata_file(file, download=False)), 0, "")], 64, 64)

    assert np.array_equal(voxels(name), voxels("MR_small.dcm"))


def test_signed_values_stay_signed(dicom):
    stored = np.arange(-15, 15, dtype=np.int16)
    dicom.write(slices=1, elements={"PixelRepresentation": 1, "PixelData": stored.tobytes()})
    array = load_volume(dicom.one_series()).array
    assert np.allclose(array.ravel(), stored * 0.01 + 5.0, atol=1e-5)
    assert array.dtype == np.float32


def test_slices_with_their_own_slopes_are_made_comparable(dicom):
    def slope(dataset, k):
        dataset.RescaleSlope = 0.01 * (k + 1)

    dicom.write(change=slope)
    series = dicom.one_series()
    # Slice k of the volume is slice k of the plan: both follow the normal.
    expected = (dicom.expected(series) - 5.0) * np.arange(1, 6)[:, None, None] + 5.0
    assert np.allclose(load_volume(series).array, expected, atol=0.03)


def test_without_rescaling_stored_values_are_given(dicom):
    def remove(dataset, k):
        del dataset.RescaleSlope, dataset.RescaleIntercept

    dicom.write(change=remove)
    series = dicom.one_series()
    assert np.allclose(load_volume(series).array, np.round((dicom.expected(series) - 5) * 100), atol=1)


def test_a_modality_lut_is_applied(dicom):
    def table(dataset, k):
        del dataset.RescaleSlope, dataset.RescaleIntercept
        lut = Dataset()
        lut.LUTDescriptor, lut.ModalityLUTType, lut.LUTData = [4, 0, 16], "US", [0, 10, 40, 90]
        lut["LUTDescriptor"].VR = lut["LUTData"].VR = "US"
        dataset.ModalityLUTSequence = [lut]
        dataset.PixelData = (np.arange(30, dtype=np.uint16) % 4).tobytes()

    dicom.write(slices=1, change=table)
    assert set(np.unique(load_volume(dicom.one_series()).array)) == {0, 10, 40, 90}


def test_a_slope_of_zero_is_refused(dicom):
    dicom.write(elements={"RescaleSlope": 0})
    with pytest.raises(PixelDataError, match="RescaleSlope"):
        load_volume(dicom.one_series())


def test_broken_compressed_data_name_the_file(dicom):
    paths = dicom.write(transfer_syntax=JPEGLSLossless)
    whole = paths[2].read_bytes()
    start = whole.index(b"\xff\xd8\xff")
    paths[2].write_bytes(whole[: start + 4] + bytes(len(whole) - start - 12) + whole[-8:])
    with pytest.raises(PixelDataError, match=paths[2].name):
        load_volume(dicom.one_series())


def test_a_file_that_is_gone_is_named(dicom):
    paths = dicom.write()
    series = dicom.one_series()
    paths[1].unlink()
    with pytest.raises(UnreadableFileError, match=paths[1].name):
        load_volume(series)


def test_pixels_of_another_size_are_refused(dicom):
    paths = dicom.write()
    with pytest.raises(PixelDataError, match="6 x 5 where 7 x 5"):
        read_frames([DicomFrame(paths[0], 0, "")], 7, 5)


def _frame(path):
    return get_frame(pydicom.dcmread(path).PixelData, 0, number_of_frames=1)


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless])
def test_the_size_of_a_code_stream_is_known_before_it_is_decoded(dicom, syntax):
    (path,) = dicom.write(slices=1, transfer_syntax=syntax, rows=48, columns=40)
    assert coded_size(_frame(path)) == (48, 40)


@pytest.mark.parametrize(
    ("name", "size"),
    [("JPEG-lossy.dcm", (1024, 256)), ("SC_rgb_jpeg_gdcm.dcm", (100, 100)), ("JPEG2000.dcm", (1024, 256))],
)
def test_the_size_of_code_streams_of_others_is_known(name, size):
    assert coded_size(_frame(Path(get_testdata_file(name, download=False)))) == size


@pytest.mark.parametrize("stream", [b"", b"\xff\xd8", b"\xff\x4f\xff\x51", b"\xff\xd8\xff\xc0\x00", b"RLE"])
def test_what_is_no_code_stream_has_no_size(stream):
    assert coded_size(stream) is None


def test_a_code_stream_that_would_fill_the_memory_is_refused(dicom):
    (path,) = dicom.write(slices=1, transfer_syntax=JPEG2000Lossless, rows=48, columns=40)
    series = dicom.one_series()
    whole = path.read_bytes()
    place = whole.index(b"\xff\x4f\xff\x51") + 8
    path.write_bytes(whole[:place] + struct.pack(">2I", 60000, 60000) + whole[place + 8 :])
    with pytest.raises(PixelDataError, match="60000 x 60000"):
        load_volume(series)
