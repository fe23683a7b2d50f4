"""Reads the images and masks that a manifest names, and tells whether a mask lies on its image's grid."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinemets.errors import GeometryError, InputError, PixelDataError, UnreadableFileError
from spinemets.study.file_series import NamedFile, series_of_file
from spinemets.study.pseudonym import Identifiers, OriginalIdentifiers
from spinemets.study.reading import load_volume
from spinemets.study.records import Plane, Series, Study
from spinemets.volume import Volume, read_volume
from spinemets.volume.files import MAXIMUM_VOXELS
from spinemets.volume.header import FileHeader, read_file_header
from spinemets.volume.record import AffineRas

# A quarter of a voxel moves no voxel of a mask to another one of the image; the usual mistake, corners taken
# for centres, is half a voxel, while the float32 quaternion of a NIfTI header is off by less.
_GRID_TOLERANCE_VOXELS = 0.25
_MOST_STACKS = 64
# Slices that are this many times thicker than pixels are wide were acquired as slices.
_THICK = 1.5


def load_image(path: Path, plane: Plane | None = None) -> Volume:
    """The voxels of an image, ordered (slice, row, column) as those of every series.

    Args:
        path: A NIfTI or MetaImage file, or a folder that holds one DICOM series.
        plane: The plane of the slices, where the user has named it; it decides for voxels that are about as
            thick as wide. None takes it from geometry.

    Raises:
        UnreadableFileError: If it is missing or cannot be parsed.
        GeometryError: If its place in the world is unusable, or a folder holds more than one stack.
        PixelDataError: If its voxels cannot be read.
    """
    return load_volume(image_series(path, plane))


def image_series(path: Path, plane: Plane | None = None) -> Series:
    """The series that an image is, from headers alone; arguments and errors as ``load_image``."""
    if path.is_dir():
        return _dicom_series(path)
    series = series_of_file(NamedFile(path, key="image"))
    # Thick slices show themselves which axis is theirs, also where a stack along the sacrum is called axial.
    if plane in (None, series.plane) or _has_thick_slices(series):
        return series
    return series_of_file(NamedFile(path, key="image", plane=plane))


def _has_thick_slices(series: Series) -> bool:
    across_mm, *in_plane_mm = series.spacing_mm
    return across_mm >= _THICK * max(in_plane_mm)


def load_mask(path: Path, image: Volume | Series | FileHeader) -> npt.NDArray[np.int32]:
    """The voxels of a mask as whole numbers, in the order of its image's axes.

    Args:
        path: A NIfTI or MetaImage file on the image's grid; its axes may be swapped or flipped.
        image: The image that it belongs to, or its header.

    Raises:
        UnreadableFileError: If it is missing or cannot be parsed.
        GeometryError: If its grid is another than the image's.
        PixelDataError: If its voxels are no whole numbers.
    """
    return labels_on_grid(read_volume(path), image, path)


def labels_on_grid(mask: Volume, image: Volume | Series | FileHeader, path: Path) -> npt.NDArray[np.int32]:
    """The voxels of a mask that was read, as ``load_mask`` gives them.

    Args:
        mask: As it lies in its file.
        image: The image that it belongs to, or its header.
        path: Of the mask, for messages.

    Raises:
        GeometryError: If its grid is another than the image's.
        PixelDataError: If its voxels are no whole numbers.
    """
    order, flipped = _axes_in_order_of(mask.affine_ras, image.affine_ras)
    check_grid(FileHeader(mask.shape, mask.affine_ras), image.shape, image.affine_ras, path)
    array = np.transpose(mask.array, order)[tuple(slice(None, None, -1 if each else 1) for each in flipped)]
    return _labels(array, path)


def check_mask_header(path: Path, image: Series) -> None:
    """Refuse a mask whose header gives another grid than its image's; errors as ``load_mask``."""
    check_grid(read_file_header(path), image.shape, image.affine_ras, path)


