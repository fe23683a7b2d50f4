"""What the header of a single-frame image says of its series, acquisition and grid."""

import math

from pydicom.dataset import Dataset

from spinemets.errors import GeometryError
from spinemets.study import header_tags as tags
from spinemets.study.header_values import number, numbers, text, texts, whole_number, whole_text
from spinemets.study.records import AcquisitionParameters
from spinemets.study.slice_record import Repetition, SeriesFacts, SliceGrid, Vector

# Writers round direction cosines to as few as three decimals; beyond that they describe no right angle.
_DIRECTION_TOLERANCE = 5e-3
# GE packs flags into the b value: 1000000800 stands for 800 s/mm2.
_GE_FLAGS = 100_000


def series_facts(elements: Dataset) -> SeriesFacts | None:
    """The series that an image belongs to; None if the header does not say."""
    study_uid, series_uid = text(elements, "StudyInstanceUID"), text(elements, "SeriesInstanceUID")
    if not study_uid or not series_uid:
        return None
    patient = "^".join(filter(None, (text(elements, "PatientID"), text(elements, "IssuerOfPatientID"))))
    return SeriesFacts(
        patient_id=patient,
        study_uid=study_uid,
        series_uid=series_uid,
        frame_of_reference_uid=text(elements, "FrameOfReferenceUID"),
        number=whole_number(elements, "SeriesNumber"),
        started=_started(elements),
        study_date=text(elements, "StudyDate"),
    )


def _started(elements: Dataset) -> str:
    day, time = text(elements, "SeriesDate"), text(elements, "SeriesTime")
    return f"{day}{time}" if day and time else ""


def acquisition_parameters(elements: Dataset) -> AcquisitionParameters:
    """The facts that weighting is judged from."""
    return AcquisitionParameters(
        modality=text(elements, "Modality").upper(),
        manufacturer=whole_text(elements, "Manufacturer"),
        field_strength_t=number(elements, "MagneticFieldStrength"),
        series_description=whole_text(elements, "SeriesDescription"),
        protocol_name=whole_text(elements, "ProtocolName"),
        sequence_name=whole_text(elements, "SequenceName"),
        body_part=whole_text(elements, "BodyPartExamined"),
        image_type=texts(elements, "ImageType"),
        scanning_sequence=texts(elements, "ScanningSequence"),
        sequence_variant=texts(elements, "SequenceVariant"),
        scan_options=texts(elements, "ScanOptions"),
        repetition_time_ms=number(elements, "RepetitionTime"),
        echo_time_ms=number(elements, "EchoTime"),
        inversion_time_ms=number(elements, "InversionTime"),
        flip_angle_deg=number(elements, "FlipAngle"),
        echo_train_length=whole_number(elements, "EchoTrainLength"),
        b_value_s_mm2=_b_value(elements),
        contrast_agent=whole_text(elements, "ContrastBolusAgent"),
        spectrally_selected_suppression=text(elements, "SpectrallySelectedSuppression"),
        complex_image_component=text(elements, "ComplexImageComponent"),
        in_plane_phase_encoding=text(elements, "InPlanePhaseEncodingDirection"),
        acquisition_type=text(elements, "MRAcquisitionType"),
    )


def _b_value(elements: Dataset) -> float | None:
    """Diffusion b-value (0018,9087), else the vendor's private element."""
    standard = number(elements, "DiffusionBValue")
    if standard is not None:
        return standard
    if text(elements, tags.SIEMENS_CREATOR) == "SIEMENS MR HEADER":
        return number(elements, tags.SIEMENS_B_VALUE)
    if text(elements, tags.PHILIPS_CREATOR) == "Philips Imaging DD 001":
        return number(elements, tags.PHILIPS_B_VALUE)
    if text(elements, tags.GE_CREATOR) == "GEMS_PARM_01":
        packed = number(elements, tags.GE_B_VALUE)
        return None if packed is None else packed % _GE_FLAGS
    return None


