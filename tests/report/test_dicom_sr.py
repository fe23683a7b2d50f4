"""Structured reports say what the result says, in codes, and refer to the masks of the lesions."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest

from report.dicom_assessment import (
    AXIAL_SLICE_UID,
    L5_OR_L6,
    STATION,
    T12_OR_L1,
    empty_result_of,
    masks_of,
    result_of,
    with_masks,
)
from report.small_prior import small_prior
from spinemets.errors import StudyError
from spinemets.report.dicom_identity import IdentityPolicy
from spinemets.report.dicom_seg import write_seg
from spinemets.report.dicom_sr import write_sr
from spinemets.scoring.sins_items import Item
from spinemets.study.records import FileSource
from study.dicom.conftest import Dicom

_PATIENT = {
    "SpecificCharacterSet": "ISO_IR 192",
    "PatientName": "Δοκιμή^Ελένη",
    "PatientID": "4711",
    "AccessionNumber": "A1",
    "PatientWeight": "81",
}


@pytest.fixture
def dicom(tmp_path) -> Dicom:
    folder = tmp_path / "archive"
    folder.mkdir()
    return Dicom(folder)


@pytest.fixture
def write(dicom, tmp_path):
    """Writes a segmentation and a report of the series in the archive; gives the report's file."""

    def write(make_result=result_of, identity=IdentityPolicy.SOURCE, with_seg=True) -> Path:
        series = dicom.one_series()
        images, result = masks_of(series), make_result(series)
        path, seg = tmp_path / "sr.dcm", tmp_path / "seg.dcm"
        if with_seg:
            write_seg(images, result, seg, identity)
        write_sr(result, (images,), path, {STATION: seg}, identity)
        return path

    return write


def _groups(path):
    """Measurement groups: study, levels, lesions."""
    report = highdicom.sr.srread(path)
    (measurements,) = [
        item
        for item in report.ContentSequence
        if _meaning(item, "ConceptNameCodeSequence") == "Imaging Measurements"
    ]
    return list(measurements.ContentSequence)


def _meaning(item, keyword):
    return item[keyword][0].CodeMeaning


def _named(group, meaning, scheme=None):
    found = [item for item in group.ContentSequence if _meaning(item, "ConceptNameCodeSequence") == meaning]
    return [
        item
        for item in found
        if scheme is None or item.ConceptNameCodeSequence[0].CodingSchemeDesignator == scheme
    ]


def _value(item):
    if item.ValueType == "NUM":
        return float(item.MeasuredValueSequence[0].NumericValue)
    return _meaning(item, "ConceptCodeSequence") if item.ValueType == "CODE" else item.TextValue


def _values(group, meaning, scheme=None):
    return [_value(item) for item in _named(group, meaning, scheme)]


def _unit(item):
    return item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue


def test_it_is_a_measurement_report_of_the_source_study(dicom, write):
    dicom.write()
    report = highdicom.sr.srread(write())
    assert isinstance(report, highdicom.sr.ComprehensiveSR)
    assert isinstance(report.content, highdicom.sr.MeasurementReport)
    source = pydicom.dcmread(dicom.one_series().source.frames[0].path)
    assert report.StudyInstanceUID == source.StudyInstanceUID
    assert (report.PreliminaryFlag, report.VerificationFlag) == ("PRELIMINARY", "UNVERIFIED")
    assert len(report.content.get_volumetric_roi_measurement_groups()) == 2


def test_lesions_refer_to_their_segments(dicom, write, tmp_path):
    dicom.write()
    report = highdicom.sr.srread(write())
    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    labels = {each.SegmentNumber: each for each in seg.SegmentSequence}
    for number, group in enumerate(report.content.get_volumetric_roi_measurement_groups(), start=1):
        assert group.referenced_segment.referenced_sop_instance_uid == seg.SOPInstanceUID
        (segment,) = group.referenced_segment.referenced_segment_numbers
        assert labels[segment].SegmentLabel.startswith(f"Lesion {number}")
        assert group.tracking_uid == labels[segment].TrackingUID
    evidence = {uids[2] for uids in report.get_evidence()}
    assert seg.SOPInstanceUID in evidence
    assert evidence >= {frame.sop_instance_uid for frame in dicom.one_series().source.frames}


