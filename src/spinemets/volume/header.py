"""Shape and place of a NIfTI or MetaImage file, without its voxels."""

import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError

from spinemets.errors import GeometryError, UnreadableFileError

NIFTI_SUFFIXES = (".nii.gz", ".nii")
METAIMAGE_SUFFIXES = (".mha", ".mhd")
IMAGE_SUFFIXES = (*NIFTI_SUFFIXES, *METAIMAGE_SUFFIXES)


@dataclass(frozen=True, slots=True, eq=False)
class FileHeader:
    """What a file's header says of its grid.

    Args:
        shape: Voxels along the file's axes.
        affine_ras: 4 x 4, index along the file's axes to RAS millimetres.
    """

    shape: tuple[int, int, int]
    affine_ras: npt.NDArray[np.float64]


def read_file_header(path: Path) -> FileHeader:
    """Shape and place of an image file; no voxel is read.

    Raises:
        UnreadableFileError: If the file is missing, truncated or no image, or has more than three axes.
        GeometryError: If an axis is empty, or its spacing is not in millimetres.
    """
    if not path.is_file():
        raise UnreadableFileError("no such file", file=path, remedy="check the path")
    if not path.name.casefold().endswith(IMAGE_SUFFIXES):
        raise unknown_suffix(path)
    nifti = path.name.casefold().endswith(NIFTI_SUFFIXES)
    header = _nifti_header(path) if nifti else _itk_header(path)
    if min(header.shape) < 1:
        raise GeometryError(f"has the shape {header.shape}, without voxels", file=path)
    return header


# All that nibabel raises on files that are not what they claim to be.
UNREADABLE = (
    *(ImageFileError, HeaderDataError, OSError, EOFError),
    *(ValueError, KeyError, OverflowError, zlib.error),
)
# Further apart than this, the two transforms of a NIfTI header contradict each other. The qform's quaternion
# is float32 with one part left to be computed: near half turns, as oblique stacks have, that is up to 1.2e-3
# off (the worst of 20,000 drawn), 0.6 mm over half a metre.
_FORMS_AGREE_MM = 1.0


def unknown_suffix(path: Path) -> UnreadableFileError:
    """The error for a file whose name is that of no image."""
    known = ", ".join(IMAGE_SUFFIXES)
    return UnreadableFileError(f"has the suffix of no known image format; known: {known}", file=path)


def _nifti_header(path: Path) -> FileHeader:
    try:
        image: Any = nibabel.load(path)
        shape = tuple(map(int, image.shape))
        unit = image.header.get_xyzt_units()[0]
        needed = int(image.dataobj.offset) + math.prod(shape) * int(image.dataobj.dtype.itemsize)
    except UNREADABLE as error:
        raise UnreadableFileError(f"is no readable NIfTI file ({error})", file=path) from None
    if unit in {"meter", "micron"}:
        raise GeometryError(
            f"has its spacing in {unit}s", file=path, field="xyzt_units", remedy="write it in mm"
        )
    _check_length(path, needed)
    axes = _three_axes(shape, path)
    return FileHeader(axes, _nifti_affine(image.header, axes, path))


def _nifti_affine(header: Any, shape: tuple[int, int, int], path: Path) -> npt.NDArray[np.float64]:
    """The sform, else the qform; refused where neither is set, or the two disagree."""
    sform, sform_code = header.get_sform(coded=True)
    qform, qform_code = header.get_qform(coded=True)
    if not sform_code and not qform_code:
        raise GeometryError(
            "has no orientation: which side is left is not known",
            file=path,
            field="sform_code, qform_code",
            remedy="convert the original again with dcm2niix",
        )
    given = [form for form, code in ((sform, sform_code), (qform, qform_code)) if code]
    if not all(np.isfinite(form).all() for form in given):
        raise GeometryError(
            "has an orientation that is not of finite numbers",
            file=path,
            field="sform, qform",
            remedy="convert the original again with dcm2niix",
        )
    if sform_code and qform_code:
        ends = np.array([[0, 0, 0, 1], [*(np.array(shape) - 1), 1]]).T
        apart_mm = float(np.abs(sform @ ends - qform @ ends).max())
        if apart_mm > _FORMS_AGREE_MM:
            raise GeometryError(
                f"holds two orientations that are {apart_mm:.1f} mm apart",
                file=path,
                field="sform, qform",
                remedy="set both from the one that is right",
            )
    affine_ras: npt.NDArray[np.float64] = np.asarray(sform if sform_code else qform, dtype=np.float64)
    return affine_ras


def _check_length(path: Path, needed: int) -> None:
    """An uncompressed file tells from its length whether voxels are missing."""
    found = path.stat().st_size
    if found < needed and not path.name.casefold().endswith(".gz"):
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
