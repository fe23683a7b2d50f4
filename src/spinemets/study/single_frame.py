"""A classic image, one slice in a file, as a slice record."""

from dataclasses import dataclass, replace

from pydicom.dataset import Dataset

from spinemets.errors import GeometryError
from spinemets.study.header_facts import (
    acquisition_parameters,
    position,
    repetition,
    series_facts,
    slice_grid,
)
from spinemets.study.header_tags import SHARED_TAGS
from spinemets.study.header_values import number, numbers, raw, text, texts, whole_number
from spinemets.study.image_kind import exclusion_by_type
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

# Slices of one series lie beside each other in an archive, so that few headers need to be remembered.
_REMEMBERED_HEADERS = 64


@dataclass(frozen=True, slots=True)
class _SharedHeader:
    """What the slices of a series have in common; ``refused`` where that rules them out."""

    facts: SeriesFacts
    parameters: AcquisitionParameters
    repetition: Repetition
    grid: SliceGrid | None
    refused: tuple[str, str] | None


class SingleFrameReader:
    """Turns headers into slice records, and reads what many slices share only once.

    The elements that slices share are compared as bytes: converting them costs more than finding them.
    """

    def __init__(self) -> None:
        self._remembered: dict[tuple[object, ...], _SharedHeader | None] = {}

    def read(self, path: str, elements: Dataset) -> FileContent:
        """The slice in a file, or why it is left out."""
        shared = self._shared(elements)
        if shared is None:
            return LeftOutFile(path, "UnreadableFileError", "names no study or no series")
        if shared.refused is not None or shared.grid is None:
            kind, message = shared.refused or ("GeometryError", "has no grid")
            return LeftOutFile(path, kind, message, shared.facts)
        try:
            where = position(numbers(elements, "ImagePositionPatient"))
        except GeometryError as error:
            return LeftOutFile(path, "GeometryError", str(error), shared.facts)
        return (
            SliceRecord(
                path=path,
                frame_index=0,
                sop_instance_uid=text(elements, "SOPInstanceUID") or path,
                instance_number=whole_number(elements, "InstanceNumber") or 0,
                position_lps=where,
                grid=shared.grid,
                facts=shared.facts,
                parameters=shared.parameters,
                repetition=_at_trigger(shared.repetition, number(elements, "TriggerTime")),
            ),
        )

    def _shared(self, elements: Dataset) -> _SharedHeader | None:
        bytes_of_header = (elements.original_encoding, *(raw(elements, tag) for tag in SHARED_TAGS))
        if bytes_of_header not in self._remembered:
            if len(self._remembered) >= _REMEMBERED_HEADERS:
                self._remembered.clear()
            self._remembered[bytes_of_header] = _read_shared(elements)
        return self._remembered[bytes_of_header]


def _read_shared(elements: Dataset) -> _SharedHeader | None:
    facts = series_facts(elements)
    if facts is None:
        return None
    parameters = acquisition_parameters(elements)
    samples = whole_number(elements, "SamplesPerPixel") or 1
    grid, refused = None, None
    exclusion = exclusion_by_type(parameters.image_type, parameters.complex_image_component, samples)
    if exclusion is not None:
        refused = (LEFT_OUT, exclusion.reason)
    else:
        try:
            measured = slice_grid(
                whole_number(elements, "Rows"),
                whole_number(elements, "Columns"),
                numbers(elements, "PixelSpacing"),
                numbers(elements, "ImageOrientationPatient"),
                number(elements, "SliceThickness"),
                number(elements, "SpacingBetweenSlices"),
            )
            grid = replace(measured, letters=texts(elements, "PatientOrientation"))
        except GeometryError as error:
            refused = ("GeometryError", str(error))
    return _SharedHeader(facts, parameters, repetition(elements), grid, refused)


def _at_trigger(shared: Repetition, trigger_time_ms: float | None) -> Repetition:
    return shared if trigger_time_ms is None else replace(shared, trigger_time_ms=trigger_time_ms)
