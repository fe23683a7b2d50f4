"""A simulated study as classic single-frame DICOM MR, the same bytes for the same seed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage

from spinemets.phantom.dicom_header import contrast_elements, sequence_elements
from spinemets.phantom.protocol import SeriesProtocol, Station
from spinemets.phantom.series_names import Language, hospital_description, vendor_description
from spinemets.volume import Volume

# A name space of our own, from which every UID of a study follows (RFC 4122, version 5).
_NAMESPACE = uuid.UUID("5b0b3f5e-6d5d-5c1e-9d52-6a1c7f0e9a11")
_BODY_PART = {
    Station.CERVICAL: "CSPINE",
    Station.THORACIC: "TSPINE",
    Station.WHOLE: "SPINE",
    Station.CERVICOTHORACIC: "CTSPINE",
    Station.THORACOLUMBAR: "TLSPINE",
    Station.LUMBAR: "LSPINE",
}
# RAS to LPS: right and anterior turn round.
_RAS_TO_LPS = np.array([-1.0, -1.0, 1.0])
_FIRST_SERIES_SECOND = 9 * 3600
_SECONDS_PER_SERIES = 240
_FIRST_DAY = date(2020, 1, 1)
_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class StudyIdentity:
    """Who and when; nobody real.

    Args:
        key: Name of the study: every UID follows from it and the seed.
        seed: Of the study.
        patient_id: Such as ``PHANTOM-000123``.
        date: YYYYMMDD; fixed, so that bytes do not depend on the day.
        sex: M or F.
        age_years: At the study.
        language: That series are named in, if ``vendor_names`` is False.
        vendor_names: Whether series keep the vendor's names rather than a hospital's own.
    """

    key: str
    seed: int
    patient_id: str
    date: str = f"{_FIRST_DAY:%Y%m%d}"
    sex: str = "F"
    age_years: int = 65
    language: Language = Language.ENGLISH
    vendor_names: bool = True


def draw_identity(rng: np.random.Generator, key: str, seed: int, days: int = 0) -> StudyIdentity:
    """An obviously synthetic patient, aged as patients with metastases are.

    Args:
        rng: Source of randomness.
        key: Name of the study.
        seed: Of the patient.
        days: Since the first visit.
    """
    return StudyIdentity(
        key=key,
        seed=seed,
        patient_id=f"PHANTOM-{seed:06d}",
        date=f"{_FIRST_DAY + timedelta(days):%Y%m%d}",
        sex="FM"[int(rng.integers(2))],
        age_years=int(np.clip(rng.normal(64.0, 11.0), 30, 89)) + int(days / _DAYS_PER_YEAR),
        language=list(Language)[int(rng.integers(len(Language)))],
        vendor_names=bool(rng.random() < 0.6),
    )


def describe(protocol: SeriesProtocol, identity: StudyIdentity) -> str:
    """The series description that the study's site gives."""
    if identity.vendor_names:
        return vendor_description(protocol)
    return hospital_description(protocol, identity.language)


def write_dicom_study(
    folder: Path, series: Sequence[tuple[SeriesProtocol, Volume]], identity: StudyIdentity
) -> tuple[tuple[Path, ...], ...]:
    """Write every slice of every series to its own file, ``folder/0001/00001.dcm`` and so on.

    Args:
        folder: Made if missing.
        series: Protocol and image (uint16, (slice, row, column)), in order of acquisition.
        identity: Patient and study.

    Returns:
        For each series its files, in slice order.
    """
    return tuple(
        write_dicom_series(folder / f"{number:04d}", protocol, volume, identity, number)
        for number, (protocol, volume) in enumerate(series, start=1)
    )


