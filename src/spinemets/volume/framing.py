"""Cutting a volume smaller and padding it larger, with its place in the world kept."""

import numpy as np

from spinemets.volume.record import Volume

Index3 = tuple[int, int, int]


def crop(volume: Volume, start: Index3, stop: Index3) -> Volume:
    """The box of voxels from ``start`` to before ``stop``; a view of the same memory.

    Raises:
        ValueError: If the box is empty or reaches beyond the volume.
    """
    inside = all(0 <= low < high <= count for low, high, count in zip(start, stop, volume.shape, strict=True))
    if not inside:
        raise ValueError(f"the box {start} to {stop} is empty or not inside a volume of shape {volume.shape}")
    cut = tuple(slice(low, high) for low, high in zip(start, stop, strict=True))
    return Volume(volume.array[cut], _moved(volume, start))


def pad(volume: Volume, before: Index3, after: Index3, value: float = 0) -> Volume:
    """The volume with voxels of one value added before and after along each axis.

    Raises:
        ValueError: If a number of voxels is negative.
    """
    if min(*before, *after) < 0:
        raise ValueError(f"cannot pad by {before} and {after}; crop to make a volume smaller")
    array = np.pad(volume.array, tuple(zip(before, after, strict=True)), constant_values=value)
    i, j, k = before
    return Volume(array, _moved(volume, (-i, -j, -k)))


def _moved(volume: Volume, first: Index3) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    affine = volume.affine_ras.copy()
    affine[:3, 3] = volume.voxel_to_world(first)
    return affine
