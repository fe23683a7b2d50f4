"""The source series of a DICOM output: its header, and where each slice lies, classic and enhanced alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import UID, MRImageStorage
from pydicom.valuerep import format_number_as_ds

from spinemets.errors import GeometryError, StudyError, UnreadableFileError
from spinemets.report.dicom_identity import KEPT, LOSSY, REQUIRED, derived_uid
from spinemets.study.dicom_file import quiet_pydicom
from spinemets.study.enhanced_parameters import FrameGroups
from spinemets.study.header_values import first_item, items, numbers, text
from spinemets.study.records import DicomFrame, DicomSource, Series

_RAS_TO_LPS = np.array([-1.0, -1.0, 1.0])


@dataclass(frozen=True, slots=True)
class SourceSlice:
    """Where a slice of the volume comes from.

    Args:
        sop_class_uid, sop_instance_uid: Of its instance.
        frame_number: From 1, in an enhanced image; None in a classic one.
        position_lps_mm: Centre of the first pixel.
        orientation_lps: Directions in which the column index and the row index grow.
    """

    sop_class_uid: str
    sop_instance_uid: str
    frame_number: int | None
    position_lps_mm: tuple[float, ...]
    orientation_lps: tuple[float, ...]

    @property
    def frame_numbers(self) -> list[int] | None:
        """The frame as references have it."""
        return None if self.frame_number is None else [self.frame_number]


@dataclass(frozen=True, slots=True, eq=False)
class SourceImages:
    """A DICOM series that a volume was read from.

    Args:
        series: As it was listed.
        header: What is kept of the first slice's, texts decoded.
        slices: In slice order of the volume.
        series_instance_uid: Its.
    """

    series: Series
    header: Dataset
    slices: tuple[SourceSlice, ...]
    series_instance_uid: str

    @property
    def study_instance_uid(self) -> str:
        """Of its study."""
        return str(self.header.StudyInstanceUID)

    @property
    def frame_of_reference_uid(self) -> UID:
        """Its own; one made for the series where the header has none, which DICOM forbids."""
        found = self.header.get("FrameOfReferenceUID")
        return UID(found) if found else derived_uid("frame of reference", self.series_instance_uid)

    def stand_ins(self) -> list[Dataset]:
        """A classic image's header for each slice, in order, with its place and nothing of the patient.

        Instance UIDs are ``stand_in_uid(k)``: what points to them has to be pointed to the source.
        """
        return [self._stand_in(k) for k in range(len(self.slices))]

    def instances(self) -> list[Dataset]:
        """What names each instance of the series once, as the evidence of a report needs it."""
        by_uid = {each.sop_instance_uid: each for each in self.slices}
        return [self._named(each.sop_class_uid, uid) for uid, each in by_uid.items()]

    def _stand_in(self, k: int) -> Dataset:
        stand_in = self._named(MRImageStorage, stand_in_uid(k))
        thickness = self.series.slice_thickness_mm or self.series.spacing_mm[0]
        stand_in.Modality = str(self.header.get("Modality") or "OT")
        stand_in.Rows, stand_in.Columns = self.series.shape[1:]
        stand_in.FrameOfReferenceUID = self.frame_of_reference_uid
        stand_in.PixelSpacing = _decimals(self.series.spacing_mm[1:])
        stand_in.SliceThickness = _decimals([thickness])[0]
        stand_in.ImageOrientationPatient = _decimals(self.slices[0].orientation_lps)
        stand_in.ImagePositionPatient = _decimals(self.slices[k].position_lps_mm)
        for keyword in LOSSY:
            if keyword in self.header:
                stand_in.add(self.header[keyword])
        return stand_in

    def _named(self, sop_class_uid: str, sop_instance_uid: str) -> Dataset:
        dataset = Dataset()
        dataset.SOPClassUID, dataset.SOPInstanceUID = UID(sop_class_uid), UID(sop_instance_uid)
        dataset.StudyInstanceUID = UID(self.study_instance_uid)
        dataset.SeriesInstanceUID = UID(self.series_instance_uid)
        # Filled in when the output is sealed; until then nothing of it can be refused.
        for keyword in REQUIRED:
            setattr(dataset, keyword, "")
        return dataset


def stand_in_uid(k: int) -> str:
    """Instance UID of the stand-in for slice k."""
    return f"2.25.{k + 1}"


def stand_in_index(uid: str) -> int:
    """The slice that a stand-in's instance UID stands for."""
    return int(uid.rpartition(".")[2]) - 1


