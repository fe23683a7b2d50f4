"""Simulated DICOM: geometry, contrast facts, identity, the same bytes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK
from scipy.spatial.transform import Rotation

from spinemets.phantom.dicom_writer import StudyIdentity, describe, draw_identity, write_dicom_study
from spinemets.phantom.protocol import (
    FatSuppression,
    PhaseAxis,
    SeriesProtocol,
    Vendor,
)
from spinemets.phantom.series_names import Language
from spinemets.study.archive import ArchiveSettings, read_dicom_studies
from spinemets.study.pseudonym import PseudonymKey
from spinemets.study.reading import load_volume
from spinemets.study.records import AcquisitionParameters, Plane, Weighting
from spinemets.study.weighting import judge_weighting
from spinemets.volume import Volume

IDENTITY = StudyIdentity(key="study-1", seed=1, patient_id="PHANTOM-000001")
NAMED = (
    Weighting.T1,
    Weighting.T2,
    Weighting.STIR,
    Weighting.T2_FS,
    Weighting.T1_GD,
    Weighting.DIXON_IN,
    Weighting.DIXON_OPPOSED,
    Weighting.DIXON_WATER,
    Weighting.DIXON_FAT,
)


@pytest.fixture
def oblique(ideal_t2: SeriesProtocol) -> SeriesProtocol:
    turn = Rotation.from_euler("xyz", [3.0, -5.0, 8.0], degrees=True).as_matrix()
    geometry = replace(
        ideal_t2.geometry,
        axes_ras=turn @ ideal_t2.geometry.axes_ras,
        centre_ras_mm=np.array([4.0, -20.0, 130.0]),
        field_of_view_mm=(150.0, 120.0),
        reconstructed_matrix=(20, 16),
    )
    return replace(ideal_t2, geometry=geometry)


def _volume(protocol: SeriesProtocol) -> Volume:
    pixels = np.random.default_rng(0).integers(0, 4096, protocol.geometry.shape, dtype=np.uint16)
    return Volume(pixels, protocol.geometry.affine_ras)


def _write(folder: Path, protocol: SeriesProtocol, identity: StudyIdentity = IDENTITY) -> list[Path]:
    (files,) = write_dicom_study(folder, [(protocol, _volume(protocol))], identity)
    return list(files)


def test_simpleitk_reads_back_the_pixels(tmp_path: Path, oblique: SeriesProtocol) -> None:
    image = SimpleITK.ReadImage([str(path) for path in _write(tmp_path, oblique)])
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image), _volume(oblique).array)


@pytest.mark.parametrize("index", [(0, 0, 0), (3, 19, 0), (2, 5, 15)])
def test_simpleitk_places_pixels_of_each_slice_where_we_do(
    tmp_path: Path, oblique: SeriesProtocol, index: tuple[int, int, int]
) -> None:
    number, row, column = index
    image = SimpleITK.ReadImage(str(_write(tmp_path, oblique)[number]))
    expected_lps = (_volume(oblique).affine_ras @ [*index, 1.0])[:3] * [-1.0, -1.0, 1.0]
    np.testing.assert_allclose(image.TransformIndexToPhysicalPoint((column, row, 0)), expected_lps, atol=1e-4)


def test_orientation_gives_the_affine_back(tmp_path: Path, oblique: SeriesProtocol) -> None:
    dataset = pydicom.dcmread(_write(tmp_path, oblique)[0])
    along_column_index, along_row_index = np.reshape(
        [float(value) for value in dataset.ImageOrientationPatient], (2, 3)
    ) * [-1.0, -1.0, 1.0]
    row_mm, column_mm = (float(value) for value in dataset.PixelSpacing)
    affine = _volume(oblique).affine_ras
    np.testing.assert_allclose(along_row_index * row_mm, affine[:3, 1], atol=1e-6)
    np.testing.assert_allclose(along_column_index * column_mm, affine[:3, 2], atol=1e-6)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, oblique: SeriesProtocol) -> None:
    first, second = _write(tmp_path / "a", oblique), _write(tmp_path / "b", oblique)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_another_study_has_other_identifiers(tmp_path: Path, oblique: SeriesProtocol) -> None:
    first = pydicom.dcmread(_write(tmp_path / "a", oblique)[0])
    second = pydicom.dcmread(_write(tmp_path / "b", oblique, replace(IDENTITY, seed=2))[0])
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
        assert first[keyword].value != second[keyword].value


def test_identifiers_are_valid_and_differ_between_slices(tmp_path: Path, oblique: SeriesProtocol) -> None:
    uids = [pydicom.dcmread(path).SOPInstanceUID for path in _write(tmp_path, oblique)]
    assert all(uid.is_valid and uid.startswith("2.25.") for uid in uids)
    assert len(set(uids)) == len(uids)


def test_the_patient_is_obviously_nobody(tmp_path: Path, oblique: SeriesProtocol) -> None:
    dataset = pydicom.dcmread(_write(tmp_path, oblique)[0])
    assert str(dataset.PatientName).startswith("PHANTOM^")
    assert dataset.PatientIdentityRemoved == "YES"
    assert dataset.PatientBirthDate == ""


def test_decimal_strings_fit_dicom(tmp_path: Path, oblique: SeriesProtocol) -> None:
    dataset = pydicom.dcmread(_write(tmp_path, oblique)[0])
    values = [*dataset.ImageOrientationPatient, *dataset.ImagePositionPatient, *dataset.PixelSpacing]
    assert all(len(str(value)) <= 16 for value in values)


@pytest.mark.parametrize(("axis", "dicom"), [(PhaseAxis.ROW, "COL"), (PhaseAxis.COLUMN, "ROW")])
def test_phase_direction_is_named_as_dicom_does(
    tmp_path: Path, oblique: SeriesProtocol, axis: PhaseAxis, dicom: str
) -> None:
    dataset = pydicom.dcmread(_write(tmp_path, replace(oblique, phase_axis=axis))[0])
    assert dataset.InPlanePhaseEncodingDirection == dicom


def _weighted(ideal_t1: SeriesProtocol, weighting: Weighting, vendor: Vendor) -> SeriesProtocol:
    """A protocol with timing as ``draw_protocols`` would give it."""
    timing = ideal_t1.timing
    if weighting in (Weighting.T2, Weighting.T2_FS):
        timing = replace(timing, repetition_time_ms=3500.0, echo_time_ms=90.0, echo_train_length=15)
    elif weighting is Weighting.STIR:
        timing = replace(
            timing,
            repetition_time_ms=4000.0,
            echo_time_ms=45.0,
            inversion_time_ms=160.0,
            kind=timing.kind.INVERSION_RECOVERY,
            fat_suppression=FatSuppression.INVERSION,
        )
    elif weighting.value.startswith("Dixon"):
        opposed = weighting is Weighting.DIXON_OPPOSED
        timing = replace(
            timing,
            kind=timing.kind.GRADIENT_ECHO,
            repetition_time_ms=160.0,
            echo_time_ms=2.3 if opposed else 4.6,
            flip_angle_deg=70.0,
            echo_train_length=1,
            fat_suppression=FatSuppression.DIXON,
        )
    if weighting in (Weighting.T2_FS, Weighting.T1_GD):
        timing = replace(timing, fat_suppression=FatSuppression.SPECTRAL, fat_saturation=0.9)
    timing = replace(timing, contrast_agent=weighting is Weighting.T1_GD)
    return replace(ideal_t1, weighting=weighting, vendor=vendor, timing=timing)


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(str(item) for item in value) if value else ()  # type: ignore[attr-defined]


@pytest.mark.parametrize("vendor", list(Vendor))
@pytest.mark.parametrize("weighting", NAMED)
def test_our_own_reader_sees_the_weighting(
    tmp_path: Path, ideal_t1: SeriesProtocol, weighting: Weighting, vendor: Vendor
) -> None:
    protocol = _weighted(ideal_t1, weighting, vendor)
    small = replace(protocol.geometry, slice_count=1, reconstructed_matrix=(8, 8))
    dataset = pydicom.dcmread(_write(tmp_path, replace(protocol, geometry=small))[0])
    parameters = AcquisitionParameters(
        modality="MR",
        manufacturer=dataset.Manufacturer,
        field_strength_t=float(dataset.MagneticFieldStrength),
        series_description=dataset.SeriesDescription,
        protocol_name=dataset.ProtocolName,
        sequence_name=dataset.SequenceName,
        image_type=_texts(dataset.ImageType),
        scanning_sequence=_texts(dataset.ScanningSequence),
        sequence_variant=_texts(dataset.SequenceVariant),
        scan_options=_texts(dataset.ScanOptions),
        repetition_time_ms=float(dataset.RepetitionTime),
        echo_time_ms=float(dataset.EchoTime),
        inversion_time_ms=float(dataset.InversionTime) if "InversionTime" in dataset else None,
        flip_angle_deg=float(dataset.FlipAngle),
        echo_train_length=int(dataset.EchoTrainLength),
        contrast_agent=dataset.get("ContrastBolusAgent", ""),
    )
    assert judge_weighting(parameters).weighting is weighting


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("weighting", [Weighting.T1, Weighting.T2, Weighting.STIR, Weighting.T1_GD])
def test_hospital_names_tell_the_weighting(
    ideal_t1: SeriesProtocol, weighting: Weighting, language: Language
) -> None:
    identity = replace(IDENTITY, language=language, vendor_names=False)
    description = describe(_weighted(ideal_t1, weighting, Vendor.SIEMENS), identity)
    judged = judge_weighting(AcquisitionParameters(modality="MR", series_description=description))
    assert judged.weighting is weighting


def test_an_identity_follows_from_the_generator() -> None:
    first = draw_identity(np.random.default_rng(4), "case", 4)
    assert first == draw_identity(np.random.default_rng(4), "case", 4)
    assert 30 <= first.age_years <= 89


def test_our_own_reader_gives_back_pixels_and_places(tmp_path: Path, oblique: SeriesProtocol) -> None:
    _write(tmp_path, oblique)
    key = PseudonymKey.from_text("a secret of tests")
    (study,) = read_dicom_studies(tmp_path, ArchiveSettings(key, 2**24, 8, 1))
    (series,) = study.series
    assert (series.plane, series.weighting.weighting) == (Plane.SAGITTAL, Weighting.T2)
    seen, written = load_volume(series), _volume(oblique)
    # The reader may order slices from the other side: the affine says so.
    index = np.array([[0, 0, 0, 1], [4, 19, 0, 1], [2, 5, 15, 1]]).T
    there = np.rint(np.linalg.inv(seen.affine_ras) @ written.affine_ras @ index)
    np.testing.assert_allclose(seen.affine_ras @ there, written.affine_ras @ index, atol=1e-4)
    np.testing.assert_array_equal(seen.array[tuple(there[:3].astype(int))], written.array[tuple(index[:3])])
