"""An archive becomes studies, whatever its folders look like, and tells nothing of who the patients are."""

import logging
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spinemets.errors import ConfigurationError, InputError, UnreadableFileError
from spinemets.study.archive import read_dicom_studies
from spinemets.study.pseudonym import OriginalIdentifiers
from spinemets.study.reading import load_volume
from spinemets.study.slice_record import SliceRecord


def test_studies_in_one_folder_are_told_apart(dicom):
    dicom.write(study="first", series="a")
    dicom.write(study="second", series="b", patient="other")
    studies = dicom.studies()
    assert len({study.key for study in studies}) == 2
    assert len({study.patient_key for study in studies}) == 2


def test_one_study_over_several_folders_is_put_together(dicom):
    dicom.write(folder="disc1/a", series="a", number=1)
    dicom.write(folder="disc2/deep/deeper/b", series="b", number=2)
    study = dicom.study()
    assert [series.number for series in study.series] == [1, 2]
    assert study.folder == dicom.folder


def test_one_series_over_several_folders_is_put_together(dicom):
    for k, path in enumerate(dicom.write(slices=6)):
        home = dicom.folder / str(k % 2)
        home.mkdir(exist_ok=True)
        path.rename(home / path.name)
    assert dicom.one_series().shape[0] == 6


def test_visits_of_one_patient_share_the_patient_key(dicom):
    dicom.write(study="first", series="a", elements={"StudyDate": "20250304"})
    dicom.write(study="second", series="b")
    first, second = dicom.studies()
    assert first.patient_key == second.patient_key
    assert first.key != second.key
    assert (first.study_date, second.study_date) == ("2025-03-04", "2026-01-02")


def test_two_patients_under_one_study_uid_are_never_mixed(dicom):
    dicom.write(patient="one", series="a")
    dicom.write(patient="two", series="b")
    assert [len(study.series) for study in dicom.studies()] == [1, 1]
    assert len({study.key for study in dicom.studies()}) == 2


def test_studies_without_patient_id_are_not_taken_for_one_patient(dicom):
    dicom.write(study="first", series="a", patient="")
    dicom.write(study="second", series="b", patient="")
    assert len({study.patient_key for study in dicom.studies()}) == 2


def test_series_come_in_the_order_of_acquisition(dicom):
    dicom.write(series="a", number=2, elements={"SeriesTime": "100500"})
    dicom.write(series="b", number=11, elements={"SeriesTime": "090000"})
    assert [series.number for series in dicom.series()] == [11, 2]


def test_keys_name_number_plane_and_weighting_and_are_unique(dicom):
    dicom.write(series="a", number=7)
    dicom.write(series="b", number=7)
    assert [series.key for series in dicom.series()] == ["007-sagittal-T2", "007-sagittal-T2-2"]


def test_the_same_archive_gives_the_same_studies_under_other_names(dicom, tmp_path):
    dicom.write(series="a", number=1)
    dicom.write(series="b", number=2)
    before = [(study.key, [series.key for series in study.series]) for study in dicom.studies()]
    for number, path in enumerate(sorted(dicom.folder.iterdir(), reverse=True)):
        path.rename(dicom.folder / f"{number:03d}")
    assert before == [(study.key, [series.key for series in study.series]) for study in dicom.studies()]


def test_a_single_file_can_be_read(dicom):
    paths = dicom.write()
    (study,) = read_dicom_studies(paths[1], dicom.settings)
    assert study.series[0].shape[0] == 1


def test_nothing_there_is_an_error(dicom):
    with pytest.raises(UnreadableFileError, match="no such file"):
        list(read_dicom_studies(dicom.folder / "absent", dicom.settings))


def test_an_empty_folder_holds_no_study(dicom):
    assert dicom.studies() == []


def test_several_processes_find_the_same(dicom):
    for number in range(3):
        dicom.write(folder=str(number), series=str(number), number=number)
    (dicom.folder / "broken.dcm").write_text("broken")

    def summary(workers):
        studies = dicom.studies(replace(dicom.settings, workers=workers))
        return [
            (study.key, [(one.key, one.shape, one.source) for one in study.series], study.problems)
            for study in studies
        ]

    assert summary(2) == summary(1)


