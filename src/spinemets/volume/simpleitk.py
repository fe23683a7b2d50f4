"""Between our volumes (RAS, array order) and SimpleITK's images (LPS, fastest axis first)."""

from typing import Any

import numpy as np
import SimpleITK

from spinemets.volume.record import Volume

_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0])


def to_simpleitk(volume: Volume) -> Any:
    """A SimpleITK image of the same voxels in the same place; array axis 0 becomes ITK's axis 2.

    Raises:
        ValueError: If the axes are sheared, which ITK images cannot be.
    """
    spacing = np.asarray(volume.spacing_mm)
    axes = volume.affine_ras[:3, :3] / spacing
    if not volume.is_orthogonal:
        raise ValueError("SimpleITK images cannot have sheared axes")
    # ITK's singular value decomposition stumbles over denormal numbers.
    axes[np.abs(axes) < 1e-12] = 0.0
    array = volume.array.astype(np.uint8) if volume.array.dtype == np.bool_ else volume.array
    image: Any = SimpleITK.GetImageFromArray(np.ascontiguousarray(array))
    # Array order (i, j, k) is ITK order (k, j, i).
    image.SetDirection((_RAS_TO_LPS @ axes[:, ::-1]).ravel().tolist())
    image.SetSpacing(spacing[::-1].tolist())
    image.SetOrigin((_RAS_TO_LPS @ volume.affine_ras[:3, 3]).tolist())
    return image


def from_simpleitk(image: Any) -> Volume:
    """The volume of a SimpleITK image of three axes."""
    array = SimpleITK.GetArrayFromImage(image)
    direction = np.asarray(image.GetDirection()).reshape(3, 3)
    affine = np.eye(4)
    affine[:3, :3] = (_RAS_TO_LPS @ direction * np.asarray(image.GetSpacing()))[:, ::-1]
    affine[:3, 3] = _RAS_TO_LPS @ np.asarray(image.GetOrigin())
    return Volume(array, affine)
