"""An enhanced image, many slices in a file, as slice records (DICOM PS3.3, C.7.6.16)."""

from typing import TypeVar

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

from spinemets.errors import GeometryError
from spinemets.study.enhanced_parameters import FrameGroups, parameters_of_frame, parameters_of_image
from spinemets.study.header_facts import position, rounded_direction, series_facts, slice_grid
from spinemets.study.header_values import (
    first_item,
    items,
    number,
    numbers,
    text,
    values,
    whole_number,
)
from spinemets.study.image_kind import Exclusion, exclusion_by_type
from spinemets.study.records import AcquisitionParameters
from spinemets.study.slice_record import (
    LEFT_OUT,
    FileContent,
    LeftOutFile,
    Repetition,
    SeriesFacts,
    SliceGrid,
    SliceRecord,
)

Fact = TypeVar("Fact")

# Dimensions that say where a frame lies, not what it shows: Image Position (Patient), Stack ID, In-Stack
# Position Number, and the plane position sequence.
_POSITION_POINTERS = frozenset(
    {Tag(0x0020, 0x0032), Tag(0x0020, 0x9056), Tag(0x0020, 0x9057), Tag(0x0020, 0x9113), Tag(0x0020, 0x0037)}
)


def read_multi_frame(path: str, elements: Dataset) -> tuple[FileContent, ...]:
    """The slices in an enhanced file, and what is left out of it.

    Returns:
        One tuple of slice records, or none, then a record for each kind of frame that is left out.
    """
    facts = series_facts(elements)
    if facts is None:
        return (LeftOutFile(path, "UnreadableFileError", "names no study or no series"),)
    frames = list(items(elements, "PerFrameFunctionalGroupsSequence"))
    announced = whole_number(elements, "NumberOfFrames") or 0
    if not frames or len(frames) != announced:
        message = f"announces {announced} frames and describes {len(frames)}"
        return (LeftOutFile(path, "UnreadableFileError", message, facts),)
    reader = _FrameReader(path, elements, facts)
    slices: list[SliceRecord] = []
    left_out: dict[tuple[str, str], int] = {}
    for index, frame in enumerate(frames):
        found = reader.read(index, frame)
        if isinstance(found, SliceRecord):
            slices.append(found)
        else:
            left_out[found] = left_out.get(found, 0) + 1
    complaints = tuple(
        LeftOutFile(path, kind, message if kind == LEFT_OUT else f"{count} frames: {message}", facts)
        for (kind, message), count in left_out.items()
    )
    return (tuple(slices), *complaints) if slices else complaints


class _FrameReader:
    """Reads the frames of one file, keeping equal facts only once."""

    def __init__(self, path: str, elements: Dataset, facts: SeriesFacts) -> None:
        self._path = path
        self._elements = elements
        self._facts = facts
        self._shared = first_item((elements,), "SharedFunctionalGroupsSequence")
        self._image = parameters_of_image(elements)
        self._dimensions = _telling_dimensions(elements)
        self._sop_uid = text(elements, "SOPInstanceUID") or path
        self._instance = whole_number(elements, "InstanceNumber") or 0
        self._kept: dict[object, object] = {}

    def read(self, index: int, frame: Dataset) -> SliceRecord | tuple[str, str]:
        """The slice in a frame, or the kind and reason of its exclusion."""
        groups = FrameGroups(frame, self._shared)
        parameters = self._once(parameters_of_frame(self._image, groups))
        if (exclusion := self._exclusion(parameters)) is not None:
            return LEFT_OUT, exclusion.reason
        try:
            grid = self._once(self._grid(groups))
            where = position(numbers(groups.group("PlanePositionSequence"), "ImagePositionPatient"))
        except GeometryError as error:
            return "GeometryError", str(error)
        return SliceRecord(
            path=self._path,
            frame_index=index,
            sop_instance_uid=self._sop_uid,
            instance_number=self._instance,
            position_lps=where,
            grid=grid,
            facts=self._facts,
            parameters=parameters,
            repetition=self._once(self._repetition(groups)),
        )

    def _exclusion(self, parameters: AcquisitionParameters) -> Exclusion | None:
        samples = whole_number(self._elements, "SamplesPerPixel") or 1
        return exclusion_by_type(parameters.image_type, parameters.complex_image_component, samples)

    def _grid(self, groups: FrameGroups) -> SliceGrid:
        measures = groups.group("PixelMeasuresSequence")
        return slice_grid(
            whole_number(self._elements, "Rows"),
            whole_number(self._elements, "Columns"),
            numbers(measures, "PixelSpacing"),
            numbers(groups.group("PlaneOrientationSequence"), "ImageOrientationPatient"),
            number(measures, "SliceThickness"),
            number(measures, "SpacingBetweenSlices"),
        )

    def _repetition(self, groups: FrameGroups) -> Repetition:
        content = groups.group("FrameContentSequence")
        diffusion = groups.group("MRDiffusionSequence")
        direction = first_item((diffusion,), "DiffusionGradientDirectionSequence")
        trigger = groups.group("CardiacSynchronizationSequence")
        index = numbers(content, "DimensionIndexValues")
        converted = groups.converted()
        return Repetition(
            echo_number=whole_number(converted, "EchoNumbers"),
            temporal_position=whole_number(content, "TemporalPositionIndex")
            or whole_number(converted, "TemporalPositionIdentifier"),
            acquisition_number=whole_number(content, "FrameAcquisitionNumber")
            or whole_number(converted, "AcquisitionNumber"),
            trigger_time_ms=number(trigger, "NominalCardiacTriggerDelayTime"),
            gradient_direction=rounded_direction(numbers(direction, "DiffusionGradientOrientation")),
            stack_id=text(content, "StackID"),
            dimension_index=tuple(int(index[k]) for k in self._dimensions if k < len(index)),
        )

    def _once(self, fact: Fact) -> Fact:
        return self._kept.setdefault(fact, fact)  # type: ignore[return-value]


def _telling_dimensions(elements: Dataset) -> tuple[int, ...]:
    """Places in Dimension Index Values that say what a frame shows, not where it lies."""
    pointers = [_pointers(item) for item in items(elements, "DimensionIndexSequence")]
    return tuple(k for k, found in enumerate(pointers) if not found & _POSITION_POINTERS)


def _pointers(item: Dataset) -> frozenset[BaseTag]:
    found = (*values(item, "DimensionIndexPointer"), *values(item, "FunctionalGroupPointer"))
    return frozenset(tag for tag in found if isinstance(tag, BaseTag))
