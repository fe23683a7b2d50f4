"""One file of an archive as slice records, or the reason why it is left out."""

from pydicom.dataset import Dataset

from spinemets.errors import InputError, PixelDataError
from spinemets.study.dicom_file import DicomHeader, quiet_pydicom, read_header
from spinemets.study.header_facts import series_facts
from spinemets.study.header_tags import ALL_TAGS
from spinemets.study.header_values import text, whole_number
from spinemets.study.image_kind import MULTI_FRAME_CLASSES, exclusion_by_class
from spinemets.study.multi_frame import read_multi_frame
from spinemets.study.single_frame import SingleFrameReader
from spinemets.study.slice_record import LEFT_OUT, FileContent, LeftOutFile


class ArchiveFileReader:
    """Reads files one after the other; no exception leaves it but those of the operating system's making.

    Args:
        largest_voxels: Most voxels that one file may hold.
    """

    def __init__(self, largest_voxels: int) -> None:
        self._largest_voxels = largest_voxels
        self._single = SingleFrameReader()

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
        sop_class = _sop_class(elements)
        exclusion = exclusion_by_class(sop_class, text(elements, "Modality").upper())
        if exclusion is not None:
            facts = series_facts(elements)
            quiet = exclusion.quiet or facts is None
            return () if quiet else (LeftOutFile(path, LEFT_OUT, exclusion.reason, facts),)
        try:
            _check_pixels(header, self._largest_voxels)
        except PixelDataError as error:
            return (_left_out(path, error, elements),)
        if sop_class in MULTI_FRAME_CLASSES:
            return read_multi_frame(path, elements)
        if (frames := whole_number(elements, "NumberOfFrames") or 1) > 1:
            message = f"holds {frames} frames without saying where they lie"
            return (LeftOutFile(path, "GeometryError", message, series_facts(elements)),)
        return (self._single.read(path, elements),)


def _left_out(path: str, error: InputError, elements: Dataset | None = None) -> LeftOutFile:
    facts = None if elements is None else series_facts(elements)
    message = f"{error.problem}; {error.remedy}" if error.remedy else error.problem
    return LeftOutFile(path, type(error).__name__, message, facts)


def _sop_class(elements: Dataset) -> str:
    """SOP Class UID; that of the file meta information where the header breaks off before or within it."""
    meta = getattr(elements, "file_meta", None)
    stored = "" if meta is None else text(meta, "MediaStorageSOPClassUID")
    found = text(elements, "SOPClassUID")
    return stored if stored.startswith(found) else found


def _check_pixels(header: DicomHeader, largest_voxels: int) -> None:
    """Whether the pixels can be there in the announced number.

    Raises:
        PixelDataError: If they cannot, or there are too many.
    """
    elements, pixels = header.elements, header.pixels
    if pixels is None:
        raise PixelDataError("has no pixel data", remedy="it may be truncated: copy the file again")
    if not pixels.whole:
        raise PixelDataError("is truncated within its pixel data", remedy="copy the file again")
    names = ("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel")
    rows, columns, frames, samples = (whole_number(elements, name) for name in names)
    voxels = max(rows or 0, 0) * max(columns or 0, 0) * max(frames or 1, 1)
    if voxels > largest_voxels:
        raise PixelDataError(
            f"announces {voxels} voxels, more than {largest_voxels}",
            remedy="raise largest_image_voxels if that is meant",
        )
    bits = whole_number(elements, "BitsAllocated") or 0
    needed = voxels * max(samples or 1, 1) * bits // 8
    if pixels.length is not None and pixels.length < needed:
        raise PixelDataError(f"has {pixels.length} bytes of pixel data where {needed} are needed")