def test_lesions_are_measured_in_ucum_units(dicom, write):
    dicom.write()
    *_, first, second = _groups(write())
    (volume,) = _named(first, "Volume")
    assert (_value(volume), _unit(volume)) == (3.25, "mL")
    assert "NumericValueQualifierCodeSequence" not in volume
    (diameter,) = _named(second, "Largest diameter")
    assert (_value(diameter), _unit(diameter)) == (21.0, "mm")
    assert _meaning(diameter, "NumericValueQualifierCodeSequence") == "Lower bound"
    assert _values(first, "Share of the lesion") == [75.0, 25.0]


def test_what_dixon_diffusion_and_ct_say_of_a_lesion_is_measured(dicom, write):
    dicom.write()
    *_, first, second = _groups(write())
    names = {
        "Loss of signal in opposed phase": (12.5, "%"),
        "Fat fraction of the signal": (0.125, "1"),
        "Apparent Diffusion Coefficient": (850.0, "10*-6.mm2/s"),
        "Mean density on CT": (240.0, "[hnsf'U]"),
    }
    for name, expected in names.items():
        (item,) = _named(first, name)
        assert (_value(item), _unit(item)) == expected
        assert _named(second, name) == []


def test_levels_are_measured_and_what_is_unknown_says_so(dicom, write):
    dicom.write()
    level = _groups(write())[1]
    losses = [item for item in level.ContentSequence if "Height loss" in _meaning_or_empty(item)]
    assert [_value(item) for item in losses] == [28.125, 15.0, -1.5]
    assert {_unit(item) for item in losses} == {"%"}
    (kyphosis,) = _named(level, "Local kyphosis")
    assert (_value(kyphosis), _unit(kyphosis)) == (12.0, "deg")
    (offset,) = _named(level, "Offset of the posterior wall")
    assert _value(offset) == "Value unknown"
    assert "no neighbour is whole" in offset.ContentSequence[0].TextValue


def _meaning_or_empty(item):
    return _meaning(item, "ConceptNameCodeSequence") if "ConceptNameCodeSequence" in item else ""


def test_sins_items_have_the_names_of_radelement(dicom, write):
    dicom.write()
    level = _groups(write())[1]
    assert _values(level, "RDES21 Location", "RADELEMENT") == ["mobile"]
    assert _values(level, "RDES21 Alignment", "RADELEMENT") == ["deformed"]
    assert _values(level, "RDES21 Collapse", "RADELEMENT") == ["less than 50"]
    assert _values(level, "RDES21 Lesion quality", "RADELEMENT") == ["indeterminate"]
    assert _values(level, "RDES21 Posterior elements", "RADELEMENT") == ["unknown"]
    assert _values(level, "Pain", "99SPINEMETS") == ["Value unknown"]


def test_open_items_list_what_is_possible(dicom, write):
    dicom.write()
    (bone,) = _named(_groups(write())[1], "RDES21 Lesion quality")
    assert _values(bone, "Finding that is possible") == ["lytic", "mixed"]
    (comment,) = _values(bone, "Comment")
    assert comment == "source: measured; dark on T1 ≤ muscle"


def test_findings_that_need_confirmation_say_so(dicom, write):
    dicom.write()
    (alignment,) = _named(_groups(write())[1], "RDES21 Alignment")
    assert "needs confirmation" in _values(alignment, "Comment")[0]


def test_the_score_is_an_interval(dicom, write):
    dicom.write()
    score = result_of(dicom.one_series()).levels[0].sins
    study, level, *_ = _groups(write())
    for group in (study, level):
        assert _values(group, "SINS, least total that the findings allow") == [score.minimum]
        assert _values(group, "SINS, greatest total that the findings allow") == [score.maximum]
        assert _values(group, "SINS class that the findings allow") == list(score.classes)
    assert score.minimum < score.maximum


