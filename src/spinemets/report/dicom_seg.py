"""Masks of a station as a multi-segment DICOM segmentation on the frames of its source series."""

import hashlib
import logging
from copy import deepcopy
from pathlib import Path

import numpy as np
from highdicom.seg import Segmentation
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from spinemets.errors import GeometryError
from spinemets.inference.records import StationImages, StudyResult
from spinemets.report.dicom_codes import coding_schemes
from spinemets.report.dicom_identity import IdentityPolicy, derived_uid, seal, stamp_of
from spinemets.report.dicom_output import CHARACTER_SET, MANUFACTURER, MODEL, write_dataset
from spinemets.report.dicom_segments import Segment, description, segments_of
from spinemets.report.dicom_source import SourceImages, read_source, stand_in_index
from spinemets.volume import Volume

_LOGGER = logging.getLogger(__name__)

# Series numbers far from those of a scanner.
_FIRST_SERIES_NUMBER = 9001


def write_seg(
    images: StationImages,
    result: StudyResult,
    path: Path,
    identity: IdentityPolicy = IdentityPolicy.SOURCE,
) -> None:
    """Write anatomy and lesions of a station as a DICOM segmentation (binary, empty frames left out).

    A segment is written for each class of anatomy and each lesion that occurs; where none does, no file is
    written, and a warning is logged. Frames keep place, orientation and spacing of the source's, refer to
    them one by one, and follow each other along the normal of the slices. The same input gives the same
    bytes.

    Args:
        images: Masks (slice, row, column) on the grid of a series that was read from DICOM.
        result: Of the study: what lesions are, and what drew them.
        path: The file.
        identity: Whether the file names the patient of the source or the pseudonym.

    Raises:
        StudyError: If the series was not read from DICOM.
        UnreadableFileError: If one of its files is gone.
        GeometryError: If masks or files are not on the grid of the series.
    """
    source = read_source(images.reference)
    for volume in (images.anatomy, images.lesions):
        _check_grid(volume, source)
    segments = segments_of(images, result)
    if not segments:
        _LOGGER.warning("%s, %s: nothing was found, so no DICOM SEG is written", result.study, images.name)
        return
    segmentation = _segmentation(source, segments, result, images.name, identity)
    write_dataset(segmentation, path)


def _segmentation(
    source: SourceImages,
    segments: tuple[Segment, ...],
    result: StudyResult,
    station: str,
    identity: IdentityPolicy,
) -> Segmentation:
    digest = _digest(source, segments, result, station, identity)
    provenance, stamp = result.provenance, stamp_of(source.header, identity)
    segmentation = Segmentation(
        source_images=source.stand_ins(),
        pixel_array=np.stack([each.mask for each in segments], axis=-1),
        segmentation_type="BINARY",
        segment_descriptions=[
            description(number, each, provenance) for number, each in enumerate(segments, start=1)
        ],
        series_instance_uid=derived_uid("seg series", digest),
        series_number=_series_number(result, station),
        sop_instance_uid=derived_uid("seg instance", digest),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MODEL,
        software_versions=provenance.spinemets_version,
        device_serial_number=provenance.config_sha256[:16] or "none",
        content_label="SPINEMETS",
        content_description="Anatomy and lesions, research use only",
        series_description=f"SpineMets masks, {station}"[:64],
        transfer_syntax_uid=ExplicitVRLittleEndian,
        specific_character_set=CHARACTER_SET,
        content_date=stamp.date,
        content_time=stamp.time,
        coding_schemes=coding_schemes(),
    )
    _point_to_source(segmentation, source)
    _fix_dimension_uid(segmentation, str(derived_uid("dimensions", digest)))
    seal(segmentation, source.header, identity, result.patient)
    return segmentation


def _check_grid(volume: Volume, source: SourceImages) -> None:
    series = source.series
    grid = Volume(np.broadcast_to(np.uint8(0), series.shape), series.affine_ras)
    if not volume.has_grid_of(grid, tolerance_mm=1e-2):
        raise GeometryError(f"masks are not on the grid of series {series.key}")


def _digest(
    source: SourceImages,
    segments: tuple[Segment, ...],
    result: StudyResult,
    station: str,
    identity: IdentityPolicy,
) -> str:
    digest = hashlib.sha256()
    for text in (source.series_instance_uid, station, identity, result.patient, repr(result.provenance)):
        digest.update(text.encode() + b"\0")
    for segment in segments:
        digest.update(segment.label.encode() + np.packbits(segment.mask).tobytes())
    return digest.hexdigest()


def _series_number(result: StudyResult, station: str) -> int:
    names = [each.name for each in result.stations]
    return _FIRST_SERIES_NUMBER + (names.index(station) if station in names else len(names))


def _point_to_source(segmentation: Segmentation, source: SourceImages) -> None:
    """Replace references to the stand-ins by references to the source's instances and frames."""
    for frame in segmentation.PerFrameFunctionalGroupsSequence:
        for derivation in frame.DerivationImageSequence:
            derivation.SourceImageSequence = [
                _pointed(stand_in, source) for stand_in in derivation.SourceImageSequence
            ]
    segmentation.SourceImageSequence = [_reference(instance) for instance in source.instances()]
    series = Dataset()
    series.SeriesInstanceUID = source.series_instance_uid
    series.ReferencedInstanceSequence = [_reference(instance) for instance in source.instances()]
    segmentation.ReferencedSeriesSequence = [series]


def _pointed(stand_in: Dataset, source: SourceImages) -> Dataset:
    # A copy, because frames of several segments share the item.
    reference = deepcopy(stand_in)
    origin = source.slices[stand_in_index(stand_in.ReferencedSOPInstanceUID)]
    reference.ReferencedSOPClassUID = origin.sop_class_uid
    reference.ReferencedSOPInstanceUID = origin.sop_instance_uid
    if origin.frame_number is not None:
        reference.ReferencedFrameNumber = origin.frame_number
    return reference


def _reference(instance: Dataset) -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID = instance.SOPClassUID
    reference.ReferencedSOPInstanceUID = instance.SOPInstanceUID
    return reference


def _fix_dimension_uid(segmentation: Segmentation, uid: str) -> None:
    """The library draws this UID at random."""
    for item in (*segmentation.DimensionOrganizationSequence, *segmentation.DimensionIndexSequence):
        item.DimensionOrganizationUID = uid
