"""One file of an archive as slice records, or the reason why it is left out."""

from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.tag import Tag

from spinemets.errors import InputError, PixelDataError
from spinemets.study.dicom_file import DicomHeader, quiet_pydicom, read_header
from spinemets.study.header_facts import series_facts
from spinemets.study.header_tags import ALL_TAGS
from spinemets.study.header_values import raw, text, whole_number
from spinemets.study.image_kind import MULTI_FRAME_CLASSES, Exclusion, exclusion_by_class
from spinemets.study.multi_frame import read_multi_frame
from spinemets.study.single_frame import SingleFrameReader
from spinemets.study.slice_record import LEFT_OUT, FileContent, LeftOutFile
from spinemets.study.stored_pixels import StoredPixels

# Media Storage SOP Class UID; SOP Class UID, Modality, Samples per Pixel, Number of Frames, Rows, Columns and
# Bits Allocated: few archives hold more than a dozen combinations.
_STORED_CLASS = Tag(0x0002, 0x0002)
_KIND_TAGS = tuple(
    Tag(group, element)
    for group, element in (
        (0x0008, 0x0016),
        (0x0008, 0x0060),
        (0x0028, 0x0002),
        (0x0028, 0x0008),
        (0x0028, 0x0010),
        (0x0028, 0x0011),
        (0x0028, 0x0100),
    )
)
_REMEMBERED_KINDS = 256


class ArchiveFileReader:
    """Reads files one after the other; no exception leaves it but those of the operating system's making.

    Args:
        largest_voxels: Most voxels that one file may hold.
    """

    def __init__(self, largest_voxels: int) -> None:
        self._largest_voxels = largest_voxels
        self._single = SingleFrameReader()
        self._kinds: dict[tuple[object, ...], _Kind] = {}

    def read(self, path: str) -> tuple[FileContent, ...]:
        """What a file holds; nothing if it is none of an archive's images."""
        try:
            header = read_header(path, ALL_TAGS, self._largest_voxels)
            if header is None:
                return ()
            with quiet_pydicom():
                return self._content(path, header)
        except InputError as error:
            return (_left_out(path, error),)
        except Exception as error:  # pydicom raises almost anything on nonsense in nested elements
            message = f"its header makes no sense ({type(error).__name__})"
            return (LeftOutFile(path, "UnreadableFileError", message),)

    def _content(self, path: str, header: DicomHeader) -> tuple[FileContent, ...]:
        elements = header.elements
        kind = self._kind(elements)
        if kind.exclusion is not None:
            facts = series_facts(elements)
            quiet = kind.exclusion.quiet or facts is None
            return () if quiet else (LeftOutFile(path, LEFT_OUT, kind.exclusion.reason, facts),)
        try:
            _check_pixels(kind, header.pixels, self._largest_voxels)
        except PixelDataError as error:
            return (_left_out(path, error, elements),)
        if kind.sop_class in MULTI_FRAME_CLASSES:
            return read_multi_frame(path, elements)
        if kind.frames > 1:
            message = f"holds {kind.frames} frames without saying where they lie"
            return (LeftOutFile(path, "GeometryError", message, series_facts(elements)),)
        return (self._single.read(path, elements),)

    def _kind(self, elements: Dataset) -> "_Kind":
        meta = getattr(elements, "file_meta", None)
        stored = None if meta is None else raw(meta, _STORED_CLASS)
        key = (elements.original_encoding, stored, *(raw(elements, tag) for tag in _KIND_TAGS))
        if key not in self._kinds:
            if len(self._kinds) >= _REMEMBERED_KINDS:
                self._kinds.clear()
            self._kinds[key] = _kind_of(elements)
        return self._kinds[key]


@dataclass(frozen=True, slots=True)
class _Kind:
    """What sort of object a file holds, and how many voxels and bytes of pixels that takes."""

    sop_class: str
    exclusion: Exclusion | None
    frames: int
    voxels: int
    pixel_bytes: int


def _kind_of(elements: Dataset) -> _Kind:
    sop_class = _sop_class(elements)
    names = ("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated")
    rows, columns, frames, samples, bits = (whole_number(elements, name) or 0 for name in names)
    voxels = max(rows, 0) * max(columns, 0) * max(frames, 1)
    return _Kind(
        sop_class=sop_class,
        exclusion=exclusion_by_class(sop_class, text(elements, "Modality").upper()),
        frames=max(frames, 1),
        voxels=voxels,
        pixel_bytes=voxels * max(samples, 1) * max(bits, 0) // 8,
    )


def _sop_class(elements: Dataset) -> str:
    """SOP Class UID; that of the file meta information where the header breaks off before or within it."""
    meta = getattr(elements, "file_meta", None)
    stored = "" if meta is None else text(meta, "MediaStorageSOPClassUID")
    found = text(elements, "SOPClassUID")
    return stored if stored.startswith(found) else found


def _check_pixels(kind: _Kind, pixels: StoredPixels | None, largest_voxels: int) -> None:
    """Whether the pixels can be there in the announced number.

    Raises:
        PixelDataError: If they cannot, or there are too many.
    """
    if pixels is None:
        raise PixelDataError("has no pixel data", remedy="it may be truncated: copy the file again")
    if not pixels.whole:
        raise PixelDataError("is truncated within its pixel data", remedy="copy the file again")
    if kind.voxels > largest_voxels:
        raise PixelDataError(
            f"announces {kind.voxels} voxels, more than {largest_voxels}",
            remedy="raise largest_image_voxels if that is meant",
        )
    if pixels.length is not None and pixels.length < kind.pixel_bytes:
        found = f"has {pixels.length} bytes of pixel data where {kind.pixel_bytes} are needed"
        raise PixelDataError(found, remedy="copy the file again")


def _left_out(path: str, error: InputError, elements: Dataset | None = None) -> LeftOutFile:
    facts = None if elements is None else series_facts(elements)
    message = f"{error.problem}; {error.remedy}" if error.remedy else error.problem
    return LeftOutFile(path, type(error).__name__, message, facts)
