"""Whether the pixels of a DICOM file are all there, without reading them."""

import os
import struct
from dataclasses import dataclass
from typing import BinaryIO

_PIXEL_GROUP = 0x7FE0
# Float Pixel Data, Double Float Pixel Data, Pixel Data.
_PIXEL_ELEMENTS = frozenset({0x0008, 0x0009, 0x0010})
_UNDEFINED_LENGTH = 0xFFFFFFFF
_ITEM = (0xFFFE, 0xE000)
_SEQUENCE_END = (0xFFFE, 0xE0DD)


@dataclass(frozen=True, slots=True)
class StoredPixels:
    """How the pixels of a file are stored.

    Args:
        length: Bytes of uncompressed pixels; None where they are compressed.
        whole: Whether the file is long enough to hold them.
    """

    length: int | None
    whole: bool


def stored_pixels(
    file: BinaryIO, implicit_vr: bool | None, little_endian: bool | None
) -> StoredPixels | None:
    """How the pixels are stored that begin where ``file`` stands; None if no pixels begin there."""
    order = "<" if little_endian is not False else ">"
    start = file.read(12)
    if len(start) < 12:
        return None
    group, element = struct.unpack(f"{order}HH", start[:4])
    if group != _PIXEL_GROUP or element not in _PIXEL_ELEMENTS:
        return None
    if implicit_vr:
        file.seek(-4, os.SEEK_CUR)
    length = struct.unpack(f"{order}I", start[4:8] if implicit_vr else start[8:12])[0]
    if length == _UNDEFINED_LENGTH:
        return StoredPixels(None, whole=_fragments_are_whole(file))
    return StoredPixels(length, whole=length <= _remaining(file))


def _fragments_are_whole(file: BinaryIO) -> bool:
    """Step from fragment to fragment of compressed pixels (DICOM PS3.5, A.4) to their end."""
    left = _remaining(file)
    while left >= 8:
        group, element, length = struct.unpack("<HHI", file.read(8))
        if (group, element) == _SEQUENCE_END:
            return True
        left -= 8 + length
        if (group, element) != _ITEM or left < 0:
            return False
        file.seek(length, os.SEEK_CUR)
    return False


def _remaining(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size - file.tell()
