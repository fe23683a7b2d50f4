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

    @property
    def is_orthogonal(self) -> bool:
        """Whether the axes stand at right angles, as MetaImage and SimpleITK need them."""
        axes = self.affine_ras[:3, :3] / np.asarray(self.spacing_mm)
        return bool(np.abs(axes.T @ axes - np.eye(3)).max() < 1e-4)

    def voxel_to_world(self, indices: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """World RAS mm of voxel indices (..., 3); centres of voxels have whole indices."""
        world = np.asarray(indices, dtype=np.float64) @ self.affine_ras[:3, :3].T + self.affine_ras[:3, 3]
        return np.asarray(world)

    def world_to_voxel(self, points_ras_mm: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Fractional voxel indices of world RAS mm points (..., 3), the inverse of ``voxel_to_world``."""
        offsets = np.asarray(points_ras_mm, dtype=np.float64) - self.affine_ras[:3, 3]
        return np.asarray(np.linalg.solve(self.affine_ras[:3, :3], offsets[..., None])[..., 0])

    def has_grid_of(self, other: "Volume", tolerance_mm: float = 1e-3) -> bool:
        """Whether both have the same shape, and every corner voxel lies within the tolerance."""
        if self.shape != other.shape:
            return False
        corners = np.array(np.meshgrid(*((0, count - 1) for count in self.shape))).reshape(3, -1).T
        apart = self.voxel_to_world(corners) - other.voxel_to_world(corners)
        return bool(np.linalg.norm(apart, axis=1).max() <= tolerance_mm)
