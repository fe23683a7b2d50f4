"""Whom a DICOM output names, and the UIDs and times that make its bytes the same for the same input."""

import hashlib
import re
import uuid
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum

from pydicom.dataset import Dataset
from pydicom.uid import UID

# A name space of our own, from which every UID follows (RFC 4122, version 5).
_NAMESPACE = uuid.UUID("0c0f2f0b-6f0a-5d6a-8c77-3f0d5b1f4a27")

# The Patient and General Study modules (DICOM PS3.3, C.7.1.1 and C.7.2.1), as far as an archive files by
# them. Nothing else of the source that tells of the patient is copied.
_PATIENT = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "TypeOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
)
_STUDY = (
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "IssuerOfAccessionNumberSequence",
    "ReferringPhysicianName",
    "StudyDescription",
)
# What is lost by lossy compression stays lost, and every image that follows has to say so.
LOSSY = ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod")
# What is kept of a source's header: the above, what dates the content, and what names the coordinates.
KEPT = (
    *_PATIENT,
    *_STUDY,
    *("SpecificCharacterSet", "StudyInstanceUID", "SeriesDate", "SeriesTime", "Modality"),
    "FrameOfReferenceUID",
    *LOSSY,
)
# Present in every output, empty where nothing is known.
REQUIRED = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName"),
)
# Content dates must be given; where none may be told it is this one.
_NO_DATE, _NO_TIME = "19000101", "000000"


class IdentityPolicy(StrEnum):
    """Whose name DICOM outputs carry."""

    SOURCE = "source"
    PSEUDONYM = "pseudonym"


@dataclass(frozen=True, slots=True)
class Stamp:
    """Date and time of the content, DICOM's DA and TM."""

    date: str
    time: str


def derived_uid(*parts: object) -> UID:
    """A UID that follows from the parts alone."""
    digest = hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()
    return UID(f"2.25.{uuid.uuid5(_NAMESPACE, digest).int}")


def stamp_of(header: Dataset, identity: IdentityPolicy) -> Stamp:
    """The time of the source series, which stands for that of the content: a clock would change the bytes."""
    if identity is IdentityPolicy.PSEUDONYM:
        return Stamp(_NO_DATE, _NO_TIME)
    dates = (str(header.get(key) or "") for key in ("SeriesDate", "StudyDate"))
    date = next((each for each in dates if re.fullmatch(r"\d{8}", each)), "")
    time = str(header.get("SeriesTime") or "")
    if not date:
        return Stamp(_NO_DATE, _NO_TIME)
    return Stamp(date, time if re.fullmatch(r"\d{6}(\.\d{1,6})?", time) else _NO_TIME)


def seal(dataset: Dataset, header: Dataset, identity: IdentityPolicy, pseudonym: str) -> None:
    """Give an output its patient and study, and take every trace of the clock out of it.

    Values are copied as they stand, valid or not: the archive files by them.

    Args:
        dataset: The output; changed.
        header: Of the source, decoded.
        identity: Whose name it carries.
        pseudonym: The patient's, for ``IdentityPolicy.PSEUDONYM``.
    """
    for keyword in (*_PATIENT, *_STUDY):
        if keyword in dataset:
            del dataset[keyword]
    if identity is IdentityPolicy.SOURCE:
        _copy_identity(dataset, header)
    else:
        dataset.PatientName = dataset.PatientID = pseudonym
        dataset.PatientIdentityRemoved = "YES"
        dataset.DeidentificationMethod = "Patient named by pseudonym; UIDs are those of the source"
    for keyword in REQUIRED:
        if keyword not in dataset:
            setattr(dataset, keyword, "")
    _stop_clocks(dataset, stamp_of(header, identity))


def _copy_identity(dataset: Dataset, header: Dataset) -> None:
    for keyword in (*_PATIENT, *_STUDY):
        if keyword in header:
            dataset.add(deepcopy(header[keyword]))


def _stop_clocks(dataset: Dataset, stamp: Stamp) -> None:
    dataset.InstanceCreationDate = dataset.ContentDate = stamp.date
    dataset.InstanceCreationTime = dataset.ContentTime = stamp.time
    for equipment in dataset.get("ContributingEquipmentSequence", ()):
        if "ContributionDateTime" in equipment:
            del equipment.ContributionDateTime