def repetition(elements: Dataset) -> Repetition:
    """What tells images at one place apart."""
    direction = numbers(elements, "DiffusionGradientOrientation")
    if not direction and text(elements, tags.SIEMENS_CREATOR) == "SIEMENS MR HEADER":
        direction = numbers(elements, tags.SIEMENS_DIRECTION)
    return Repetition(
        echo_number=whole_number(elements, "EchoNumbers"),
        temporal_position=whole_number(elements, "TemporalPositionIdentifier"),
        acquisition_number=whole_number(elements, "AcquisitionNumber"),
        gradient_direction=rounded_direction(direction),
    )


def rounded_direction(direction: tuple[float, ...]) -> tuple[float, ...]:
    """A gradient direction to three decimals; empty if it is none."""
    if len(direction) != 3 or not all(map(math.isfinite, direction)):
        return ()
    return tuple(round(part, 3) for part in direction)


def slice_grid(
    rows: int | None,
    columns: int | None,
    spacing_mm: tuple[float, ...],
    orientation: tuple[float, ...],
    thickness_mm: float | None,
    spacing_between_slices_mm: float | None,
) -> SliceGrid:
    """The pixels of a slice, with directions made orthonormal.

    Args:
        rows: Number of rows.
        columns: Number of columns.
        spacing_mm: Pixel Spacing: between rows, then between columns.
        orientation: Image Orientation (Patient): six direction cosines, LPS.
        thickness_mm: Slice Thickness.
        spacing_between_slices_mm: Spacing Between Slices.

    Raises:
        GeometryError: If any of it describes no grid.
    """
    if not rows or not columns:
        raise GeometryError("has no rows or no columns")
    if len(spacing_mm) != 2 or not all(math.isfinite(part) and part > 0 for part in spacing_mm):
        raise GeometryError("has no pixel spacing above zero", field="PixelSpacing")
    along_row, along_column = _directions(orientation)
    return SliceGrid(
        rows=rows,
        columns=columns,
        row_spacing_mm=spacing_mm[0],
        column_spacing_mm=spacing_mm[1],
        along_row_lps=along_row,
        along_column_lps=along_column,
        thickness_mm=thickness_mm if thickness_mm and thickness_mm > 0 else None,
        spacing_between_slices_mm=spacing_between_slices_mm,
    )


def _directions(orientation: tuple[float, ...]) -> tuple[Vector, Vector]:
    field = "ImageOrientationPatient"
    if not orientation:
        raise GeometryError("does not say how it lies in the patient", field=field)
    if len(orientation) != 6 or not all(map(math.isfinite, orientation)):
        raise GeometryError("is not six finite numbers", field=field)
    row, column = orientation[:3], orientation[3:]
    lengths = math.hypot(*row), math.hypot(*column)
    cosine = sum(a * b for a, b in zip(row, column, strict=True))
    if (
        max(abs(length - 1) for length in lengths) > _DIRECTION_TOLERANCE
        or abs(cosine) > _DIRECTION_TOLERANCE
    ):
        raise GeometryError("is not two unit vectors at a right angle", field=field)
    along_row = _unit(row)
    across = sum(a * b for a, b in zip(along_row, column, strict=True))
    return along_row, _unit(tuple(c - across * r for r, c in zip(along_row, column, strict=True)))


def _unit(vector: tuple[float, ...]) -> Vector:
    length = math.hypot(*vector)
    x, y, z = (part / length for part in vector)
    return x, y, z


def position(coordinates: tuple[float, ...]) -> Vector:
    """Image Position (Patient).

    Raises:
        GeometryError: If it is not three finite numbers.
    """
    if len(coordinates) != 3 or not all(map(math.isfinite, coordinates)):
        what = "is not three finite numbers" if coordinates else "does not say where it lies in the patient"
        raise GeometryError(what, field="ImagePositionPatient")
    x, y, z = coordinates
    return x, y, z
