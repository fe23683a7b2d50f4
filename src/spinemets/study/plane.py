"""Orientation of a stack of slices, from geometry alone."""

from itertools import permutations

import numpy as np
import numpy.typing as npt

from spinemets.errors import GeometryError
from spinemets.study.records import Plane

Affine = npt.NDArray[np.float64]

# How far the slices' normal may lean off its anatomical axis before the series is called oblique.
# Axial spine slices are angled to the disc, and the sacral end plate slopes 41 degrees (standard deviation 8
# in 300 healthy adults: Vialle et al. 2005, J Bone Joint Surg Am 87:260), so an axial L5-S1 slab leans up to
# 45 degrees, where it is as much coronal. A scoliosis of up to 35 degrees is followed by sagittal and coronal
# slices; beyond that a sagittal stack no longer shows both end plates of a vertebra in profile.
_TILT_LIMIT_DEG = {Plane.SAGITTAL: 35.0, Plane.AXIAL: 45.0, Plane.CORONAL: 35.0}
_PLANES_BY_NORMAL = (Plane.SAGITTAL, Plane.CORONAL, Plane.AXIAL)

# Spacings within 10 % count as equal: resampling and rounding change them by a few per cent, and no
# two-dimensional acquisition comes so close to isotropic.
_SPACING_TOLERANCE = 0.10
# Breaks the tie of a normal exactly between two axes.
_PREFER_AXIAL = np.array([0.0, 0.0, 1e-9])

_LEFT_RIGHT, _FRONT_BACK, _HEAD_FEET = 0, 1, 2
# World axes that the slice, row and column index run along, as radiologists hang each plane.
_DISPLAY_AXES = {
    _LEFT_RIGHT: (_LEFT_RIGHT, _HEAD_FEET, _FRONT_BACK),
    _FRONT_BACK: (_FRONT_BACK, _HEAD_FEET, _LEFT_RIGHT),
    _HEAD_FEET: (_HEAD_FEET, _FRONT_BACK, _LEFT_RIGHT),
}


def plane_of(affine_ras: Affine, shape: tuple[int, int, int]) -> Plane:
    """Plane of a stack ordered (slice, row, column).

    The plane is that of the acquired slices, also where a three-dimensional acquisition has almost
    isotropic voxels. It rests on the normal of the row and column axes, so that a sheared stack (slices
    shifted against each other) is judged by its slices.

    Args:
        affine_ras: 4 x 4, index (slice, row, column) to RAS millimetres.
        shape: Voxels as (slice, row, column).

    Raises:
        GeometryError: If the affine is not finite, rows and columns are parallel, or an axis is empty.
    """
    if min(shape) < 1:
        raise GeometryError(f"a stack of shape {shape} has no voxels")
    normal = _slice_normal(affine_ras)
    nearest = int(np.argmax(np.abs(normal) + _PREFER_AXIAL))
    plane = _PLANES_BY_NORMAL[nearest]
    tilt_deg = float(np.degrees(np.arccos(np.clip(abs(normal[nearest]), 0.0, 1.0))))
    return plane if tilt_deg <= _TILT_LIMIT_DEG[plane] + 1e-6 else Plane.OBLIQUE


def _slice_normal(affine_ras: Affine) -> npt.NDArray[np.float64]:
    directions = np.asarray(affine_ras, dtype=np.float64)[:3, :3]
    # Absurdly large spacings overflow to what is no number, and are refused below.
    with np.errstate(all="ignore"):
        normal = np.cross(directions[:, 1], directions[:, 2])
        length = float(np.linalg.norm(normal))
    if not np.isfinite(length) or length < 1e-9:
        raise GeometryError("rows and columns span no plane", remedy="check the orientation in the header")
    unit: npt.NDArray[np.float64] = normal / length
    return unit


def display_order(
    affine_ras: Affine, shape: tuple[int, int, int], plane: Plane | None = None
) -> tuple[int, int, int]:
    """Order of a file's axes that gives (slice, row, column), where the file does not say which is which.

    Axes are permuted, never flipped: the affine says what is left. The slice axis is

    1. the axis with a single voxel, if there is just one such axis;
    2. else the axis nearest to the normal of ``plane``, if that is given;
    3. else the axis with the largest spacing (equal within 10 %: a tie);
    4. in a tie, the axis along left-right if it takes part: a (nearly) isotropic volume can be read in any
       plane, and sagittal is the one that serves; otherwise the axis with fewest voxels, then the last.

    Rows then run head to feet and columns front to back on a sagittal stack, as images are hung.

    Args:
        affine_ras: 4 x 4, index along the file's axes to RAS millimetres.
        shape: Voxels along the file's axes.
        plane: The plane, where the user has named it; ``OBLIQUE`` says nothing of the axis.

    Returns:
        For slice, row and column, the file's axis: the argument of ``np.transpose``.

    Raises:
        GeometryError: If the affine is singular or not finite.
    """
    directions = np.asarray(affine_ras, dtype=np.float64)[:3, :3]
    if not np.isfinite(directions).all() or abs(np.linalg.det(directions)) < 1e-9:
        raise GeometryError(
            "the affine is singular or not finite", remedy="write the file again with its geometry"
        )
    world = _nearest_world_axes(directions)
    slice_axis = _slice_axis(directions, shape, world, plane)
    order = tuple(world.index(axis) for axis in _DISPLAY_AXES[world[slice_axis]])
    return order[0], order[1], order[2]


def in_display_order(affine_ras: Affine, order: tuple[int, int, int]) -> Affine:
    """The affine of an array after ``np.transpose(array, order)``."""
    permuted: Affine = np.asarray(affine_ras, dtype=np.float64)[:, [*order, 3]]
    return permuted


def _nearest_world_axes(directions: npt.NDArray[np.float64]) -> tuple[int, int, int]:
    """For each file axis its own world axis; the assignment that fits best over all three."""
    cosines = np.abs(directions / np.linalg.norm(directions, axis=0))
    return max(
        permutations((0, 1, 2), 3), key=lambda world: sum(cosines[world[axis], axis] for axis in range(3))
    )


def _slice_axis(
    directions: npt.NDArray[np.float64],
    shape: tuple[int, int, int],
    world: tuple[int, int, int],
    plane: Plane | None,
) -> int:
    single = [axis for axis in range(3) if shape[axis] == 1]
    if len(single) == 1:
        return single[0]
    if plane is not None and plane is not Plane.OBLIQUE:
        return world.index(_PLANES_BY_NORMAL.index(plane))
    spacing_mm = np.linalg.norm(directions, axis=0)
    coarsest = [axis for axis in range(3) if spacing_mm[axis] >= (1 - _SPACING_TOLERANCE) * spacing_mm.max()]
    if len(coarsest) > 1 and world.index(_LEFT_RIGHT) in coarsest:
        return world.index(_LEFT_RIGHT)
    return min(coarsest, key=lambda axis: (shape[axis], -axis))
