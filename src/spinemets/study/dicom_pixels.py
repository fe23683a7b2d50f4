"""Reads the voxels of a DICOM series."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels.processing import apply_modality_lut
from pydicom.pixels.utils import iter_pixels
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from spinemets.errors import PixelDataError, UnreadableFileError
from spinemets.study.coded_size import coded_size
from spinemets.study.dicom_file import quiet_pydicom
from spinemets.study.header_values import first_item, items, number
from spinemets.study.records import DicomFrame

Slice = npt.NDArray[np.float32]


def read_frames(frames: Sequence[DicomFrame], rows: int, columns: int) -> npt.NDArray[np.float32]:
    """The frames as one array, (slice, row, column), float32, in the order given.

    Values are rescaled by Rescale Slope and Intercept, of the frame where it has its own, else of the
    image, or by the Modality LUT. Philips' private scale slope, which makes values of different series
    comparable, is not applied; nor is a window.

    Args:
        frames: Where the slices are.
        rows: Rows of each slice.
        columns: Columns of each slice.

    Raises:
        UnreadableFileError: If a file cannot be opened or parsed.
        PixelDataError: If pixels are absent, too short, of another size or cannot be decoded.
    """
    array = np.empty((len(frames), rows, columns), dtype=np.float32)
    places = {(str(frame.path), frame.frame_index): k for k, frame in enumerate(frames)}
    by_file = sorted(frames, key=lambda frame: (str(frame.path), frame.frame_index))
    for name, group in groupby(by_file, key=lambda frame: str(frame.path)):
        indices = [frame.frame_index for frame in group]
        for index, values in zip(indices, _read_file(Path(name), indices, rows, columns), strict=True):
            array[places[name, index]] = values
    return array


def _read_file(path: Path, indices: Sequence[int], rows: int, columns: int) -> Iterator[Slice]:
    try:
        with quiet_pydicom():
            elements = pydicom.dcmread(path, force=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UnreadableFileError(f"cannot be opened: {reason}", file=path) from None
    except Exception as error:  # a broken file makes pydicom raise almost anything
        raise UnreadableFileError(f"cannot be parsed ({type(error).__name__})", file=path) from None
    for index, stored in zip(indices, _decoded(elements, path, indices), strict=True):
        if stored.shape != (rows, columns):
            found = " x ".join(map(str, stored.shape))
            raise PixelDataError(f"has pixels of {found} where {rows} x {columns} were expected", file=path)
        yield _rescaled(elements, index, stored, path)


def _decoded(elements: Dataset, path: Path, indices: Sequence[int]) -> list[npt.NDArray[np.generic]]:
    try:
        with quiet_pydicom():
            _complete(elements)
            _check_coded_sizes(elements, path, indices)
            return [np.asarray(stored) for stored in iter_pixels(elements, indices=list(indices), raw=True)]
    except PixelDataError:
        raise
    except Exception as error:  # decoders raise almost anything
        raise PixelDataError(
            f"its pixels cannot be decoded ({type(error).__name__})",
            file=path,
            field=_syntax_name(elements),
            remedy="copy the file again, or convert it to an uncompressed transfer syntax",
        ) from None


def _complete(elements: Dataset) -> None:
    """Files without file meta information do not name their transfer syntax, but show it."""
    if "TransferSyntaxUID" not in elements.file_meta:
        implicit, _ = elements.original_encoding
        elements.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


def _check_coded_sizes(elements: Dataset, path: Path, indices: Sequence[int]) -> None:
    """A code stream of another size than the header's is broken, or meant to fill the memory."""
    if not elements.file_meta.TransferSyntaxUID.is_encapsulated:
        return
    frames = int(number(elements, "NumberOfFrames") or 1)
    expected = (number(elements, "Rows"), number(elements, "Columns"))
    for index in indices:
        size = coded_size(get_frame(elements.PixelData, index, number_of_frames=frames))
        if size is not None and size != expected:
            raise PixelDataError(
                f"has compressed pixels of {size[0]} x {size[1]}, where its header says otherwise",
                file=path,
                remedy="copy the file again",
            )


def _syntax_name(elements: Dataset) -> str | None:
    uid = elements.file_meta.get("TransferSyntaxUID")
    return None if uid is None else str(uid.name)


def _rescaled(elements: Dataset, index: int, stored: npt.NDArray[np.generic], path: Path) -> Slice:
    with quiet_pydicom():
        transform = _frame_transform(elements, index)
        slope, intercept = number(transform, "RescaleSlope"), number(transform, "RescaleIntercept")
        if slope is None and intercept is None and "ModalityLUTSequence" in transform:
            return np.asarray(apply_modality_lut(stored, transform), dtype=np.float32)
    if slope == 0:
        raise PixelDataError("is zero, so that all voxels are equal", file=path, field="RescaleSlope")
    values = stored.astype(np.float32)
    if slope is not None and slope != 1:
        values *= np.float32(slope)
    if intercept:
        values += np.float32(intercept)
    return values


def _frame_transform(elements: Dataset, index: int) -> Dataset:
    """Where the rescaling of a frame stands: its functional groups, the shared ones, or the image."""
    per_frame = list(items(elements, "PerFrameFunctionalGroupsSequence"))
    own = per_frame[index : index + 1]
    shared = items(elements, "SharedFunctionalGroupsSequence")
    found = first_item((*own, *shared), "PixelValueTransformationSequence")
    return found if len(found) else elements
