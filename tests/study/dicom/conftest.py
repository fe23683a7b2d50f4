"""Writes small DICOM series whose voxels tell where in the patient they lie."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from pydicom import config
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    generate_uid,
)

from spinemets.study.archive import ArchiveSettings, read_dicom_studies
from spinemets.study.pseudonym import PseudonymKey
from spinemets.study.records import Series, Study
from spinemets.study.slice_record import Vector

SAGITTAL = ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0))
AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
CORONAL = ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0))

# Stored values are hundredths of this linear function of the place, so that every voxel knows its own.
_WEIGHTS_LPS = np.array([0.31, 0.57, 0.83])
_OFFSET = 200.0
_SLOPE, _INTERCEPT = 0.01, 5.0


def value_at_ras(points_ras: np.ndarray) -> np.ndarray:
    """The value that a voxel at RAS (..., 3) has in every series written here."""
    return points_ras @ (_WEIGHTS_LPS * [-1, -1, 1]) + _OFFSET


def uid(name: str) -> str:
    """A UID that is the same for the same name."""
    return str(generate_uid(entropy_srcs=[name]))


@dataclass
class SeriesPlan:
    """A series to write; ``change`` may alter the data set of slice k before it is written."""

    slices: int = 5
    rows: int = 6
    columns: int = 5
    directions: tuple[Vector, Vector] = SAGITTAL
    origin_lps: Vector = (-10.0, -20.0, 30.0)
    step_mm: float = 4.0
    spacing_mm: tuple[float, float] = (0.75, 0.5)
    thickness_mm: float = 3.5
    series: str = "series"
    study: str = "study"
    patient: str = "patient"
    number: int = 3
    first_instance: int = 1
    transfer_syntax: str = ExplicitVRLittleEndian
    elements: dict[str, object] = field(default_factory=dict)
    change: Callable[[Dataset, int], object] | None = None

    @property
    def normal(self) -> np.ndarray:
        return np.cross(*self.directions)

    def position_lps(self, k: int) -> np.ndarray:
        return np.asarray(self.origin_lps) + k * self.step_mm * self.normal

    def pixels(self, position_lps: Sequence[float]) -> np.ndarray:
        """Stored values of a slice at a position."""
        row, column = np.meshgrid(np.arange(self.rows), np.arange(self.columns), indexing="ij")
        along_row, along_column = map(np.asarray, self.directions)
        points = np.asarray(position_lps, float) + (
            row[..., None] * self.spacing_mm[0] * along_column
            + column[..., None] * self.spacing_mm[1] * along_row
        )
        values = points @ _WEIGHTS_LPS + _OFFSET
        return np.round((values - _INTERCEPT) / _SLOPE).astype(np.uint16)


def _common(plan: SeriesPlan, sop_class: str, sop: str) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, uid(sop)
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = uid(plan.study), uid(plan.study + plan.series)
    dataset.FrameOfReferenceUID = uid(plan.study + "frame")
    dataset.PatientID, dataset.PatientName = plan.patient, "Planted^Name"
    dataset.StudyDate, dataset.SeriesDate, dataset.SeriesTime = "20260102", "20260102", f"{plan.number:06d}"
    dataset.Modality, dataset.Manufacturer = "MR", "SIEMENS"
    dataset.SeriesNumber, dataset.SeriesDescription = plan.number, "t2_tse_sag"
    dataset.Rows, dataset.Columns = plan.rows, plan.columns
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation, dataset.SamplesPerPixel = 0, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    return dataset


@config.disable_value_validation()
def slice_dataset(plan: SeriesPlan, k: int) -> Dataset:
    """Slice k of a classic series; nonsense is written as asked for."""
    dataset = _common(plan, MRImageStorage, f"{plan.study}{plan.series}{k}")
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    dataset.ScanningSequence, dataset.SequenceVariant = "SE", "SK"
    dataset.RepetitionTime, dataset.EchoTime, dataset.FlipAngle = 3500, 100, 150
    dataset.InstanceNumber = plan.first_instance + k
    dataset.AcquisitionNumber = 1
    dataset.PixelSpacing = list(plan.spacing_mm)
    dataset.SliceThickness = plan.thickness_mm
    # Wrong on purpose: positions count.
    dataset.SpacingBetweenSlices = 99
    dataset.ImageOrientationPatient = [round(float(x), 12) for x in np.ravel(plan.directions)]
    dataset.ImagePositionPatient = [round(float(x), 9) for x in plan.position_lps(k)]
    dataset.RescaleSlope, dataset.RescaleIntercept = _SLOPE, _INTERCEPT
    for name, value in plan.elements.items():
        setattr(dataset, name, value)
    if plan.change is not None:
        plan.change(dataset, k)
    if "PixelData" not in dataset:
        place = [float(x) for x in dataset.get("ImagePositionPatient") or plan.origin_lps]
        usable = place if len(place) == 3 and np.isfinite(place).all() else plan.origin_lps
        dataset.PixelData = plan.pixels(usable).tobytes()
    return dataset


@config.disable_value_validation()
def save(dataset: Dataset, path: Path, transfer_syntax: str = ExplicitVRLittleEndian) -> Path:
    """Write a data set as a DICOM file, compressed if the transfer syntax says so."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta = meta
    if UID(transfer_syntax).is_compressed and not UID(transfer_syntax).is_deflated:
        dataset.compress(transfer_syntax, generate_instance_uid=False)
    else:
        meta.TransferSyntaxUID = UID(transfer_syntax)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def write_series(folder: Path, plan: SeriesPlan) -> list[Path]:
    """Write a classic series, a file for each slice, without suffixes."""
    return [
        save(slice_dataset(plan, k), folder / f"{plan.series}{k:04d}", plan.transfer_syntax)
        for k in range(plan.slices)
    ]