def check_grid(mask: FileHeader, shape: tuple[int, int, int], affine_ras: AffineRas, path: Path) -> None:
    """Refuse a grid that is not the image's, whatever the order and direction of its axes.

    Raises:
        GeometryError: If sizes differ, or a corner is more than a quarter of a voxel off.
    """
    remedy = "write the mask on the grid of its image"
    if not abs(np.linalg.det(mask.affine_ras[:3, :3])) > 1e-9:
        raise GeometryError(
            "is singular: a spacing is zero or no number", file=path, field="affine", remedy=remedy
        )
    order, flipped = _axes_in_order_of(mask.affine_ras, affine_ras)
    sizes = tuple(mask.shape[axis] for axis in order)
    if sizes != shape:
        raise GeometryError(
            f"has {_sizes(sizes)} voxels, its image {_sizes(shape)}", file=path, field="shape", remedy=remedy
        )
    apart_voxels = _corners_apart(mask.affine_ras, affine_ras, shape, order, flipped)
    # Written so that a distance that is no number is refused too.
    if not apart_voxels <= _GRID_TOLERANCE_VOXELS:
        raise GeometryError(
            f"lies {apart_voxels:.1f} voxels away from its image", file=path, field="affine", remedy=remedy
        )


def _axes_in_order_of(
    mask_affine: AffineRas, image_affine: AffineRas
) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """For each image axis, the mask's axis along it, and whether it runs the other way."""
    between = np.linalg.solve(mask_affine[:3, :3], image_affine[:3, :3])
    i, j, k = (int(axis) for axis in np.abs(between).argmax(axis=0))
    if {i, j, k} != {0, 1, 2}:
        return (0, 1, 2), (False, False, False)
    a, b, c = (bool(between[axis, column] < 0) for column, axis in enumerate((i, j, k)))
    return (i, j, k), (a, b, c)


def _corners_apart(
    mask_affine: AffineRas,
    image_affine: AffineRas,
    shape: tuple[int, int, int],
    order: tuple[int, int, int],
    flipped: tuple[bool, bool, bool],
) -> float:
    """Largest distance, along an axis, between a corner voxel of the image and the mask's; image voxels."""
    corners = np.array(np.meshgrid(*((0, count - 1) for count in shape))).reshape(3, -1)
    last = np.array(shape)[:, None] - 1
    in_mask = np.empty_like(corners)
    in_mask[list(order)] = np.where(np.array(flipped)[:, None], last - corners, corners)
    world = mask_affine[:3, :3] @ in_mask + mask_affine[:3, 3:]
    found = np.linalg.solve(image_affine[:3, :3], world - image_affine[:3, 3:])
    return float(np.abs(found - corners).max())


def _labels(array: npt.NDArray[np.generic], path: Path) -> npt.NDArray[np.int32]:
    numbers = np.asarray(array)
    if numbers.dtype.kind == "f" and (odd := numbers[numbers != np.rint(numbers)]).size:
        raise PixelDataError(
            f"holds {odd.flat[0]:g}, which is no label",
            file=path,
            remedy="write the mask with whole numbers, and resample masks to the nearest voxel",
        )
    limits = np.iinfo(np.int32)
    if numbers.size and (numbers.min() < limits.min or numbers.max() > limits.max):
        raise PixelDataError("holds values beyond 32 bits, which are no labels", file=path)
    return numbers.astype(np.int32)


def dicom_studies(folder: Path, identifiers: Identifiers | None = None) -> list[Study]:
    """The studies of a folder of DICOM files, headers only.

    Args:
        folder: Of one series, as manifests name it.
        identifiers: How studies are named; None keeps the header's names.

    Raises:
        UnreadableFileError: If there is no such folder.
    """
    # pydicom is slow to import, and most data sets are NIfTI.
    from spinemets.study.archive import ArchiveSettings, read_dicom_studies

    settings = ArchiveSettings(identifiers or OriginalIdentifiers(), MAXIMUM_VOXELS, _MOST_STACKS, workers=1)
    return list(read_dicom_studies(folder, settings))


def _dicom_series(folder: Path) -> Series:
    # Names are neither kept nor shown, so they need no secret.
    studies = dicom_studies(folder)
    series = [each for study in studies for each in study.series]
    if not series:
        raise _unreadable(folder, [problem.message for study in studies for problem in study.problems])
    if len(series) > 1:
        raise GeometryError(
            f"holds {len(series)} stacks of slices, where one is needed",
            file=folder,
            remedy="name a folder of one series",
        )
    return series[0]


def _unreadable(folder: Path, reasons: list[str]) -> InputError:
    reason = f" ({reasons[0]})" if reasons else ""
    return UnreadableFileError(
        f"holds no readable DICOM series{reason}", file=folder, remedy="name a folder of one series"
    )


def _sizes(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
