"""Images that serve no purpose, and files that cannot be used, are left out with their reason."""

import os
import zlib

import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from spinemets.study.archive import UNREAD_FILES, ArchiveSettings
from spinemets.study.image_kind import exclusion_by_class, exclusion_by_type


@pytest.mark.parametrize(
    ("image_type", "reason"),
    [
        (["ORIGINAL", "PRIMARY", "LOCALIZER"], "a localizer"),
        (["ORIGINAL", "PRIMARY", "M", "SCOUT"], "a localizer"),
        (["DERIVED", "SECONDARY", "MPR", "CSA MPR", "", "CSAPARALLEL"], "reformatted"),
        (["DERIVED", "PRIMARY", "PROJECTION IMAGE", "M", "SE"], "a projection"),
        (["DERIVED", "SECONDARY", "OTHER", "CSA MIP"], "a projection"),
        (["DERIVED", "SECONDARY", "SCREEN SAVE"], "a screenshot"),
        (["DERIVED", "SECONDARY", "OTHER"], "derived from other images"),
        (["ORIGINAL", "PRIMARY", "PHASE MAP", "P", "FFE"], "a phase or complex image"),
        (["ORIGINAL", "PRIMARY", "P", "ND"], "a phase or complex image"),
        (["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"], "a mosaic"),
    ],
)
def test_images_that_show_no_acquired_slice_are_left_out(dicom, image_type, reason):
    dicom.write(elements={"ImageType": image_type})
    study = dicom.study()
    assert study.series == ()
    (problem,) = study.problems
    assert problem.kind == "left out"
    assert "5 files of series 3" in problem.message
    assert reason in problem.message


@pytest.mark.parametrize(
    "image_type",
    [
        ["ORIGINAL", "PRIMARY", "M", "NORM", "DIS2D", "FM", "FIL"],
        ["DERIVED", "PRIMARY", "M", "DIXON", "WATER"],
        ["DERIVED", "SECONDARY", "M", "COMPOSED"],
        ["DERIVED", "PRIMARY", "DIFFUSION", "ADC", "ND"],
        ["DERIVED", "SECONDARY", "ADC"],
        ["ORIGINAL", "PRIMARY", "M_SE", "M", "SE"],
        ["DERIVED", "PRIMARY", "OTHER"],
    ],
)
def test_images_of_the_acquisition_are_kept(image_type):
    assert exclusion_by_type(tuple(image_type), "", 1) is None


@pytest.mark.parametrize(
    ("sop_class", "modality", "reason"),
    [
        ("1.2.840.10008.5.1.4.1.1.7", "MR", "a secondary capture"),
        ("1.2.840.10008.5.1.4.1.1.7.4", "OT", "a secondary capture"),
        ("1.2.840.10008.5.1.4.1.1.128", "PT", "a PET image"),
        ("1.2.840.10008.5.1.4.1.1.1.1", "DX", "a radiograph"),
    ],
)
def test_other_images_are_named(dicom, sop_class, modality, reason):
    dicom.write(elements={"SOPClassUID": sop_class, "Modality": modality})
    assert reason in dicom.study().problems[0].message


@pytest.mark.parametrize(
    ("sop_class", "modality"),
    [
        ("1.2.840.10008.5.1.4.1.1.11.1", "PR"),
        ("1.2.840.10008.5.1.4.1.1.88.33", "SR"),
        ("1.2.840.10008.5.1.4.1.1.66.4", "SEG"),
        ("1.3.12.2.1107.5.9.1", "MR"),
        ("1.2.840.10008.1.3.10", ""),
    ],
)
def test_objects_that_are_no_images_are_passed_over(dicom, sop_class, modality):
    dicom.write(elements={"SOPClassUID": sop_class, "Modality": modality})
    assert dicom.studies() == []
    assert exclusion_by_class(sop_class, modality).quiet


