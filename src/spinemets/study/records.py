"""What is known of a study and its series before any pixel is read."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt


class Plane(StrEnum):
    """Orientation of a series' slices."""

    SAGITTAL = "sagittal"
    AXIAL = "axial"
    CORONAL = "coronal"
    OBLIQUE = "oblique"


class Weighting(StrEnum):
    """What the contrast of a series shows."""

    T1 = "T1"
    T2 = "T2"
    STIR = "STIR"
    T2_FS = "T2-FS"
    T1_GD = "T1+Gd"
    DIXON_IN = "Dixon-in"
    DIXON_OPPOSED = "Dixon-opposed"
    DIXON_WATER = "Dixon-water"
    DIXON_FAT = "Dixon-fat"
    DWI = "DWI"
    ADC = "ADC"
    CT = "CT"
    OTHER = "other"


class Evidence(StrEnum):
    """What a judgement of weighting rests on, most trusted first."""

    OVERRIDE = "override"
    PARAMETERS = "parameters"
    DESCRIPTION = "description"
    FILE_NAME = "file name"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class WeightingJudgement:
    """A weighting with what it rests on; ``reason`` is a sentence for the person who checks it."""

    weighting: Weighting
    evidence: Evidence
    reason: str


@dataclass(frozen=True, slots=True)
class AcquisitionParameters:
    """Header facts that weighting is judged from; None or empty where the header is silent.

    Texts are as the scanner wrote them. Multi-valued DICOM elements are tuples. ``acquisition_type``
    is MR Acquisition Type: ``2D`` or ``3D``.
    """

    modality: str = ""
    manufacturer: str = ""
    field_strength_t: float | None = None
    series_description: str = ""
    protocol_name: str = ""
    sequence_name: str = ""
    body_part: str = ""
    image_type: tuple[str, ...] = ()
    scanning_sequence: tuple[str, ...] = ()
    sequence_variant: tuple[str, ...] = ()
    scan_options: tuple[str, ...] = ()
    repetition_time_ms: float | None = None
    echo_time_ms: float | None = None
    inversion_time_ms: float | None = None
    flip_angle_deg: float | None = None
    echo_train_length: int | None = None
    b_value_s_mm2: float | None = None
    contrast_agent: str = ""
    spectrally_selected_suppression: str = ""
    complex_image_component: str = ""
    in_plane_phase_encoding: str = ""
    acquisition_type: str = ""


@dataclass(frozen=True, slots=True)
class DicomFrame:
    """One slice in a DICOM file; ``frame_index`` is 0 in a single-frame file."""

    path: Path
    frame_index: int
    sop_instance_uid: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DicomSource:
    """The frames of a series, in slice order: frame k is slice k of the volume."""

    frames: tuple[DicomFrame, ...]
    series_instance_uid: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FileSource:
    """A NIfTI or MetaImage file that holds a whole series."""

    path: Path


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One geometrically sound stack of slices.

    Args:
        key: Name within the study, stable over runs, safe as a file name, free of identifiers.
        plane: Orientation of the slices, from geometry.
        weighting: What the contrast shows, with the reason.
        parameters: The header facts.
        shape: Voxels as (slice, row, column).
        affine_ras: 4 x 4, index (slice, row, column) to RAS millimetres.
        slice_thickness_mm: Thickness of the excited slice; None where the header is silent.
        source: Where the pixels are.
        frame_of_reference: Series with equal values share scanner coordinates; "" where unknown.
        warnings: What is unusual, in sentences.
        number: Series Number of the header; None where there is none.
    """

    key: str
    plane: Plane
    weighting: WeightingJudgement
    parameters: AcquisitionParameters
    shape: tuple[int, int, int]
    affine_ras: npt.NDArray[np.float64]
    slice_thickness_mm: float | None
    source: DicomSource | FileSource
    frame_of_reference: str = ""
    warnings: tuple[str, ...] = ()
    number: int | None = None

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between voxel centres along (slice, row, column)."""
        i, j, k = np.linalg.norm(self.affine_ras[:3, :3], axis=0)
        return float(i), float(j), float(k)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in an archive that could not be used, and was left out."""

    path: Path
    kind: str
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """One visit of one patient.

    Args:
        key: Name of the study in every output: a keyed pseudonym, or the folder's name for NIfTI.
        patient_key: The same for the patient, so that prior studies can be matched.
        series: In acquisition order where known.
        problems: Files that were left out, and why.
        study_date: ISO date, only for ordering visits; never written to an output.
        folder: The innermost folder that holds all its files, where the user's word on it is looked for.
        visit: Number among the patient's visits, where a layout tells it; counts where dates are missing.
    """

    key: str
    patient_key: str
    series: tuple[Series, ...]
    problems: tuple[Problem, ...] = ()
    study_date: str | None = field(default=None, repr=False)
    folder: Path | None = field(default=None, repr=False)
    visit: int | None = None
