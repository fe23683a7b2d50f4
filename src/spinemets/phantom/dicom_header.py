"""Header elements of a simulated MR series, as each vendor fills them."""

from dataclasses import dataclass

from spinemets.phantom.protocol import FatSuppression, PhaseAxis, SequenceKind, SeriesProtocol, Vendor
from spinemets.phantom.signal import PROTON_MHZ_PER_T
from spinemets.study.records import Weighting

Value = str | int | float | list[str] | list[int]


@dataclass(frozen=True, slots=True)
class _Habit:
    """How a vendor names its spin-echo sequence variant and fat suppression."""

    sequence_variant: tuple[str, ...]
    scan_options: tuple[str, ...]
    fat_suppressed: str
    image_type: tuple[str, ...]


_HABITS = {
    Vendor.SIEMENS: _Habit(("SK", "SP", "OSP"), ("PFP",), "FS", ("ORIGINAL", "PRIMARY", "M", "ND", "NORM")),
    Vendor.GE: _Habit(("SK",), ("FAST_GEMS", "EDR_GEMS"), "FS", ("ORIGINAL", "PRIMARY", "OTHER")),
    Vendor.PHILIPS: _Habit(("SK",), (), "FS", ("ORIGINAL", "PRIMARY", "M_SE", "M", "SE")),
    Vendor.CANON: _Habit(("SK",), (), "FS", ("ORIGINAL", "PRIMARY", "OTHER")),
}

_DIXON_IMAGE_TYPE = {
    Weighting.DIXON_IN: ("ORIGINAL", "IN_PHASE", "IP"),
    Weighting.DIXON_OPPOSED: ("ORIGINAL", "OPP_PHASE", "OP"),
    Weighting.DIXON_WATER: ("DERIVED", "WATER", "W"),
    Weighting.DIXON_FAT: ("DERIVED", "FAT", "F"),
}


def sequence_elements(protocol: SeriesProtocol) -> dict[str, Value]:
    """Elements of the MR Image module that say how the series was acquired, by DICOM keyword."""
    timing, geometry, habit = protocol.timing, protocol.geometry, _HABITS[protocol.vendor]
    elements: dict[str, Value] = {
        "ImageType": list(_image_type(protocol)),
        "ScanningSequence": _scanning_sequence(protocol),
        "SequenceVariant": list(habit.sequence_variant) if _spin_echo(protocol) else "SP",
        "ScanOptions": _scan_options(protocol),
        "MRAcquisitionType": "2D",
        "SequenceName": _sequence_name(protocol),
        "RepetitionTime": timing.repetition_time_ms,
        "EchoTime": timing.echo_time_ms,
        "FlipAngle": timing.flip_angle_deg,
        "EchoTrainLength": timing.echo_train_length,
        "EchoNumbers": 1,
        "NumberOfAverages": 1,
        "MagneticFieldStrength": protocol.field_strength_t,
        "ImagingFrequency": round(PROTON_MHZ_PER_T * protocol.field_strength_t, 4),
        "ImagedNucleus": "1H",
        "PixelBandwidth": timing.pixel_bandwidth_hz,
        "SliceThickness": geometry.thickness_mm,
        "SpacingBetweenSlices": round(geometry.spacing_mm[0], 4),
        "ReconstructionDiameter": max(geometry.field_of_view_mm),
        "PercentPhaseFieldOfView": 100.0,
        **_phase_elements(protocol),
    }
    if timing.inversion_time_ms is not None:
        elements["InversionTime"] = timing.inversion_time_ms
    return elements


def contrast_elements(protocol: SeriesProtocol) -> dict[str, Value]:
    """Elements of the Contrast/Bolus module; empty without contrast agent."""
    if not protocol.timing.contrast_agent:
        return {}
    return {"ContrastBolusAgent": "Gadobutrol", "ContrastBolusRoute": "IV"}


def _spin_echo(protocol: SeriesProtocol) -> bool:
    return protocol.timing.kind is not SequenceKind.GRADIENT_ECHO


def _image_type(protocol: SeriesProtocol) -> tuple[str, ...]:
    base = _HABITS[protocol.vendor].image_type
    if protocol.weighting not in _DIXON_IMAGE_TYPE:
        inverted = protocol.timing.kind is SequenceKind.INVERSION_RECOVERY
        if protocol.vendor is Vendor.PHILIPS and inverted:
            return (*base[:2], "M_IR", "M", "IR")
        return base
    origin, word, short = _DIXON_IMAGE_TYPE[protocol.weighting]
    if protocol.vendor is Vendor.PHILIPS:
        return ("ORIGINAL", "PRIMARY", short, short, "DERIVED")
    return (origin, "PRIMARY", "M", "DIXON", word)


def _scanning_sequence(protocol: SeriesProtocol) -> Value:
    kind = protocol.timing.kind
    if kind is SequenceKind.GRADIENT_ECHO:
        return "GR"
    if kind is SequenceKind.SPIN_ECHO:
        return "SE"
    return "IR" if protocol.vendor is Vendor.PHILIPS else ["SE", "IR"]


def _scan_options(protocol: SeriesProtocol) -> Value:
    habit = _HABITS[protocol.vendor]
    options = list(habit.scan_options)
    if protocol.timing.fat_suppression is FatSuppression.SPECTRAL:
        options.append(habit.fat_suppressed)
    if protocol.timing.kind is SequenceKind.INVERSION_RECOVERY and protocol.vendor is Vendor.SIEMENS:
        options.append("IR")
    if protocol.imperfections.anterior_saturation_mm is not None:
        options.append("SAT_GEMS" if protocol.vendor is Vendor.GE else "SAT1")
    return options


def _sequence_name(protocol: SeriesProtocol) -> str:
    length, kind = protocol.timing.echo_train_length, protocol.timing.kind
    names = {
        Vendor.SIEMENS: {
            SequenceKind.SPIN_ECHO: f"*tse2d1_{length}",
            SequenceKind.INVERSION_RECOVERY: f"*tir2d1_{length}",
            SequenceKind.GRADIENT_ECHO: "*fl2d2",
        },
        Vendor.CANON: {
            SequenceKind.SPIN_ECHO: f"FSE2D{length}",
            SequenceKind.INVERSION_RECOVERY: f"FIR2D{length}",
            SequenceKind.GRADIENT_ECHO: "FE2D",
        },
    }
    plain = {
        SequenceKind.SPIN_ECHO: "TSE",
        SequenceKind.INVERSION_RECOVERY: "TSEIR",
        SequenceKind.GRADIENT_ECHO: "FFE",
    }
    return names.get(protocol.vendor, plain)[kind]


def _phase_elements(protocol: SeriesProtocol) -> dict[str, Value]:
    rows, columns = protocol.geometry.acquired_matrix
    down_the_image = protocol.phase_axis is PhaseAxis.ROW
    return {
        # DICOM's COL: phase runs along a column, which is from row to row.
        "InPlanePhaseEncodingDirection": "COL" if down_the_image else "ROW",
        "AcquisitionMatrix": [0, columns, rows, 0] if down_the_image else [rows, 0, 0, columns],
        "NumberOfPhaseEncodingSteps": rows if down_the_image else columns,
        "PercentSampling": round(100.0 * min(rows, columns) / max(rows, columns), 1),
    }