def test_the_escc_grade_comes_with_its_set_and_slice(dicom, write):
    dicom.write()
    level = _groups(write())[1]
    (grade,) = _named(level, "Epidural spinal cord compression grade")
    assert _value(grade) == "ESCC grade 1c"
    possible = _named(grade, "Grade that is possible")
    assert [_value(item) for item in possible] == [f"ESCC grade {each}" for each in ("1b", "1c", "2", "3")]
    assert [_value(item.ContentSequence[0]) for item in possible] == [0.15, 0.45, 0.2, 0.1]
    assert _named(grade, "Instance of the deciding slice")[0].UID == AXIAL_SLICE_UID
    assert _values(grade, "Coverage of the set of possible grades") == [90.0]
    assert _values(grade, "Low or high grade compression, high from grade 2") == ["low", "high"]
    assert _values(level, "Epidural spinal cord compression grade by measured geometry") == ["ESCC grade 1a"]
    assert _values(level, "Grades of network and geometry differ by more than one") == ["Yes"]


def test_what_cannot_be_graded_is_coded_so(dicom, write):
    dicom.write()
    level = _groups(write(lambda series: result_of(series, graded=False)))[1]
    (grade,) = _named(level, "Epidural spinal cord compression grade")
    assert _value(grade) == "Not gradable"
    assert _values(grade, "Grade that is possible") == []
    (comment,) = _values(grade, "Comment")
    assert "no axial T2" in comment
    assert "30 % narrower" in comment


@pytest.mark.parametrize(
    ("belief", "site", "levels"),
    [
        (T12_OR_L1, "Thoraco-lumbar spine", ["T12 vertebra", "L1 vertebra"]),
        (L5_OR_L6, "Lumbar spine", ["L5 vertebra", "Level L6"]),
    ],
)
def test_uncertain_levels_are_a_region_and_every_level_that_is_possible(dicom, write, belief, site, levels):
    dicom.write()
    _, level, lesion, _ = _groups(write(lambda series: result_of(series, belief)))
    assert _values(level, "Finding Site") == _values(lesion, "Finding Site") == [site]
    possible = _named(level, "Level that the vertebra may be")
    assert [_value(item) for item in possible] == levels
    assert [_value(item.ContentSequence[0]) for item in possible] == [
        one.probability for one in belief.levels
    ]
    assert any(belief.words in words for words in _values(level, "Comment"))


def test_levels_refer_to_the_slice_through_the_middle_of_the_body(dicom, write):
    dicom.write_enhanced([dicom.Frame(k) for k in (3, 0, 4, 2, 1)])
    (image,) = _named(_groups(write())[1], "Source of Measurement")
    (reference,) = image.ReferencedSOPSequence
    middle = dicom.one_series().source.frames[2]
    assert reference.ReferencedSOPInstanceUID == middle.sop_instance_uid
    assert reference.ReferencedFrameNumber == middle.frame_index + 1


def test_a_study_without_findings_has_a_report(dicom, write):
    dicom.write()
    (study,) = _groups(write(empty_result_of))
    assert _values(study, "Number of involved levels") == [0.0]
    assert _named(study, "Finding") == []
    assert "SINS" not in " ".join(_meaning_or_empty(item) for item in study.ContentSequence)


def test_without_a_segmentation_lesions_stand_alone(dicom, write):
    dicom.write()
    path = write(with_seg=False)
    assert len(_groups(path)) == 4
    assert highdicom.sr.srread(path).content.get_volumetric_roi_measurement_groups() == []


def test_lesions_that_are_not_in_the_masks_stand_alone(dicom, tmp_path):
    dicom.write()
    series = dicom.one_series()
    images, result = masks_of(series), result_of(series)
    only_first = np.where(images.lesions.array == 1, 1, 0).astype(np.uint16)
    write_seg(with_masks(images, images.anatomy.array, only_first), result, tmp_path / "seg.dcm")
    write_sr(result, (images,), tmp_path / "sr.dcm", {STATION: tmp_path / "seg.dcm"})
    content = highdicom.sr.srread(tmp_path / "sr.dcm").content
    assert len(content.get_volumetric_roi_measurement_groups()) == 1