@dataclass
class FramePlan:
    """A frame of an enhanced image: where it lies and what is special about it."""

    k: int
    groups: dict[str, dict[str, object]] = field(default_factory=dict)


def _item(**elements: object) -> list[Dataset]:
    dataset = Dataset()
    for name, value in elements.items():
        setattr(dataset, name, value)
    return [dataset]


@config.disable_value_validation()
def enhanced_dataset(plan: SeriesPlan, frames: Sequence[FramePlan]) -> Dataset:
    """An enhanced MR image with plane orientation and pixel measures shared, the rest per frame."""
    dataset = _common(plan, EnhancedMRImageStorage, f"{plan.study}{plan.series}")
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "SPINE", "NONE"]
    dataset.InstanceNumber, dataset.NumberOfFrames = 1, len(frames)
    dataset.EchoPulseSequence, dataset.PulseSequenceName = "SPIN", "tse"
    dataset.MRAcquisitionType = "2D"
    shared = Dataset()
    shared.PixelMeasuresSequence = _item(
        PixelSpacing=list(plan.spacing_mm), SliceThickness=plan.thickness_mm, SpacingBetweenSlices=99
    )
    shared.PlaneOrientationSequence = _item(
        ImageOrientationPatient=[round(float(x), 12) for x in np.ravel(plan.directions)]
    )
    shared.MRTimingAndRelatedParametersSequence = _item(
        RepetitionTime=3500.0, FlipAngle=150.0, RFEchoTrainLength=17, GradientEchoTrainLength=0
    )
    shared.MREchoSequence = _item(EffectiveEchoTime=100.0)
    shared.PixelValueTransformationSequence = _item(
        RescaleSlope=_SLOPE, RescaleIntercept=_INTERCEPT, RescaleType="US"
    )
    dataset.SharedFunctionalGroupsSequence = [shared]
    per_frame = []
    pixels = []
    for frame in frames:
        groups = Dataset()
        position = [round(float(x), 9) for x in plan.position_lps(frame.k)]
        groups.PlanePositionSequence = _item(ImagePositionPatient=position)
        for name, elements in frame.groups.items():
            setattr(groups, name, _item(**elements))
        per_frame.append(groups)
        pixels.append(plan.pixels(position))
    dataset.PerFrameFunctionalGroupsSequence = per_frame
    for name, value in plan.elements.items():
        setattr(dataset, name, value)
    if plan.change is not None:
        plan.change(dataset, 0)
    dataset.PixelData = np.stack(pixels).tobytes()
    return dataset


@dataclass(frozen=True)
class Dicom:
    """What tests need to write series and read them back."""

    folder: Path
    Plan: type[SeriesPlan] = SeriesPlan
    Frame: type[FramePlan] = FramePlan
    settings: ArchiveSettings = field(
        default_factory=lambda: ArchiveSettings(PseudonymKey.from_text("a secret of tests"), 2**20, 8, 1)
    )

    def write(self, folder: str = ".", **plan: object) -> list[Path]:
        return write_series(self.folder / folder, SeriesPlan(**plan))

    def write_enhanced(self, frames: Sequence[FramePlan], name: str = "enhanced", **plan: object) -> Path:
        made = SeriesPlan(**plan)
        return save(enhanced_dataset(made, frames), self.folder / name, made.transfer_syntax)

    def dataset(self, k: int = 0, **plan: object) -> Dataset:
        return slice_dataset(SeriesPlan(**plan), k)

    def save(self, dataset: Dataset, name: str, transfer_syntax: str = ExplicitVRLittleEndian) -> Path:
        return save(dataset, self.folder / name, transfer_syntax)

    def studies(self, settings: ArchiveSettings | None = None) -> list[Study]:
        return list(read_dicom_studies(self.folder, settings or self.settings))

    def study(self) -> Study:
        (study,) = self.studies()
        return study

    def series(self) -> tuple[Series, ...]:
        return self.study().series

    def one_series(self) -> Series:
        (series,) = self.series()
        return series

    def expected(self, series: Series) -> np.ndarray:
        """Values that the voxels of a series must have, by where its affine says that they lie."""
        index = np.stack(np.meshgrid(*map(np.arange, series.shape), indexing="ij"), axis=-1)
        return value_at_ras(index @ series.affine_ras[:3, :3].T + series.affine_ras[:3, 3])


@pytest.fixture
def dicom(tmp_path: Path) -> Dicom:
    """A folder for DICOM files and the means to fill it."""
    folder = tmp_path / "archive"
    folder.mkdir()
    return Dicom(folder)
