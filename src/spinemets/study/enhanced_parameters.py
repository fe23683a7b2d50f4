"""What the functional groups of an enhanced image say of the acquisition, in the terms of a classic one."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pydicom.dataset import Dataset

from spinemets.study.header_facts import acquisition_parameters
from spinemets.study.header_values import first_item, items, number, numbers, text, texts, whole_number
from spinemets.study.records import AcquisitionParameters

# Echo Pulse Sequence (0018,9008) as Scanning Sequence (0018,0020).
_SCANNING = {"SPIN": ("SE",), "GRADIENT": ("GR",), "BOTH": ("SE", "GR")}
# Steady State Pulse Sequence (0018,9017) that balances its gradients; the others are FISP, PSIF and the like.
_STEADY_STATES = frozenset({"FREE_PRECESSION", "TIME_REVERSED", "LONGITUDINAL", "TRANSVERSE"})


@dataclass(frozen=True, slots=True, eq=False)
class FrameGroups:
    """The functional groups of one frame: its own, else those that all frames share."""

    frame: Dataset
    shared: Dataset

    def group(self, keyword: str) -> Dataset:
        """The first item of a functional group; empty where neither has it."""
        return first_item((self.frame, self.shared), keyword)

    def converted(self) -> Dataset:
        """Elements that a converter of classic images put aside, in a legacy converted image."""
        found = Dataset()
        for item in (*self._unassigned(self.shared), *self._unassigned(self.frame)):
            found.update(item)
        return found

    @staticmethod
    def _unassigned(place: Dataset) -> Iterator[Dataset]:
        yield from items(place, "UnassignedSharedConvertedAttributesSequence")
        yield from items(place, "UnassignedPerFrameConvertedAttributesSequence")


def parameters_of_image(elements: Dataset) -> AcquisitionParameters:
    """What the top level of an enhanced image says; the frames say the rest."""
    classic = acquisition_parameters(elements)
    scanning = list(_SCANNING.get(text(elements, "EchoPulseSequence").upper(), classic.scanning_sequence))
    if text(elements, "EchoPlanarPulseSequence").upper() == "YES":
        scanning.append("EP")
    variant = list(classic.sequence_variant)
    if text(elements, "SteadyStatePulseSequence").upper() in _STEADY_STATES:
        variant.append("SS")
    if text(elements, "SegmentedKSpaceTraversal").upper() in {"PARTIAL", "FULL"}:
        variant.append("SK")
    return replace(
        classic,
        scanning_sequence=tuple(scanning),
        sequence_variant=tuple(variant),
        sequence_name=text(elements, "PulseSequenceName") or classic.sequence_name,
        contrast_agent=classic.contrast_agent or _agent(elements),
    )


def _agent(elements: Dataset) -> str:
    """Code Meaning of the agent in Contrast/Bolus Agent Sequence."""
    for agent in items(elements, "ContrastBolusAgentSequence"):
        return text(agent, "CodeMeaning") or text(agent, "CodeValue") or "agent"
    return ""


def parameters_of_frame(image: AcquisitionParameters, groups: FrameGroups) -> AcquisitionParameters:
    """The facts of one frame, from its functional groups, in place of those of the whole image."""
    timing = groups.group("MRTimingAndRelatedParametersSequence")
    modifier = groups.group("MRModifierSequence")
    kind = _frame_type(groups)
    converted = groups.converted()
    old = acquisition_parameters(converted) if len(converted) else AcquisitionParameters()
    return replace(
        image,
        image_type=texts(kind, "FrameType") or image.image_type,
        complex_image_component=text(kind, "ComplexImageComponent") or image.complex_image_component,
        scanning_sequence=_scanning(image, modifier) or old.scanning_sequence,
        sequence_variant=_variant(image, modifier) or old.sequence_variant,
        scan_options=image.scan_options or old.scan_options,
        sequence_name=image.sequence_name or old.sequence_name,
        body_part=image.body_part or _anatomy(groups),
        acquisition_type=image.acquisition_type or old.acquisition_type,
        repetition_time_ms=_first(
            number(timing, "RepetitionTime"), old.repetition_time_ms, image.repetition_time_ms
        ),
        flip_angle_deg=_first(number(timing, "FlipAngle"), old.flip_angle_deg, image.flip_angle_deg),
        echo_train_length=_train_length(timing) or old.echo_train_length or image.echo_train_length,
        echo_time_ms=_first(
            number(groups.group("MREchoSequence"), "EffectiveEchoTime"), old.echo_time_ms, image.echo_time_ms
        ),
        inversion_time_ms=_first(_inversion_time(modifier), old.inversion_time_ms, image.inversion_time_ms),
        b_value_s_mm2=_first(
            number(groups.group("MRDiffusionSequence"), "DiffusionBValue"),
            old.b_value_s_mm2,
            image.b_value_s_mm2,
        ),
        contrast_agent=_agent_of_frame(image, groups) or old.contrast_agent,
        spectrally_selected_suppression=text(modifier, "SpectrallySelectedSuppression")
        or image.spectrally_selected_suppression,
        in_plane_phase_encoding=text(groups.group("MRFOVGeometrySequence"), "InPlanePhaseEncodingDirection")
        or image.in_plane_phase_encoding,
    )


def _frame_type(groups: FrameGroups) -> Dataset:
    found = groups.group("MRImageFrameTypeSequence")
    return found if len(found) else groups.group("CTImageFrameTypeSequence")


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _scanning(image: AcquisitionParameters, modifier: Dataset) -> tuple[str, ...]:
    inverted = text(modifier, "InversionRecovery").upper() == "YES"
    return (*image.scanning_sequence, "IR") if inverted else image.scanning_sequence


def _variant(image: AcquisitionParameters, modifier: Dataset) -> tuple[str, ...]:
    spoiled = text(modifier, "Spoiling").upper() not in {"", "NONE"}
    return (*image.sequence_variant, "SP") if spoiled else image.sequence_variant


def _anatomy(groups: FrameGroups) -> str:
    region = first_item((groups.group("FrameAnatomySequence"),), "AnatomicRegionSequence")
    return text(region, "CodeMeaning")


def _train_length(timing: Dataset) -> int | None:
    """Echoes per excitation: RF echoes, or gradient echoes of a planar readout."""
    found = [whole_number(timing, key) for key in ("RFEchoTrainLength", "GradientEchoTrainLength")]
    lengths = [length for length in (*found, whole_number(timing, "EchoTrainLength")) if length]
    return max(lengths, default=None)


def _inversion_time(modifier: Dataset) -> float | None:
    times_ms = [time for time in numbers(modifier, "InversionTimes") if math.isfinite(time)]
    return times_ms[0] if times_ms else None


def _agent_of_frame(image: AcquisitionParameters, groups: FrameGroups) -> str:
    """The agent, unless the frame says that it was not yet given."""
    usage = groups.group("ContrastBolusUsageSequence")
    administered = text(usage, "ContrastBolusAgentAdministered").upper()
    return "" if administered == "NO" else image.contrast_agent
