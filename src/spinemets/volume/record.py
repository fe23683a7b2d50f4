"""An image with its place in the world."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

AffineRas = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Voxels and where they lie.

    Args:
        array: Voxels, three axes; for sagittal and axial series (slice, row, column).
        affine_ras: 4 x 4, voxel index (centre of voxel) to RAS millimetres, float64.

    Raises:
        ValueError: If the array has not three axes or the affine is not an invertible 4 x 4 matrix
            of finite numbers.
    """

    array: npt.NDArray[Any]
    affine_ras: AffineRas

    def __post_init__(self) -> None:
        affine = np.array(self.affine_ras, dtype=np.float64)
        if self.array.ndim != 3:
            raise ValueError(f"a volume has three axes, got an array of shape {self.array.shape}")
        if affine.shape != (4, 4) or not np.isfinite(affine).all():
            raise ValueError("affine_ras must be a 4 x 4 matrix of finite numbers")
        if abs(np.linalg.det(affine[:3, :3])) < 1e-9:
            raise ValueError("affine_ras is singular: two axes point the same way or a spacing is zero")
        affine.setflags(write=False)
        object.__setattr__(self, "affine_ras", affine)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along each array axis."""
        i, j, k = self.array.shape
        return i, j, k

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between neighbouring voxel centres along each array axis."""
        i, j, k = np.linalg.norm(self.affine_ras[:3, :3], axis=0)
        return float(i), float(j), float(k)

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel."""
        return float(abs(np.linalg.det(self.affine_ras[:3, :3]))) / 1000.0
