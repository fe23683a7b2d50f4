"""Header facts beside a NIfTI file: the JSON that dcm2niix and BIDS keep."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spinemets.errors import UnreadableFileError
from spinemets.study.records import AcquisitionParameters


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What a sidecar tells beyond the sequence.

    Args:
        parameters: The header facts; times in milliseconds.
        slice_thickness_mm: Thickness of the excited slice.
        number: Series number.
        study_uid: Study Instance UID, where the sidecar was not de-identified.
    """

    parameters: AcquisitionParameters
    slice_thickness_mm: float | None
    number: int | None
    study_uid: str


EMPTY = Sidecar(AcquisitionParameters(), None, None, "")


def read_sidecar(path: Path) -> Sidecar:
    """Read a JSON sidecar as BIDS 1.10 describes it: times in seconds, angles in degrees.

    Raises:
        UnreadableFileError: If the file cannot be read or holds no JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableFileError(
            f"cannot be read as JSON ({error})", file=path, remedy="mend or delete the sidecar"
        ) from None
    if not isinstance(content, dict):
        raise UnreadableFileError("holds no JSON object", file=path, remedy="mend or delete the sidecar")
    number = _number(content, "SeriesNumber")
    return Sidecar(
        _parameters(content),
        _number(content, "SliceThickness"),
        None if number is None else int(number),
        _text(content, "StudyInstanceUID"),
    )


def _parameters(content: Mapping[str, Any]) -> AcquisitionParameters:
    train = _number(content, "EchoTrainLength")
    return AcquisitionParameters(
        modality=_text(content, "Modality"),
        manufacturer=_text(content, "Manufacturer"),
        field_strength_t=_number(content, "MagneticFieldStrength"),
        series_description=_text(content, "SeriesDescription"),
        protocol_name=_text(content, "ProtocolName"),
        sequence_name=_text(content, "SequenceName"),
        body_part=_text(content, "BodyPartExamined"),
        image_type=_texts(content, "ImageType"),
        scanning_sequence=_texts(content, "ScanningSequence"),
        sequence_variant=_texts(content, "SequenceVariant"),
        scan_options=_texts(content, "ScanOptions"),
        repetition_time_ms=_milliseconds(content, "RepetitionTime"),
        echo_time_ms=_milliseconds(content, "EchoTime"),
        inversion_time_ms=_milliseconds(content, "InversionTime"),
        flip_angle_deg=_number(content, "FlipAngle"),
        echo_train_length=None if train is None else int(train),
        contrast_agent=_text(content, "ContrastBolusIngredient") or _text(content, "ContrastBolusAgent"),
        spectrally_selected_suppression=_text(content, "SpectrallySelectedSuppression"),
        complex_image_component=_text(content, "ComplexImageComponent"),
        in_plane_phase_encoding=_text(content, "InPlanePhaseEncodingDirectionDICOM"),
        acquisition_type=_text(content, "MRAcquisitionType"),
    )


def _text(content: Mapping[str, Any], name: str) -> str:
    value = content.get(name)
    return value.strip() if isinstance(value, str) else ""


def _texts(content: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Several values: a list, or as dcm2niix joins them ("SK\\\\SP", in old versions "SK_SP")."""
    value = content.get(name)
    if isinstance(value, list):
        return tuple(str(one) for one in value)
    if not isinstance(value, str):
        return ()
    parts = value.split("\\") if "\\" in value or "GEMS" in value else value.split("_")
    return tuple(filter(None, parts))


def _number(content: Mapping[str, Any], name: str) -> float | None:
    value = content.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _milliseconds(content: Mapping[str, Any], name: str) -> float | None:
    seconds = _number(content, name)
    return None if seconds is None else round(seconds * 1000.0, 6)
