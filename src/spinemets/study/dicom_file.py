"""Opens one file as DICOM, safely: is it DICOM, is it whole, is it of a size that can be read."""

import os
import re
import struct
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import pydicom
from pydicom import config
from pydicom.dataset import Dataset, FileDataset
from pydicom.filereader import read_file_meta_info
from pydicom.tag import BaseTag, Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian

from spinemets.errors import PixelDataError, UnreadableFileError
from spinemets.study.stored_pixels import StoredPixels, stored_pixels

_DICOM_SUFFIXES = frozenset({".dcm", ".dicom", ".dic", ".ima"})
_PIXEL_DATA = Tag(0x7FE0, 0x0010)
_PREAMBLE_LENGTH = 132
_HEAD_LENGTH = 4096
_TRANSFER_SYNTAX = re.compile(rb"\x02\x00\x10\x00UI..([0-9.]+)", re.DOTALL)
# The first element of a data set without the preamble of a DICOM file: group 0002 or 0008, little endian.
_HEADLESS = re.compile(rb"[\x02\x08]\x00[\x00-\x20]\x00")
# Pixels take at most eight bytes (Double Float Pixel Data); a deflated file may not grow beyond that.
_LARGEST_VOXEL_BYTES = 8


@dataclass(frozen=True, slots=True, eq=False)
class DicomHeader:
    """The wanted elements of a file, and how its pixels are stored (None: there are none)."""

    elements: Dataset
    pixels: StoredPixels | None


def read_header(path: str, tags: Sequence[BaseTag], largest_voxels: int) -> DicomHeader | None:
    """The wanted elements of a DICOM file, without its pixels.

    Args:
        path: The file.
        tags: Top-level elements to read; sequences come whole.
        largest_voxels: Most voxels that a file may hold.

    Returns:
        The elements; None if the file is something else, and its name does not say DICOM.

    Raises:
        UnreadableFileError: If the file cannot be opened or parsed, or is named as DICOM and is not.
        PixelDataError: If it inflates beyond ``largest_voxels``.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a Path object would cost as much as the file
            head = file.read(_HEAD_LENGTH)
            if not _is_dicom(head, path):
                return None
            file.seek(0)
            if _is_deflated(head, path):
                check_inflated_size(file, path, largest_voxels)
                return _parse_whole(file, path, tags)
            elements = _parse(file, path, tags)
            return DicomHeader(elements, stored_pixels(file, *elements.original_encoding))
    except OSError as error:
        raise UnreadableFileError(
            f"cannot be opened: {error.strerror or type(error).__name__}",
            file=path,
            remedy="check its permissions",
        ) from None


def _is_dicom(head: bytes, path: str) -> bool:
    if head[128:_PREAMBLE_LENGTH] == b"DICM" or _HEADLESS.match(head):
        return True
    if os.path.splitext(path)[1].lower() in _DICOM_SUFFIXES:  # noqa: PTH122 - as above
        what = "is empty" if not head else "is named as a DICOM file, but is none"
        raise UnreadableFileError(what, file=path, remedy="remove it or copy it again")
    return False


def _parse_whole(file: BinaryIO, path: str, tags: Sequence[BaseTag]) -> DicomHeader:
    """A deflated file has to be inflated to the end anyway."""
    elements = _parse(file, path, [*tags, _PIXEL_DATA], stop_before_pixels=False)
    if _PIXEL_DATA not in elements:
        return DicomHeader(elements, None)
    length = len(elements.get_item(_PIXEL_DATA).value or b"")
    del elements[_PIXEL_DATA]
    return DicomHeader(elements, StoredPixels(length, whole=True))


def _parse(
    file: BinaryIO, path: str, tags: Sequence[BaseTag], stop_before_pixels: bool = True
) -> FileDataset:
    try:
        with quiet_pydicom():
            header = pydicom.dcmread(
                file, stop_before_pixels=stop_before_pixels, force=True, specific_tags=list(tags)
            )
    except Exception as error:  # a broken file makes pydicom raise almost anything
        raise _unparsable(path, error) from None
    if len(header) == 0:
        raise UnreadableFileError("its header is broken off", file=path, remedy="copy the file again")
    return header


def _unparsable(path: str, error: Exception) -> UnreadableFileError:
    # The text of the error is left out: it may quote the header, and so the patient's name.
    return UnreadableFileError(
        f"its header cannot be parsed ({type(error).__name__})", file=path, remedy="copy the file again"
    )


class quiet_pydicom:  # noqa: N801 - a context manager, used as a verb
    """Keeps pydicom from checking and complaining about values: its warnings quote them."""

    def __enter__(self) -> None:
        self._warnings = warnings.catch_warnings()
        self._values = config.disable_value_validation()
        self._warnings.__enter__()
        warnings.simplefilter("ignore")
        self._values.__enter__()

    def __exit__(self, *details: object) -> None:
        self._values.__exit__(None, None, None)
        self._warnings.__exit__(None, None, None)


def _is_deflated(head: bytes, path: str) -> bool:
    if found := _TRANSFER_SYNTAX.search(head):
        return found.group(1).decode() == DeflatedExplicitVRLittleEndian
    try:
        meta = read_file_meta_info(path)
        return str(meta.get("TransferSyntaxUID")) == DeflatedExplicitVRLittleEndian
    except Exception:  # no file meta information: then nothing is deflated
        return False


def check_inflated_size(file: BinaryIO, path: str, largest_voxels: int) -> None:
    """Inflate piece by piece, up to the limit: pydicom would inflate whatever comes."""
    limit = largest_voxels * _LARGEST_VOXEL_BYTES
    start = _after_meta(file, path)
    file.seek(start)
    engine, total = zlib.decompressobj(-zlib.MAX_WBITS), 0
    try:
        while (packed := engine.unconsumed_tail or file.read(1 << 16)) and not engine.eof:
            total += len(engine.decompress(packed, 1 << 20))
            if total > limit:
                raise PixelDataError(
                    f"inflates to more than {limit} bytes",
                    file=path,
                    remedy="raise largest_image_voxels if that is meant",
                )
    except zlib.error:
        raise UnreadableFileError("its deflated data are broken", file=path) from None
    finally:
        file.seek(0)


def _after_meta(file: BinaryIO, path: str) -> int:
    """Where the data set begins: the group length (0002,0000) tells how long the file meta information is."""
    file.seek(_PREAMBLE_LENGTH)
    group, element, _, _, length = struct.unpack("<HH2sHI", file.read(12))
    if (group, element) != (0x0002, 0x0000):
        raise UnreadableFileError("is deflated, without File Meta Information Group Length", file=path)
    return _PREAMBLE_LENGTH + 12 + int(length)