def test_ct_is_read(dicom):
    dicom.write(elements={"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "Modality": "CT"})
    assert dicom.one_series().weighting.weighting == "CT"


def test_colour_is_left_out(dicom):
    dicom.write(elements={"SamplesPerPixel": 3, "PixelData": bytes(6 * 5 * 3 * 2)})
    assert "colour" in dicom.study().problems[0].message


@pytest.fixture
def with_one_bad_file(dicom):
    """A series of five slices, the last of which a test may spoil; returns its path."""
    paths = dicom.write()
    return dicom, paths[4]


def _only_problem(dicom):
    study = dicom.study()
    assert [series.shape[0] for series in study.series] == [4]
    (problem,) = study.problems
    return problem


@pytest.mark.parametrize("missing_bytes", [1, 59, 61, 300])
def test_a_truncated_file_is_named_and_the_others_read(with_one_bad_file, missing_bytes):
    dicom, path = with_one_bad_file
    path.write_bytes(path.read_bytes()[:-missing_bytes])
    problem = _only_problem(dicom)
    assert problem.path == path
    assert problem.kind in {"UnreadableFileError", "PixelDataError"}
    assert str(path) in problem.message


@pytest.mark.parametrize("length", range(133, 900, 59))
def test_a_header_that_breaks_off_is_named(with_one_bad_file, length):
    dicom, path = with_one_bad_file
    path.write_bytes(path.read_bytes()[:length])
    problem = _only_problem(dicom)
    assert problem.path == path
    assert problem.kind in {"UnreadableFileError", "PixelDataError"}


def test_truncated_compressed_pixels_are_found_without_decoding(dicom):
    paths = dicom.write(transfer_syntax=RLELossless)
    paths[4].write_bytes(paths[4].read_bytes()[:-20])
    assert _only_problem(dicom).kind == "PixelDataError"


def test_pixels_of_the_wrong_length_are_named(dicom):
    def shorten(dataset, k):
        dataset.PixelData = bytes(60 if k < 4 else 58)

    dicom.write(change=shorten)
    assert "58 bytes of pixel data where 60 are needed" in _only_problem(dicom).message


def test_no_pixel_data_is_named(with_one_bad_file):
    dicom, path = with_one_bad_file
    dataset = dicom.dataset(4)
    del dataset.PixelData
    dicom.save(dataset, path.name)
    assert "has no pixel data" in _only_problem(dicom).message


def test_a_bomb_of_frames_is_refused_before_it_is_read(dicom):
    dicom.write(elements={"Rows": 60000, "Columns": 60000, "PixelData": bytes(60)})
    study = dicom.study()
    assert study.series == ()
    assert {problem.kind for problem in study.problems} == {"PixelDataError"}


def test_a_compressed_bomb_is_refused(dicom):
    def grow(dataset, k):
        dataset.Rows = 60000
        dataset.NumberOfFrames = 60000

    dicom.write_enhanced([dicom.Frame(0)], change=grow, transfer_syntax="1.2.840.10008.1.2.1")
    assert dicom.study().problems[0].kind == "PixelDataError"


def test_a_deflated_bomb_is_refused_before_it_grows(dicom):
    (path,) = dicom.write(slices=1, transfer_syntax=DeflatedExplicitVRLittleEndian)
    whole = path.read_bytes()
    meta = 132 + 12 + int.from_bytes(whole[140:144], "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = b"".join([packer.compress(bytes(1 << 20)) for _ in range(64)]) + packer.flush()
    path.write_bytes(whole[:meta] + bomb)
    (study,) = dicom.studies(ArchiveSettings(dicom.settings.identifiers, 2**16, 8, 1))
    (problem,) = study.problems
    assert problem.kind == "PixelDataError"
    assert "inflates" in problem.message


def test_broken_deflated_data_are_named(dicom):
    (path,) = dicom.write(slices=1, transfer_syntax=DeflatedExplicitVRLittleEndian)
    path.write_bytes(path.read_bytes()[:-30] + b"\xff" * 30)
    (study,) = dicom.studies()
    assert study.problems[0].path == path


@pytest.mark.parametrize("name", ["note.dcm", "NOTE.DCM", "slice.IMA"])
@pytest.mark.parametrize("text", ["no image at all", ""])
def test_a_text_named_as_dicom_is_named(dicom, name, text):
    dicom.write()
    (dicom.folder / name).write_text(text)
    study = dicom.study()
    (problem,) = study.problems
    assert problem.kind == "UnreadableFileError"
    assert problem.path.name == name


@pytest.mark.parametrize("name", ["readme.txt", "notes.xml", "IM0001", "image.nii.gz"])
def test_other_files_are_passed_over(dicom, name):
    dicom.write()
    (dicom.folder / name).write_bytes(b"something else" * 400)
    assert dicom.study().problems == ()


def test_a_file_without_permission_is_named(dicom, monkeypatch):
    paths = dicom.write()
    if os.geteuid() == 0:
        # The superuser may read everything: let the system refuse as it would.
        import builtins

        real = builtins.open

        def refuse(file, *args, **kwargs):
            if str(file) == str(paths[4]):
                raise PermissionError(13, "Permission denied")
            return real(file, *args, **kwargs)

        monkeypatch.setattr(builtins, "open", refuse)
    else:
        paths[4].chmod(0)
    problem = _only_problem(dicom)
    assert problem.kind == "UnreadableFileError"
    assert "Permission denied" in problem.message


def test_unreadable_files_far_from_any_study_are_a_study_of_their_own(dicom):
    dicom.write(folder="a")
    (dicom.folder / "b").mkdir()
    (dicom.folder / "b" / "broken.dcm").write_text("broken")
    good, stray = dicom.studies()
    assert good.problems == ()
    assert (stray.key, stray.series) == (UNREAD_FILES, ())
    assert stray.problems[0].path.name == "broken.dcm"


def test_a_file_that_names_no_study_is_named(dicom):
    dataset = dicom.dataset()
    del dataset.StudyInstanceUID
    dicom.save(dataset, "x")
    (study,) = dicom.studies()
    assert "names no study" in study.problems[0].message


def test_a_classic_file_of_several_frames_is_refused(dicom):
    dicom.write(slices=1, elements={"NumberOfFrames": 2, "PixelData": bytes(120)})
    assert "2 frames" in dicom.study().problems[0].message
