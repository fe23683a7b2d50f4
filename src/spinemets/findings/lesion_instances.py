"""Lesions as connected parts of a map of probabilities."""

import numpy as np
from scipy import ndimage

from spinemets.volume import Volume

# Voxels that share a corner belong together, as in the counting of lesions when networks are judged.
_CONNECTED = np.ones((3, 3, 3), dtype=bool)


def split_lesions(
    probability: Volume, threshold: float, allowed: Volume | None, least_volume_ml: float
) -> Volume:
    """Number the connected parts of a map, head to feet.

    A connected part is one lesion, also where it spreads over two vertebrae: where it would have to be cut
    cannot be seen. Its record names every vertebra that it touches.

    Args:
        probability: Of a lesion, 0 to 1, any orientation.
        threshold: Voxels from this on belong to a lesion.
        allowed: Not 0 where lesions may lie, on the same grid; None for everywhere.
        least_volume_ml: Smaller parts are dropped.

    Returns:
        uint16 on the same grid, 0 outside lesions; the centre of mass orders them.

    Raises:
        ValueError: If ``allowed`` lies on another grid.
    """
    mask = probability.array >= threshold
    if allowed is not None:
        if not allowed.has_grid_of(probability):
            raise ValueError("allowed must lie on the grid of the probabilities")
        mask &= allowed.array != 0
    parts, count = ndimage.label(mask, structure=_CONNECTED)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    kept = np.flatnonzero(sizes * probability.voxel_volume_ml >= least_volume_ml) + 1
    new = np.zeros(count + 1, dtype=np.uint16)
    if len(kept):
        centres = np.asarray(ndimage.center_of_mass(mask, parts, kept))
        heights = probability.voxel_to_world(centres)[:, 2]
        new[kept[np.argsort(-heights, kind="stable")]] = np.arange(1, len(kept) + 1)
    return Volume(new[parts], probability.affine_ras)
