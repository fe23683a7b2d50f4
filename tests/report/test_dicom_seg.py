"""Segmentations lie on the frames of their source, name what they show, and come out the same each time."""

import shutil
import subprocess
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from pydicom.sr import _concepts_dict
from scipy.spatial.transform import Rotation

from report.dicom_assessment import (
    L5_OR_L6,
    STATION,
    T12_OR_L1,
    empty_result_of,
    masks_of,
    result_of,
    with_masks,
)
from spinemets.anatomy import Anatomy, Level
from spinemets.errors import GeometryError, StudyError
from spinemets.report.dicom_codes import STRUCTURES, level_code, site_code
from spinemets.report.dicom_identity import IdentityPolicy
from spinemets.report.dicom_seg import write_seg
from spinemets.study.records import FileSource
from spinemets.volume import Volume
from study.dicom.conftest import AXIAL, CORONAL, SAGITTAL, Dicom

_TURN = Rotation.from_euler("xyz", [12.0, -9.0, 17.0], degrees=True)


def _turned(directions):
    return tuple(tuple(_TURN.apply(each).tolist()) for each in directions)


def _reversed(directions, row=1, column=1):
    return (
        tuple(row * x for x in directions[0]),
        tuple(column * x for x in directions[1]),
    )


GEOMETRIES = {
    "sagittal": {"directions": SAGITTAL},
    "sagittal, right to left": {"directions": _reversed(SAGITTAL, row=-1)},
    "sagittal, feet up": {"directions": _reversed(SAGITTAL, column=-1)},
    "sagittal, both reversed": {"directions": _reversed(SAGITTAL, -1, -1)},
    "axial, feet to head": {"directions": AXIAL},
    "axial, head to feet": {"directions": _reversed(AXIAL, row=-1)},
    "coronal": {"directions": CORONAL},
    "oblique": {"directions": _turned(SAGITTAL), "origin_lps": (-13.37, 41.0123456, -777.25)},
    "oblique, reversed": {"directions": _turned(_reversed(SAGITTAL, row=-1))},
    "wide gaps": {"directions": _turned(AXIAL), "step_mm": 11.0, "thickness_mm": 3.0},
}


@pytest.fixture
def dicom(tmp_path) -> Dicom:
    folder = tmp_path / "archive"
    folder.mkdir()
    return Dicom(folder)


@pytest.fixture
def seg_path(tmp_path) -> Path:
    return tmp_path / "seg.dcm"


def _written(dicom, path, identity=IdentityPolicy.SOURCE, **plan):
    dicom.write(**plan)
    series = dicom.one_series()
    images = masks_of(series)
    write_seg(images, result_of(series), path, identity)
    return series, images, highdicom.seg.segread(path)


def _expected_masks(images):
    classes = [images.anatomy.array == each for each in STRUCTURES]
    return [*classes, images.lesions.array == 1, images.lesions.array == 2]


def _source_header(series, k):
    return pydicom.dcmread(series.source.frames[k].path, stop_before_pixels=True)


@pytest.mark.parametrize("plan", GEOMETRIES.values(), ids=GEOMETRIES.keys())
def test_every_frame_lies_on_its_source_slice(dicom, seg_path, plan):
    series, images, seg = _written(dicom, seg_path, **plan)
    uids = [frame.sop_instance_uid for frame in series.source.frames]
    masks = _expected_masks(images)
    frames = seg.pixel_array
    shared = seg.SharedFunctionalGroupsSequence[0]
    for pixels, groups in zip(frames, seg.PerFrameFunctionalGroupsSequence, strict=True):
        reference = groups.DerivationImageSequence[0].SourceImageSequence[0]
        k = uids.index(reference.ReferencedSOPInstanceUID)
        number = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        header = _source_header(series, k)
        assert np.array_equal(pixels, masks[number - 1][k])
        assert reference.SpatialLocationsPreserved == "YES"
        position = groups.PlanePositionSequence[0].ImagePositionPatient
        assert np.allclose(position, header.ImagePositionPatient, rtol=0, atol=1e-8)
    orientation = shared.PlaneOrientationSequence[0].ImageOrientationPatient
    assert np.allclose(orientation, header.ImageOrientationPatient, rtol=0, atol=1e-9)
    assert np.allclose(shared.PixelMeasuresSequence[0].PixelSpacing, header.PixelSpacing)
    assert seg.FrameOfReferenceUID == header.FrameOfReferenceUID


