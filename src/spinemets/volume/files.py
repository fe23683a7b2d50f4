"""Volumes in NIfTI and MetaImage files."""

import gzip
import math
import os
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.spatialimages import HeaderDataError

from spinemets.errors import GeometryError, InputError, PixelDataError, UnreadableFileError
from spinemets.volume.header import NIFTI_SUFFIXES, UNREADABLE, FileHeader, read_file_header, unknown_suffix
from spinemets.volume.record import Volume

# 1024 slices of 1024 x 1024: more than any spine MRI holds; a header that claims more is wrong or hostile.
MAXIMUM_VOXELS = 2**30
_COMPRESSION = 6


def read_volume(path: Path, maximum_voxels: int = MAXIMUM_VOXELS) -> Volume:
    """Read an image with its place in the world.

    Values are as the file means them: its slope and intercept are applied (float32) where they are not
    1 and 0, else its own type is kept.

    Args:
        path: ``.nii``, ``.nii.gz``, ``.mha`` or ``.mhd``.
        maximum_voxels: Files that claim more are refused before anything is decoded.

    Raises:
        UnreadableFileError: If the file is missing, truncated, forbidden or of another format.
        GeometryError: If it has no orientation, a contradictory or a singular one, or not three axes.
        PixelDataError: If its voxels are missing, too many or no numbers.
    """
    header = read_file_header(path)
    # Python's integers do not overflow, unlike the headers that want them to.
    if (voxels := math.prod(header.shape)) > maximum_voxels:
        raise PixelDataError(
            f"claims {voxels} voxels, more than {maximum_voxels}", file=path, remedy="check the header"
        )
    nifti = path.name.casefold().endswith(NIFTI_SUFFIXES)
    return _read_nifti(path, header) if nifti else _read_metaimage(path)


def write_volume(path: Path, volume: Volume) -> None:
    """Write an image; the file appears whole or not at all, and the same volume gives the same bytes.

    Args:
        path: ``.nii``, ``.nii.gz`` or ``.mha``.
        volume: Any orientation; MetaImage cannot hold sheared axes.

    Raises:
        InputError: If the suffix is none of these, or the type of voxel cannot be stored.
        GeometryError: If a sheared volume is to be written as MetaImage.
    """
    name = path.name.casefold()
    suffix = next((end for end in (".nii.gz", ".nii", ".mha") if name.endswith(end)), None)
    if suffix is None:
        raise unknown_suffix(path)
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}{suffix}")
    try:
        if suffix == ".mha":
            _write_metaimage(partial, volume, path)
        else:
            _write_nifti(partial, volume, path, compress=suffix == ".nii.gz")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _read_nifti(path: Path, header: FileHeader) -> Volume:
    try:
        array = _nifti_values(nibabel.load(path)).reshape(header.shape)
    except UNREADABLE as error:
        raise UnreadableFileError(
            f"cannot be read as NIfTI ({_first_line(error)})",
            file=path,
            remedy="copy or convert the file again",
        ) from error
    return _checked(array, header.affine_ras, path)


def _nifti_values(image: Any) -> np.ndarray[tuple[int, ...], np.dtype[Any]]:
    proxy = image.dataobj
    scaled = proxy.slope != 1.0 or proxy.inter != 0.0
    if scaled:
        return np.asarray(proxy, dtype=np.float32)
    return np.asarray(proxy.get_unscaled())


def _read_metaimage(path: Path) -> Volume:
    import SimpleITK

    from spinemets.volume.simpleitk import from_simpleitk

    reader: Any = SimpleITK.ImageFileReader()  # type: ignore[no-untyped-call]
    reader.SetFileName(str(path))
    try:
        reader.SetImageIO("MetaImageIO")
        image = reader.Execute()
    except RuntimeError as error:
        raise UnreadableFileError(
            f"cannot be read as MetaImage ({_first_line(error)})", file=path, remedy="copy the file again"
        ) from error
    if image.GetDimension() != 3:
        raise GeometryError(f"has {image.GetDimension()} axes, not three", file=path)
    if image.GetNumberOfComponentsPerPixel() != 1:
        raise PixelDataError("has several values a voxel", file=path)
    volume = from_simpleitk(image)
    return _checked(volume.array, volume.affine_ras, path)


def _checked(array: np.ndarray[tuple[int, ...], np.dtype[Any]], affine: Any, path: Path) -> Volume:
    if array.dtype.kind not in "biuf":
        raise PixelDataError(f"holds voxels of type {array.dtype}, which are no numbers", file=path)
    if array.dtype.byteorder not in "=|":
        array = array.astype(array.dtype.newbyteorder("="))
    try:
        return Volume(array, affine)
    except ValueError as error:
        raise GeometryError(str(error), file=path, remedy="convert the original again") from None


def _write_nifti(partial: Path, volume: Volume, path: Path, compress: bool) -> None:
    array = volume.array.astype(np.uint8) if volume.array.dtype == np.bool_ else volume.array
    try:
        image: Any = nibabel.Nifti1Image(array, volume.affine_ras, dtype=array.dtype)  # type: ignore[no-untyped-call]
    except (HeaderDataError, ValueError) as error:
        raise InputError(f"cannot be stored as NIfTI ({_first_line(error)})", file=path) from error
    image.header.set_xyzt_units("mm", "sec")
    image.set_sform(volume.affine_ras, code=1)
    # A qform holds rotations and spacings only; a sheared grid has its sform alone.
    if volume.is_orthogonal:
        image.set_qform(volume.affine_ras, code=1)
    else:
        image.set_qform(None, code=0)
    content = image.to_bytes()
    partial.write_bytes(gzip.compress(content, _COMPRESSION, mtime=0) if compress else content)


def _write_metaimage(partial: Path, volume: Volume, path: Path) -> None:
    import SimpleITK

    from spinemets.volume.simpleitk import to_simpleitk

    if not volume.is_orthogonal:
        raise GeometryError("has sheared axes, which MetaImage cannot hold", file=path, remedy="write NIfTI")
    SimpleITK.WriteImage(to_simpleitk(volume), str(partial), useCompression=True)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
