"""The result of a study as a DICOM structured report, TID 1500, beside its images and segmentations."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pydicom
from highdicom.sr import (
    ComprehensiveSR,
    DeviceObserverIdentifyingAttributes,
    MeasurementReport,
    ObservationContext,
    ObserverContext,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from spinemets.errors import StudyError
from spinemets.inference.records import StationImages, StudyResult
from spinemets.report.dicom_codes import coding_schemes
from spinemets.report.dicom_identity import IdentityPolicy, derived_uid, seal, stamp_of
from spinemets.report.dicom_output import CHARACTER_SET, MANUFACTURER, MODEL, write_dataset
from spinemets.report.dicom_source import SourceImages, read_source
from spinemets.report.dicom_sr_groups import (
    Group,
    SegmentReference,
    StationReferences,
    lesion_group,
    level_group,
    study_group,
)
from spinemets.study.records import DicomSource

_SERIES_NUMBER = 9000
_NOTHING = StationReferences(None, {})


def write_sr(
    result: StudyResult,
    stations: tuple[StationImages, ...],
    path: Path,
    segmentations: Mapping[str, Path] | None = None,
    identity: IdentityPolicy = IdentityPolicy.SOURCE,
) -> None:
    """Write a structured report: a group for the study, for each involved level and for each lesion.

    It is preliminary and unverified. The same input gives the same bytes.

    Args:
        result: Of the study.
        stations: Of the result; those that were not read from DICOM are reported without references.
        path: The file.
        segmentations: Files that ``dicom_seg.write_seg`` wrote, by name of station: lesions refer to
            their segments. A file that is not there, because nothing was found, is left out.
        identity: As for the segmentations: whether the report names the patient of the source.

    Raises:
        StudyError: If no station was read from DICOM.
        UnreadableFileError: If one of its files is gone.
        GeometryError: If a slice is no longer where it was.
    """
    sources = {
        each.name: read_source(each.reference)
        for each in stations
        if isinstance(each.reference.source, DicomSource)
    }
    if not sources:
        raise StudyError(
            f"no station of {result.study} was read from DICOM", remedy="a DICOM report needs DICOM input"
        )
    files = segmentations or {}
    written = {name: _header(files[name]) for name in sources if name in files and files[name].exists()}
    report = _report(result, sources, written, identity)
    write_dataset(report, path)


def _report(
    result: StudyResult,
    sources: Mapping[str, SourceImages],
    written: Mapping[str, Dataset],
    identity: IdentityPolicy,
) -> ComprehensiveSR:
    first = next(iter(sources.values()))
    digest = _digest(result, sources, written, identity)
    references = {
        name: StationReferences(source, _segments(written.get(name))) for name, source in sources.items()
    }
    stamp = stamp_of(first.header, identity)
    report = ComprehensiveSR(
        evidence=[
            *(instance for source in sources.values() for instance in source.instances()),
            *written.values(),
        ],
        content=_content(result, first, _groups(result, references, digest)),
        series_instance_uid=derived_uid("sr series", digest),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=derived_uid("sr instance", digest),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MODEL,
        software_versions=result.provenance.spinemets_version,
        series_description="SpineMets measurements, research use only",
        is_complete=True,
        specific_character_set=CHARACTER_SET,
        content_date=stamp.date,
        content_time=stamp.time,
        coding_schemes=coding_schemes(),
    )
    seal(report, first.header, identity, result.patient)
    return report


def _content(result: StudyResult, source: SourceImages, groups: list[Group]) -> MeasurementReport:
    observer = DeviceObserverIdentifyingAttributes(
        uid=derived_uid("device", result.provenance.spinemets_version, result.provenance.config_sha256),
        name=MODEL,
        manufacturer_name=MANUFACTURER,
        model_name=MODEL,
    )
    is_ct = source.series.parameters.modality == "CT"
    procedure = codes.LN.CTUnspecifiedBodyRegion if is_ct else codes.LN.MRIUnspecifiedBodyRegion
    return MeasurementReport(
        observation_context=ObservationContext(ObserverContext(codes.DCM.Device, observer)),
        procedure_reported=procedure,
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )


def _groups(result: StudyResult, references: Mapping[str, StationReferences], root: str) -> list[Group]:
    levels = [
        level_group(each, result, references.get(each.station, _NOTHING), root) for each in result.levels
    ]
    lesions = [
        lesion_group(lesion, station.name, result, references.get(station.name, _NOTHING), root)
        for station in result.stations
        for lesion in station.findings.lesions
    ]
    return [study_group(result, root), *levels, *lesions]


def _header(path: Path) -> Dataset:
    return pydicom.dcmread(path, stop_before_pixels=True)


def _segments(segmentation: Dataset | None) -> dict[str, SegmentReference]:
    if segmentation is None:
        return {}
    return {
        str(each.TrackingID): SegmentReference(
            sop_class_uid=str(segmentation.SOPClassUID),
            sop_instance_uid=str(segmentation.SOPInstanceUID),
            number=int(each.SegmentNumber),
            tracking_uid=str(each.TrackingUID),
        )
        for each in segmentation.SegmentSequence
        if "TrackingID" in each
    }


def _digest(
    result: StudyResult,
    sources: Mapping[str, SourceImages],
    written: Mapping[str, Dataset],
    identity: IdentityPolicy,
) -> str:
    parts = [
        repr(result),
        str(identity),
        *(source.series_instance_uid for source in sources.values()),
        *(str(each.SOPInstanceUID) for each in written.values()),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