@pytest.mark.parametrize("plan", GEOMETRIES.values(), ids=GEOMETRIES.keys())
def test_highdicom_reads_voxels_where_they_are_in_the_patient(dicom, seg_path, plan):
    _, images, seg = _written(dicom, seg_path, **plan)
    lesion = 1 + len(STRUCTURES)
    volume = seg.get_volume(segment_numbers=[lesion], combine_segments=True, relabel=True)
    read_lps = volume.map_indices_to_reference(np.argwhere(volume.array))
    read = read_lps * [-1, -1, 1]
    written = images.lesions.voxel_to_world(np.argwhere(images.lesions.array == 1))
    assert np.allclose(sorted(map(tuple, read.round(4))), sorted(map(tuple, written.round(4))), atol=2e-4)


@pytest.mark.parametrize("plan", [GEOMETRIES["oblique"], GEOMETRIES["axial, head to feet"]])
def test_highdicom_gives_masks_by_source_instance(dicom, seg_path, plan):
    series, images, seg = _written(dicom, seg_path, **plan)
    uids = [frame.sop_instance_uid for frame in series.source.frames]
    read = seg.get_pixels_by_source_instance(uids, assert_missing_frames_are_empty=True)
    assert np.array_equal(read, np.stack(_expected_masks(images), axis=-1))


