"""What is kept of each slice of an archive while it is being sorted into series."""

from dataclasses import dataclass, field

from spinemets.study.records import AcquisitionParameters

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What all slices of one series share; texts are as in the header, "" where it is silent.

    Args:
        patient_id: Patient ID with its issuer.
        study_uid: Study Instance UID.
        series_uid: Series Instance UID.
        frame_of_reference_uid: Slices with equal values share scanner coordinates.
        number: Series Number.
        started: Series Date and Time as ``YYYYMMDDHHMMSS.ffffff``, to order series by.
        study_date: Study Date as ``YYYYMMDD``.
    """

    patient_id: str = field(repr=False)
    study_uid: str = field(repr=False)
    series_uid: str = field(repr=False)
    frame_of_reference_uid: str = field(default="", repr=False)
    number: int | None = None
    started: str = field(default="", repr=False)
    study_date: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SliceGrid:
    """The pixels of a slice and how they are turned, in DICOM's LPS.

    Args:
        rows: Number of rows.
        columns: Number of columns.
        row_spacing_mm: Distance between the centres of neighbouring rows.
        column_spacing_mm: Distance between the centres of neighbouring columns.
        along_row_lps: Unit vector in which the column index grows.
        along_column_lps: Unit vector in which the row index grows.
        thickness_mm: Slice Thickness; None where the header is silent.
        spacing_between_slices_mm: As the header says; not to be trusted.
        letters: Patient Orientation, in which rows and columns grow, such as ``("P", "F")``; empty where
            the header is silent.
    """

    rows: int
    columns: int
    row_spacing_mm: float
    column_spacing_mm: float
    along_row_lps: Vector
    along_column_lps: Vector
    thickness_mm: float | None = None
    spacing_between_slices_mm: float | None = None
    letters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repetition:
    """What tells images at one place apart, besides the acquisition parameters; None where not said.

    Args:
        echo_number: Echo Number(s).
        temporal_position: Temporal Position Identifier or Index.
        acquisition_number: Acquisition Number.
        trigger_time_ms: Trigger Time or Nominal Cardiac Trigger Delay Time.
        gradient_direction: Diffusion Gradient Orientation, rounded; empty where not said.
        stack_id: Stack ID of an enhanced image.
        dimension_index: Dimension Index Values of an enhanced image, without those of the position.
    """

    echo_number: int | None = None
    temporal_position: int | None = None
    acquisition_number: int | None = None
    trigger_time_ms: float | None = None
    gradient_direction: tuple[float, ...] = ()
    stack_id: str = ""
    dimension_index: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SliceRecord:
    """One slice. Facts are shared between slices, so that a record stays below one kilobyte.

    Args:
        path: The file.
        frame_index: Counted from 0; 0 in a single-frame file.
        sop_instance_uid: SOP Instance UID; the path where the header has none.
        instance_number: Instance Number; 0 where there is none.
        position_lps: Centre of the first pixel, mm.
        grid: Pixels and their orientation.
        facts: The series.
        parameters: The header facts that weighting is judged from.
        repetition: What tells it from other images at its place.
    """

    path: str
    frame_index: int
    sop_instance_uid: str = field(repr=False)
    instance_number: int
    position_lps: Vector
    grid: SliceGrid
    facts: SeriesFacts
    parameters: AcquisitionParameters
    repetition: Repetition


@dataclass(frozen=True, slots=True)
class LeftOutFile:
    """A file that is not read, and why.

    Args:
        path: The file.
        kind: The error's type, or ``left out`` for an image that is sound but serves no purpose.
        message: A sentence, free of identifiers.
        facts: Its series; None where the header does not tell.
    """

    path: str
    kind: str
    message: str
    facts: SeriesFacts | None = None


LEFT_OUT = "left out"

FileContent = tuple[SliceRecord, ...] | LeftOutFile
