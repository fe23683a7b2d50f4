"""The masks of a station as NIfTI files on the grid of its reference series."""

from pathlib import Path

import numpy as np

from spinemets.errors import GeometryError
from spinemets.inference.records import StationImages
from spinemets.study.records import Series
from spinemets.volume import Volume, write_volume

# Elements of both affines, mm: affines pass through float32 in files. Far below a voxel, across all slices.
_TOLERANCE = 1e-3


def write_masks(images: StationImages, folder: Path, prefix: str = "") -> tuple[str, ...]:
    """Write the masks of anatomy, levels and lesions; the same masks give the same bytes.

    Args:
        images: Masks of the station.
        folder: That takes the files.
        prefix: Put before each name, to tell stations apart.

    Returns:
        Names of the files, such as ``anatomy.nii.gz``.

    Raises:
        GeometryError: If a mask is not on the grid of the reference series.
    """
    masks = {"anatomy": images.anatomy, "levels": images.levels, "lesions": images.lesions}
    names = {f"{prefix}{mask}.nii.gz": volume for mask, volume in masks.items()}
    for name, volume in names.items():
        _check_grid(volume, images.reference, name)
    for name, volume in names.items():
        write_volume(folder / name, volume)
    return tuple(names)


def _check_grid(mask: Volume, reference: Series, name: str) -> None:
    same = mask.shape == reference.shape and np.allclose(
        mask.affine_ras, reference.affine_ras, rtol=0.0, atol=_TOLERANCE
    )
    if not same:
        raise GeometryError(
            f"is not on the grid of {reference.key}: shape {mask.shape} and {reference.shape}",
            file=name,
            remedy="bring the mask back onto the series' own grid before writing",
        )