def test_frames_of_enhanced_images_are_referred_to_by_number(dicom, seg_path):
    order = (3, 0, 4, 2, 1)
    dicom.write_enhanced([dicom.Frame(k) for k in order], directions=_turned(SAGITTAL))
    series = dicom.one_series()
    images = masks_of(series)
    write_seg(images, result_of(series), seg_path)
    seg = highdicom.seg.segread(seg_path)
    masks = _expected_masks(images)
    indices = [frame.frame_index for frame in series.source.frames]
    for pixels, groups in zip(seg.pixel_array, seg.PerFrameFunctionalGroupsSequence, strict=True):
        reference = groups.DerivationImageSequence[0].SourceImageSequence[0]
        k = indices.index(reference.ReferencedFrameNumber - 1)
        number = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        assert np.array_equal(pixels, masks[number - 1][k])
    source = pydicom.dcmread(series.source.frames[0].path)
    assert reference.ReferencedSOPInstanceUID == source.SOPInstanceUID
    assert reference.ReferencedSOPClassUID == source.SOPClassUID
    assert len(seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 1


def test_empty_frames_and_absent_classes_are_left_out(dicom, seg_path):
    dicom.write()
    series = dicom.one_series()
    anatomy, lesions = np.zeros(series.shape, np.uint8), np.zeros(series.shape, np.uint16)
    anatomy[2, 3, 1] = Anatomy.CORD
    lesions[1, 1, 1] = 7
    write_seg(with_masks(masks_of(series), anatomy, lesions), result_of(series), seg_path)
    seg = highdicom.seg.segread(seg_path)
    assert [each.SegmentLabel for each in seg.SegmentSequence] == ["Spinal cord", "Lesion 7"]
    assert seg.NumberOfFrames == 2


def test_nothing_is_written_where_nothing_was_found(dicom, seg_path, caplog):
    dicom.write()
    series = dicom.one_series()
    nothing = np.zeros(series.shape, np.uint16)
    write_seg(with_masks(masks_of(series), nothing, nothing), empty_result_of(series), seg_path)
    assert not seg_path.exists()
    assert "nothing was found" in caplog.text


def test_segments_are_coded(dicom, seg_path):
    _, _, seg = _written(dicom, seg_path)
    held = {each.SegmentLabel: each for each in seg.SegmentSequence}
    assert held["Spinal cord"].SegmentedPropertyTypeCodeSequence[0].CodeValue == "2748008"
    lesion = held["Lesion 1, L3"]
    assert lesion.SegmentedPropertyTypeCodeSequence[0].CodeValue == "14799000"
    assert lesion.AnatomicRegionSequence[0].CodeValue == "36470004"
    assert lesion.TrackingID == f"{STATION}: lesion 1"
    assert lesion.SegmentAlgorithmType == "AUTOMATIC"
    assert lesion.SegmentationAlgorithmIdentificationSequence[0].AlgorithmVersion == "0.1.0"
    assert held["Lesion 2"].AnatomicRegionSequence[0].CodeMeaning == "Spine"


@pytest.mark.parametrize(
    ("belief", "label", "region"),
    [
        (T12_OR_L1, "Lesion 1, T12 or L1", "Thoraco-lumbar spine"),
        (L5_OR_L6, "Lesion 1, L5 or L6", "Lumbar spine"),
    ],
)
def test_uncertain_levels_are_coded_by_region_and_named_in_the_label(dicom, seg_path, belief, label, region):
    dicom.write()
    series = dicom.one_series()
    write_seg(masks_of(series), result_of(series, belief), seg_path)
    segments = {each.SegmentLabel: each for each in highdicom.seg.segread(seg_path).SegmentSequence}
    assert segments[label].AnatomicRegionSequence[0].CodeMeaning == region


def test_the_same_input_gives_the_same_bytes(dicom, seg_path):
    _written(dicom, seg_path)
    first = seg_path.read_bytes()
    series = dicom.one_series()
    write_seg(masks_of(series), result_of(series), seg_path)
    assert seg_path.read_bytes() == first


def test_other_masks_get_another_instance(dicom, seg_path):
    series, images, seg = _written(dicom, seg_path)
    other = images.anatomy.array.copy()
    other[2, 0, 0] = 0 if other[2, 0, 0] else 1
    write_seg(with_masks(images, other, images.lesions.array), result_of(series), seg_path)
    assert pydicom.dcmread(seg_path).SOPInstanceUID != seg.SOPInstanceUID


_IDENTITY = {
    "SpecificCharacterSet": "ISO_IR 100",
    "PatientName": "Müller^Jörg",
    "PatientID": "4711",
    "PatientBirthDate": "19500203",
    "PatientSex": "M",
    "AccessionNumber": "A1",
    "StudyTime": "101500",
    "PatientWeight": "81",
    "PatientComments": "planted remark",
    "InstitutionName": "planted hospital",
    "OperatorsName": "Planted^Operator",
}


def test_the_patient_of_the_source_is_kept_and_nothing_else(dicom, seg_path):
    series, _, seg = _written(dicom, seg_path, elements=_IDENTITY)
    assert str(seg.PatientName) == "Müller^Jörg"
    assert (seg.PatientID, seg.PatientBirthDate, seg.PatientSex) == ("4711", "19500203", "M")
    assert (seg.AccessionNumber, seg.StudyTime) == ("A1", "101500")
    assert seg.StudyInstanceUID == _source_header(series, 0).StudyInstanceUID
    assert "PatientWeight" not in seg
    assert "InstitutionName" not in seg
    for planted in (b"planted remark", b"planted hospital", b"Planted^Operator"):
        assert planted not in seg_path.read_bytes()


def test_lossy_compression_of_the_source_is_passed_on(dicom, seg_path):
    elements = {
        "LossyImageCompression": "01",
        "LossyImageCompressionRatio": "12",
        "LossyImageCompressionMethod": "ISO_10918_1",
    }
    _, _, seg = _written(dicom, seg_path, elements=elements)
    assert (seg.LossyImageCompression, seg.LossyImageCompressionRatio) == ("01", 12)


def test_names_in_other_alphabets_are_kept(dicom, seg_path):
    elements = {
        "SpecificCharacterSet": ["", "ISO 2022 IR 87"],
        "PatientName": "Yamada^Tarou=山田^太郎",
        "StudyDescription": "脊椎",
    }
    _, _, seg = _written(dicom, seg_path, elements=elements)
    assert seg.SpecificCharacterSet == "ISO_IR 192"
    assert (str(seg.PatientName), seg.StudyDescription) == (elements["PatientName"], "脊椎")


def test_a_source_without_frame_of_reference_gets_one(dicom, seg_path):
    def forget(dataset, k):
        del dataset.FrameOfReferenceUID

    _, _, seg = _written(dicom, seg_path, change=forget)
    assert seg.FrameOfReferenceUID.startswith("2.25.")


def test_the_pseudonym_replaces_the_patient(dicom, seg_path):
    series, _, seg = _written(dicom, seg_path, IdentityPolicy.PSEUDONYM, elements=_IDENTITY)
    assert seg.PatientID == str(seg.PatientName) == "patient-key"
    assert seg.PatientIdentityRemoved == "YES"
    assert {seg.PatientBirthDate, seg.PatientSex, seg.AccessionNumber, seg.StudyDate} == {""}
    assert seg.StudyInstanceUID == _source_header(series, 0).StudyInstanceUID
    content = seg_path.read_bytes()
    for known in ("Müller".encode(), b"4711", b"19500203", b"20260102", b"Planted"):
        assert known not in content


def test_values_that_dicom_forbids_are_kept_as_they_stand(dicom, seg_path):
    elements = {"PatientID": "9" * 70, "PatientSex": "unclear", "StudyTime": "noon", "StudyDate": "2020"}
    _, _, _ = _written(dicom, seg_path, elements=elements)
    with pydicom.config.disable_value_validation():
        read = pydicom.dcmread(seg_path)
        assert {name: read[name].value for name in elements} == elements


def test_series_that_are_not_dicom_are_refused(dicom, seg_path):
    dicom.write()
    series = dicom.one_series()
    object.__setattr__(series, "source", FileSource(Path("t2.nii.gz")))
    with pytest.raises(StudyError, match="not read from DICOM"):
        write_seg(masks_of(series), result_of(series), seg_path)


def test_masks_on_another_grid_are_refused(dicom, seg_path):
    dicom.write()
    series = dicom.one_series()
    images = masks_of(series)
    shifted = images.anatomy.affine_ras.copy()
    shifted[0, 3] += 1.0
    object.__setattr__(images, "anatomy", Volume(images.anatomy.array, shifted))
    with pytest.raises(GeometryError, match="grid"):
        write_seg(images, result_of(series), seg_path)


def test_files_that_moved_in_space_are_refused(dicom, seg_path):
    dicom.write()
    series = dicom.one_series()
    dicom.write(origin_lps=(-7.0, -20.0, 30.0))
    with pytest.raises(GeometryError, match="not where they were"):
        write_seg(masks_of(series), result_of(series), seg_path)


@pytest.mark.skipif(
    shutil.which("dciodvfy") is None, reason="dciodvfy (Debian's dicom3tools) is not installed"
)
@pytest.mark.parametrize("identity", list(IdentityPolicy))
@pytest.mark.parametrize("enhanced", [False, True], ids=["classic", "enhanced"])
def test_dciodvfy_finds_no_errors(dicom, seg_path, identity, enhanced):
    if enhanced:
        dicom.write_enhanced([dicom.Frame(k) for k in range(5)])
    else:
        dicom.write(directions=_turned(SAGITTAL), elements=_IDENTITY)
    series = dicom.one_series()
    write_seg(masks_of(series), result_of(series, T12_OR_L1), seg_path, identity)
    found = subprocess.run(["dciodvfy", seg_path], capture_output=True, text=True, check=False)
    assert [line for line in found.stderr.splitlines() if line.startswith("Error")] == []


@pytest.mark.skipif(
    shutil.which("dciodvfy") is None, reason="dciodvfy (Debian's dicom3tools) is not installed"
)
@pytest.mark.parametrize("plan", GEOMETRIES.values(), ids=GEOMETRIES.keys())
def test_dciodvfy_finds_no_errors_in_any_geometry(dicom, seg_path, plan):
    _written(dicom, seg_path, **plan)
    found = subprocess.run(["dciodvfy", seg_path], capture_output=True, text=True, check=False)
    assert [line for line in found.stderr.splitlines() if line.startswith("Error")] == []


# One step of the permutation in Verhoeff's check digit (1969), by which SNOMED CT identifiers end.
_STEP = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _product(a, b):
    """In the symmetry group of the pentagon: 0 to 4 are rotations, 5 to 9 reflections."""
    turned = (a - b if a >= 5 else a + b) % 5
    return turned + 5 * ((a >= 5) != (b >= 5))


def _has_check_digit(code):
    check = 0
    for place, character in enumerate(reversed(code)):
        digit = int(character)
        for _ in range(place):
            digit = _STEP[digit]
        check = _product(check, digit)
    return check == 0


def test_the_check_digit_finds_a_wrong_digit():
    assert _has_check_digit("2748008")
    assert not _has_check_digit("2749008")


def test_snomed_codes_are_those_of_dicoms_dictionaries():
    known = {code for entry in _concepts_dict.concepts["SCT"].values() for code in entry}
    # Not in DICOM's context groups: vertebral body, intervertebral disc.
    known |= {"3572006", "360499006"}
    used = [code for each in STRUCTURES.values() for code in (each.type, each.region, each.modifier) if code]
    used += [level_code(level) for level in Level] + [site_code([level]) for level in Level]
    snomed = {code.value for code in used if code.scheme_designator == "SCT"}
    assert snomed <= known
    assert all(map(_has_check_digit, snomed))
    assert {code.scheme_designator for code in used} == {"SCT", "99SPINEMETS"}


@pytest.mark.parametrize("level", Level)
def test_every_level_has_a_site(level):
    site = site_code([level])
    assert site.scheme_designator == "SCT"
    if level.value in ("C1", "T12", "L5"):
        assert site.meaning == f"{level.value} vertebra"


def test_levels_of_two_regions_lie_at_their_junction():
    assert site_code([Level.C7, Level.T1]).meaning == "Cervico-thoracic spine"
    assert site_code([Level.L5, Level.S1]).meaning == "Lumbo-sacral spine"
    assert site_code([Level.C7, Level.L1]).meaning == "Spine"
    assert site_code([]).meaning == "Spine"