def read_source(series: Series) -> SourceImages:
    """The headers of a series that was read from DICOM.

    Raises:
        StudyError: If it was not.
        UnreadableFileError: If a file is gone or cannot be parsed.
        GeometryError: If a slice is no longer where it was when the series was listed.
    """
    if not isinstance(series.source, DicomSource):
        raise StudyError(
            f"series {series.key} was not read from DICOM",
            remedy="DICOM outputs need DICOM input; the other outputs do not",
        )
    frames = series.source.frames
    found: dict[DicomFrame, SourceSlice] = {}
    by_file = sorted(frames, key=lambda frame: (str(frame.path), frame.frame_index))
    for path, group in groupby(by_file, key=lambda frame: frame.path):
        found.update(_slices_of_file(_read_header(path), tuple(group)))
    slices = tuple(found[frame] for frame in frames)
    _check_places(series, slices)
    return SourceImages(series, _kept(frames[0].path), slices, series.source.series_instance_uid)


def _read_header(path: Path) -> Dataset:
    try:
        with quiet_pydicom():
            return pydicom.dcmread(path, force=True, stop_before_pixels=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UnreadableFileError(f"cannot be opened: {reason}", file=path) from None
    except Exception as error:  # a broken file makes pydicom raise almost anything
        raise UnreadableFileError(f"cannot be parsed ({type(error).__name__})", file=path) from None


def _kept(path: Path) -> Dataset:
    header, kept = _read_header(path), Dataset()
    # Values are kept as they stand, also those that DICOM forbids: an archive files by them.
    with quiet_pydicom():
        for keyword in KEPT:
            if keyword in header:
                kept.add(header[keyword])
        kept.decode()
    return kept


def _slices_of_file(
    header: Dataset, frames: Sequence[DicomFrame]
) -> Iterator[tuple[DicomFrame, SourceSlice]]:
    described = list(items(header, "PerFrameFunctionalGroupsSequence"))
    shared = first_item((header,), "SharedFunctionalGroupsSequence")
    sop_class_uid = text(header, "SOPClassUID")
    sop_instance_uid = text(header, "SOPInstanceUID")
    if not (sop_class_uid and sop_instance_uid):
        raise UnreadableFileError("names no instance, which references need", file=frames[0].path)
    for frame in frames:
        where = orientation = header
        if described:
            groups = FrameGroups(described[frame.frame_index], shared)
            where = groups.group("PlanePositionSequence")
            orientation = groups.group("PlaneOrientationSequence")
        yield (
            frame,
            SourceSlice(
                sop_class_uid=sop_class_uid,
                sop_instance_uid=sop_instance_uid,
                frame_number=frame.frame_index + 1 if described else None,
                position_lps_mm=numbers(where, "ImagePositionPatient"),
                orientation_lps=numbers(orientation, "ImageOrientationPatient"),
            ),
        )


def _check_places(series: Series, slices: Sequence[SourceSlice]) -> None:
    """Every slice must lie nearer to its place in the volume than half a step to the next."""
    index = np.zeros((len(slices), 4))
    index[:, 0], index[:, 3] = np.arange(len(slices)), 1.0
    expected = (index @ series.affine_ras.T)[:, :3] * _RAS_TO_LPS
    apart = np.linalg.norm(np.array([each.position_lps_mm for each in slices]) - expected, axis=1)
    # A comparison with not-a-number is false, so that a position that cannot be read is refused as well.
    if not (apart < series.spacing_mm[0] / 2.0).all():
        raise GeometryError(
            f"slices of series {series.key} are not where they were when it was listed",
            remedy="list the study again",
        )


def _decimals(values: Sequence[float]) -> list[str]:
    return [format_number_as_ds(float(value)) for value in values]