def test_lesions_of_two_stations_refer_to_the_masks_of_their_own(dicom, tmp_path):
    dicom.write("upper", series="upper", number=1)
    dicom.write("lower", series="lower", number=2, origin_lps=(-10.0, -20.0, -200.0))
    upper, lower = dicom.series()
    stations = tuple(replace(masks_of(each), name=each.key) for each in (upper, lower))
    single = result_of(upper)
    result = replace(
        single,
        levels=(replace(single.levels[0], station=lower.key),),
        stations=tuple(replace(single.stations[0], name=each.name) for each in stations),
    )
    files = {each.name: tmp_path / f"{each.name}.dcm" for each in stations}
    for each in stations:
        write_seg(each, result, files[each.name])
    write_sr(result, stations, tmp_path / "sr.dcm", files)
    groups = highdicom.sr.srread(tmp_path / "sr.dcm").content.get_volumetric_roi_measurement_groups()
    referred = [group.referenced_segment.referenced_sop_instance_uid for group in groups]
    written = [pydicom.dcmread(file).SOPInstanceUID for file in files.values()]
    assert referred == [written[0], written[0], written[1], written[1]]


def test_the_same_input_gives_the_same_bytes(dicom, write):
    dicom.write()
    first = write().read_bytes()
    assert write().read_bytes() == first


def test_the_patient_of_the_source_is_kept_and_nothing_else(dicom, write):
    dicom.write(elements=_PATIENT)
    report = pydicom.dcmread(write())
    assert str(report.PatientName) == _PATIENT["PatientName"]
    assert (report.PatientID, report.AccessionNumber) == ("4711", "A1")
    assert "PatientWeight" not in report


def test_the_pseudonym_replaces_the_patient(dicom, write):
    dicom.write(elements=_PATIENT)
    path = write(identity=IdentityPolicy.PSEUDONYM)
    assert pydicom.dcmread(path).PatientID == "patient-key"
    for known in ("Δοκιμή".encode(), b"4711", b"20260102"):
        assert known not in path.read_bytes()


def test_what_has_changed_since_an_earlier_study_is_coded(dicom, write):
    dicom.write()
    path = write(_compared_result_of)
    study, level, *_, lesion, _ = _groups(path)
    assert _values(study, "Days since the earlier study") == [90]
    assert _values(level, "Change of the compression grade that is possible") == ["worse"]
    assert _values(lesion, "What has become of the lesion since the earlier study") == ["grown"]
    assert _values(lesion, "Change of volume since the earlier study") == [116.7]


def _compared_result_of(series):
    return replace(result_of(series), prior=small_prior(STATION))


def test_every_meaning_fits_its_element(dicom, write):
    dicom.write()
    meanings = []
    pydicom.dcmread(write()).walk(
        lambda _, element: meanings.append(element.value) if element.keyword == "CodeMeaning" else None
    )
    assert max(map(len, meanings)) <= 64


def test_every_item_of_the_score_is_reported(dicom, write):
    dicom.write()
    level = _groups(write())[1]
    schemes = [
        item.ConceptNameCodeSequence[0].CodingSchemeDesignator
        for item in level.ContentSequence
        if item.ValueType == "CODE"
    ]
    assert schemes.count("RADELEMENT") == len(Item) - 1


def test_studies_that_are_not_dicom_are_refused(dicom, tmp_path):
    dicom.write()
    series = replace(dicom.one_series(), source=FileSource(Path("t2.nii.gz")))
    with pytest.raises(StudyError, match="read from DICOM"):
        write_sr(result_of(series), (masks_of(series),), tmp_path / "sr.dcm")


@pytest.mark.skipif(
    shutil.which("dciodvfy") is None, reason="dciodvfy (Debian's dicom3tools) is not installed"
)
@pytest.mark.parametrize("identity", list(IdentityPolicy))
@pytest.mark.parametrize("enhanced", [False, True], ids=["classic", "enhanced"])
@pytest.mark.parametrize("make_result", [result_of, empty_result_of, _compared_result_of])
def test_dciodvfy_finds_no_errors(dicom, write, identity, enhanced, make_result):
    if enhanced:
        dicom.write_enhanced([dicom.Frame(k) for k in range(5)])
    else:
        dicom.write(elements=_PATIENT)
    path = write(make_result, identity)
    found = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
    assert [line for line in found.stderr.splitlines() if line.startswith("Error")] == []
