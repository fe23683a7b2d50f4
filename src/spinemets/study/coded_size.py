"""The size that compressed pixels announce, which a decoder makes room for before it looks further."""

import struct
from collections.abc import Iterator

_JPEG_2000_START = b"\xff\x4f\xff\x51"
_JPEG_START = b"\xff\xd8"
# Start of frame: all processes of JPEG (ISO 10918-1, table B.1; without the Huffman table, arithmetic table
# and extension markers that lie between them), and JPEG-LS (ISO 14495-1).
_FRAME_STARTS = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
_SCAN_START = 0xDA


def coded_size(frame: bytes) -> tuple[int, int] | None:
    """Rows and columns of a JPEG, JPEG-LS or JPEG 2000 code stream; None if it is none or breaks off."""
    if frame.startswith(_JPEG_2000_START) and len(frame) >= 24:
        # Xsiz, Ysiz, XOsiz and YOsiz of the SIZ marker segment (ISO 15444-1, A.5.1).
        right, bottom, left, top = struct.unpack(">4I", frame[8:24])
        return bottom - top, right - left
    if not frame.startswith(_JPEG_START):
        return None
    for marker, start in _segments(frame):
        if marker in _FRAME_STARTS and len(frame) >= start + 9:
            rows, columns = struct.unpack(">HH", frame[start + 5 : start + 9])
            return rows, columns
    return None


def _segments(frame: bytes) -> Iterator[tuple[int, int]]:
    """Markers of the header with the place where each begins."""
    place = 2
    while place + 4 <= len(frame) and frame[place] == 0xFF:
        marker = frame[place + 1]
        if marker == _SCAN_START:
            return
        if marker == 0xFF:
            # Any number of fill bytes may stand before a marker.
            place += 1
            continue
        yield marker, place
        place += 2 + struct.unpack(">H", frame[place + 2 : place + 4])[0]
