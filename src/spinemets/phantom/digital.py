"""A digital spine on voxel grids: what the scanner images, and the truth is measured on."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Level
from spinemets.phantom.spec import SpineSpec

Codes = npt.NDArray[np.uint8]
Points = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class VertebraFrame:
    """Where a vertebra lies: a rigid frame with its origin in the centre of the body.

    Args:
        level: The vertebra.
        origin_ras_mm: Centre of the (intact) body, (3,).
        axes_ras: Columns are the vertebra's right, anterior and superior unit vectors, (3, 3).
        half_size_mm: Half width, half depth and half height of the intact body.
    """

    level: Level
    origin_ras_mm: npt.NDArray[np.float64]
    axes_ras: npt.NDArray[np.float64]
    half_size_mm: tuple[float, float, float]

    def to_local_mm(self, points_ras_mm: Points) -> Points:
        """World points (..., 3) as (right, anterior, superior) millimetres from the body's centre."""
        local: Points = (points_ras_mm - self.origin_ras_mm) @ self.axes_ras
        return local

    def to_world_mm(self, points_local_mm: Points) -> Points:
        """The inverse of ``to_local_mm``."""
        world: Points = points_local_mm @ self.axes_ras.T + self.origin_ras_mm
        return world


@dataclass(frozen=True, slots=True, eq=False)
class CanalSection:
    """The canal across the sac's centre line at one place, as ellipses; half axes in mm.

    ``cord_*`` are 0 below the conus. Tangent points to the head; ``right`` and ``anterior`` span
    the section.
    """

    level: Level
    centre_ras_mm: npt.NDArray[np.float64]
    right_ras: npt.NDArray[np.float64]
    anterior_ras: npt.NDArray[np.float64]
    tangent_ras: npt.NDArray[np.float64]
    canal_half_width_mm: float
    canal_half_depth_mm: float
    sac_half_width_mm: float
    sac_half_depth_mm: float
    cord_half_width_mm: float
    cord_half_depth_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class DigitalSpine:
    """A spine as voxels, in two grids that share RAS world coordinates in mm.

    Axes of every array are (right, anterior, superior): index 0 grows to the patient's right,
    1 to the front, 2 to the head; both affines are diagonal with positive spacings.

    Args:
        spec: What was asked for.
        near_affine_ras: Grid of the spine and its surroundings, fine and isotropic.
        tissue: ``Tissue`` codes on the near grid.
        anatomy: ``Anatomy`` codes on the near grid.
        level: ``Level.code`` of bone on the near grid, 0 elsewhere.
        element: ``Element`` codes of bone on the near grid, 0 elsewhere.
        lesion: 1 + index into ``spec.lesions`` for tumour (bone, paravertebral and epidural), else 0.
        far_affine_ras: Coarser grid of the whole body section; holds the near grid.
        far_tissue: ``Tissue`` codes on the far grid.
        frames: One for each vertebra that meets the near grid, head to feet.
        canal: Sections along the canal, head to feet, evenly spaced (about 1 mm).
    """

    spec: SpineSpec
    near_affine_ras: npt.NDArray[np.float64]
    tissue: Codes
    anatomy: Codes
    level: Codes
    element: Codes
    lesion: Codes
    far_affine_ras: npt.NDArray[np.float64]
    far_tissue: Codes
    frames: tuple[VertebraFrame, ...]
    canal: tuple[CanalSection, ...]

    def frame(self, level: Level) -> VertebraFrame:
        """The frame of a vertebra.

        Raises:
            KeyError: If the vertebra does not meet the near grid.
        """
        for frame in self.frames:
            if frame.level is level:
                return frame
        raise KeyError(level)