@pytest.mark.parametrize("name", ["largest_image_voxels", "most_stacks_per_series", "workers"])
def test_settings_out_of_range_are_refused(dicom, name):
    with pytest.raises(ConfigurationError, match=name):
        replace(dicom.settings, **{name: 0})


_MARKED = {
    "PatientName": "Zmarkername^Given",
    "PatientID": "zmarkerid",
    "IssuerOfPatientID": "zmarkerissuer",
    "PatientBirthDate": "19510203",
    "PatientAddress": "zmarkeraddress",
    "OtherPatientIDs": "zmarkerother",
    "AccessionNumber": "zmarkeraccession",
    "ReferringPhysicianName": "Zmarkerphysician",
    "OperatorsName": "Zmarkeroperator",
    "InstitutionName": "zmarkerinstitution",
    "StationName": "zmarkerstation",
    "StudyDescription": "zmarkerstudy",
    "StudyID": "zmarkerstudyid",
    "PatientComments": "zmarkercomments",
    "ImageComments": "zmarkerimage",
    "DeviceSerialNumber": "zmarkerserial",
    "StudyInstanceUID": "1.2.99991.1",
    "SeriesInstanceUID": "1.2.99991.2",
    "FrameOfReferenceUID": "1.2.99991.3",
}


def _spoil(dataset, k):
    dataset.SOPInstanceUID = f"1.2.99991.4.{k}"
    dataset.file_meta = None
    if k == 3:
        dataset.PixelSpacing = [0, 0]
    if k == 4:
        dataset.ImageType = ["DERIVED", "SECONDARY", "SCREEN SAVE"]
    if k == 5:
        dataset.PixelData = bytes(2)
    if k == 7:
        dataset.SeriesDate = "zmarkerdate"


def test_nothing_tells_who_the_patient_is(dicom, caplog, recwarn):
    caplog.set_level(logging.DEBUG)
    paths = dicom.write(slices=9, elements=_MARKED, change=_spoil)
    # A value that cannot be converted must not be quoted.
    assert b"-34.0" in paths[6].read_bytes()
    paths[6].write_bytes(paths[6].read_bytes().replace(b"-34.0", b"zmark"))
    paths = dicom.write(folder="cut", series="cut", elements=_MARKED)
    paths[0].write_bytes(paths[0].read_bytes()[:700])
    caplog.clear()
    study = next(one for one in dicom.studies() if one.series)
    for series in study.series:
        load_volume(series)
    shown = " ".join([repr(study), caplog.text, *(str(warning.message) for warning in recwarn)]).lower()
    assert study.series
    assert "pixelspacing" in shown
    for secret in ("zmark", "19510203", "1951-02-03", "1.2.99991", "2026-01-02", "20260102"):
        assert secret not in shown


def test_identifiers_are_kept_when_asked_for(dicom):
    dicom.write(patient="MRN 12/3", elements={"StudyInstanceUID": "1.2.3"})
    (study,) = dicom.studies(replace(dicom.settings, identifiers=OriginalIdentifiers()))
    assert (study.key, study.patient_key) == ("1.2.3", "MRN_12_3")


def test_a_record_of_a_slice_is_small(dicom):
    import tracemalloc

    from spinemets.study.archive_scan import scan_files

    dicom.write(slices=60)
    list(scan_files(dicom.folder, 2**20, 1))
    tracemalloc.start()
    kept = [one for found in scan_files(dicom.folder, 2**20, 1) for one in found]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(isinstance(one, SliceRecord) for one in kept)
    assert size / len(kept) < 1500


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(data=st.data(), kind=st.sampled_from(["classic", "enhanced"]))
def test_no_damage_to_a_file_makes_anything_but_a_typed_error(dicom, data, kind):
    path = dicom.folder / "damaged"
    if kind == "classic":
        dicom.save(dicom.dataset(), "damaged")
    else:
        dicom.write_enhanced([dicom.Frame(k) for k in range(3)], "damaged")
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 12))):
        content[data.draw(st.integers(132, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(132, len(content)))])
    blamed = set()
    for study in dicom.studies():
        for series in study.series:
            try:
                assert np.isfinite(series.affine_ras).all()
                load_volume(series)
            except InputError as error:
                blamed.add(error.file)
    assert blamed <= {path}
