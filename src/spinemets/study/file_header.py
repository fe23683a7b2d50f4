"""Shape and place of a NIfTI or MetaImage file, without its voxels."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinemets.errors import GeometryError, UnreadableFileError
from spinemets.study.file_names import NIFTI_SUFFIXES


@dataclass(frozen=True, slots=True, eq=False)
class FileHeader:
    """What a file's header says of its grid.

    Args:
        shape: Voxels along the file's axes.
        affine_ras: 4 x 4, index along the file's axes to RAS millimetres.
        warnings: What is unusual, in sentences.
    """

    shape: tuple[int, int, int]
    affine_ras: npt.NDArray[np.float64]
    warnings: tuple[str, ...] = ()


def read_file_header(path: Path) -> FileHeader:
    """Shape and place of an image file; no voxel is read.

    Raises:
        UnreadableFileError: If the file is missing, truncated or no image, or has more than three axes.
        GeometryError: If an axis is empty, or its spacing is not in millimetres.
    """
    if not path.is_file():
        raise UnreadableFileError("no such file", file=path, remedy="check the path")
    nifti = path.name.casefold().endswith(NIFTI_SUFFIXES)
    header = _nifti_header(path) if nifti else _itk_header(path)
    if min(header.shape) < 1:
        raise GeometryError(f"has the shape {header.shape}, without voxels", file=path)
    return header


def _nifti_header(path: Path) -> FileHeader:
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    try:
        image: Any = nibabel.load(path)
        shape, affine_ras = tuple(map(int, image.shape)), image.affine
        coded = int(image.header["sform_code"]) > 0 or int(image.header["qform_code"]) > 0
        unit = image.header.get_xyzt_units()[0]
    except (ImageFileError, OSError, EOFError, ValueError, KeyError) as error:
        raise UnreadableFileError(f"is no readable NIfTI file ({error})", file=path) from None
    if unit in {"meter", "micron"}:
        raise GeometryError(
            f"has its spacing in {unit}s", file=path, field="xyzt_units", remedy="write it in mm"
        )
    _check_length(path, image)
    warnings = () if coded else ("The header has no orientation: which side is left is a guess.",)
    return FileHeader(_three_axes(shape, path), np.asarray(affine_ras, dtype=np.float64), warnings)


def _check_length(path: Path, image: Any) -> None:
    """An uncompressed file tells from its length whether voxels are missing."""
    if path.name.casefold().endswith(".gz"):
        return
    proxy = image.dataobj
    needed = int(proxy.offset) + int(np.prod(proxy.shape)) * int(proxy.dtype.itemsize)
    if (found := path.stat().st_size) < needed:
        raise UnreadableFileError(
            f"is truncated: {found} bytes of {needed}", file=path, remedy="copy the file again"
        )


def _itk_header(path: Path) -> FileHeader:
    import SimpleITK

    # Typed loosely: SimpleITK's functions carry no annotations.
    toolkit: Any = SimpleITK
    reader = toolkit.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise UnreadableFileError(f"is no readable image ({reason})", file=path) from None
    shape = _three_axes(reader.GetSize(), path)
    directions = np.array(reader.GetDirection()).reshape(len(reader.GetSize()), -1)[:3, :3]
    affine_ras = np.eye(4)
    # ITK's world is LPS.
    to_ras = np.diag([-1.0, -1.0, 1.0])
    affine_ras[:3, :3] = to_ras @ directions @ np.diag(reader.GetSpacing()[:3])
    affine_ras[:3, 3] = to_ras @ np.array(reader.GetOrigin()[:3])
    return FileHeader(shape, affine_ras)


def _three_axes(shape: tuple[int, ...], path: Path) -> tuple[int, int, int]:
    i, j, k, *more = (*shape, *(1,) * (3 - len(shape)))
    if len(shape) < 2 or any(count != 1 for count in more):
        raise UnreadableFileError(
            f"has the shape {shape}, not three axes", file=path, remedy="write one file for each volume"
        )
    return i, j, k