def write_dicom_series(
    folder: Path, protocol: SeriesProtocol, volume: Volume, identity: StudyIdentity, number: int
) -> tuple[Path, ...]:
    """Write one series, a file for each slice.

    Args:
        folder: Of this series; made if missing.
        protocol: How it was acquired.
        volume: uint16, (slice, row, column), at most 4095.
        identity: Patient and study.
        number: Series number, from 1.

    Returns:
        The files, in slice order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    common = _series_dataset(protocol, volume, identity, number)
    files = []
    for index in range(volume.shape[0]):
        path = folder / f"{index + 1:05d}.dcm"
        dataset = _slice_dataset(common, volume, identity, number, index)
        dcmwrite(path, dataset, enforce_file_format=True)
        files.append(path)
    return tuple(files)


def _uid(identity: StudyIdentity, *parts: object) -> UID:
    name = "/".join(str(part) for part in (identity.key, identity.seed, *parts))
    return UID(f"2.25.{uuid.uuid5(_NAMESPACE, name).int}")


def _series_dataset(
    protocol: SeriesProtocol, volume: Volume, identity: StudyIdentity, number: int
) -> Dataset:
    elements = {
        **_patient_and_study(identity),
        **_series_and_equipment(protocol, identity, number),
        **sequence_elements(protocol),
        **contrast_elements(protocol),
        **_pixel_elements(volume),
    }
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def _patient_and_study(identity: StudyIdentity) -> dict[str, object]:
    return {
        "SpecificCharacterSet": "ISO_IR 100",
        "PatientName": f"PHANTOM^{identity.key}",
        "PatientID": identity.patient_id,
        "PatientBirthDate": "",
        "PatientSex": identity.sex,
        "PatientAge": f"{identity.age_years:03d}Y",
        "PatientIdentityRemoved": "YES",
        "DeidentificationMethod": "Simulated by SpineMets: no person was imaged",
        "StudyInstanceUID": _uid(identity, "study"),
        "StudyID": "1",
        "StudyDate": identity.date,
        "StudyTime": _clock(_FIRST_SERIES_SECOND),
        "StudyDescription": "SIMULATED MRI SPINE",
        "AccessionNumber": "",
        "ReferringPhysicianName": "",
    }


def _series_and_equipment(
    protocol: SeriesProtocol, identity: StudyIdentity, number: int
) -> dict[str, object]:
    start = _clock(_FIRST_SERIES_SECOND + number * _SECONDS_PER_SERIES)
    return {
        "Modality": "MR",
        "SeriesInstanceUID": _uid(identity, "series", number),
        "SeriesNumber": number,
        "SeriesDescription": describe(protocol, identity),
        "ProtocolName": vendor_description(protocol),
        "SeriesDate": identity.date,
        "SeriesTime": start,
        "AcquisitionDate": identity.date,
        "AcquisitionTime": start,
        "ContentDate": identity.date,
        "ContentTime": start,
        "AcquisitionNumber": 1,
        "BodyPartExamined": _BODY_PART[protocol.station],
        "PatientPosition": "HFS",
        "FrameOfReferenceUID": _uid(identity, "frame of reference"),
        "PositionReferenceIndicator": "",
        "Manufacturer": protocol.vendor.value,
        "ManufacturerModelName": "SpineMets digital spine",
        "SoftwareVersions": "simulated",
    }


def _pixel_elements(volume: Volume) -> dict[str, object]:
    rows, columns = volume.shape[1:]
    _, row_spacing, column_spacing = volume.spacing_mm
    bright = int(np.percentile(volume.array, 99.0))
    return {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": rows,
        "Columns": columns,
        "PixelSpacing": [_decimal(row_spacing), _decimal(column_spacing)],
        "ImageOrientationPatient": _orientation(volume.affine_ras),
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "WindowCenter": bright // 2,
        "WindowWidth": max(bright, 2),
        "BurnedInAnnotation": "NO",
    }


def _slice_dataset(
    common: Dataset, volume: Volume, identity: StudyIdentity, number: int, index: int
) -> Dataset:
    dataset = Dataset()
    dataset.update(common)
    position = (volume.affine_ras @ (index, 0.0, 0.0, 1.0))[:3] * _RAS_TO_LPS
    normal = volume.affine_ras[:3, 0] / volume.spacing_mm[0] * _RAS_TO_LPS
    dataset.SOPClassUID = MRImageStorage
    dataset.SOPInstanceUID = _uid(identity, "series", number, "slice", index)
    dataset.InstanceNumber = index + 1
    dataset.ImagePositionPatient = [_decimal(value) for value in position]
    dataset.SliceLocation = _decimal(float(position @ normal))
    pixels = np.ascontiguousarray(volume.array[index], dtype="<u2")
    dataset.SmallestImagePixelValue = int(pixels.min())
    dataset.LargestImagePixelValue = int(pixels.max())
    dataset.PixelData = pixels.tobytes()
    dataset.file_meta = _file_meta(dataset.SOPInstanceUID)
    return dataset


def _file_meta(sop_instance_uid: UID) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = sop_instance_uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    # Ours, so that the bytes do not change with pydicom's version.
    meta.ImplementationClassUID = UID(f"2.25.{_NAMESPACE.int}")
    meta.ImplementationVersionName = "SPINEMETS"
    return meta


def _orientation(affine_ras: npt.NDArray[np.float64]) -> list[str]:
    # DICOM names the direction of growing column index first, then that of growing row index.
    directions = affine_ras[:3, [2, 1]] / np.linalg.norm(affine_ras[:3, [2, 1]], axis=0)
    return [_decimal(value) for value in (directions.T * _RAS_TO_LPS).ravel()]


def _decimal(value: float) -> str:
    """A DICOM decimal string: at most 16 characters."""
    text = f"{value:.10f}"[:16].rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _clock(second: int) -> str:
    return f"{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}"
