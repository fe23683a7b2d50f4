"""A stack of parallel, evenly spaced slices: its order, its affine, and what keeps slices from being one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.errors import GeometryError
from spinemets.study.slice_record import SliceGrid, SliceRecord

Array = npt.NDArray[np.float64]

# Own limits, wider than the rounding of scanners (positions to 1e-3 mm, direction cosines to 1e-4) and
# narrower than what would blur a lesion or move it to another slice.
SAME_POSITION_MM = 0.05
SAME_OFFSET_MM = 0.5
_EVEN_PART_OF_STEP = 0.1
_EVEN_LARGEST_MM = 0.5
# A gap of three slice thicknesses is not imaged with one stack: the slices are cuts through different levels.
_LARGEST_STEP_IN_THICKNESSES = 4.0

# Letters of Patient Orientation (0020,0020) for bipeds: the first is the nearest direction.
_AXES_LPS = {
    "L": (1.0, 0.0, 0.0),
    "R": (-1.0, 0.0, 0.0),
    "P": (0.0, 1.0, 0.0),
    "A": (0.0, -1.0, 0.0),
    "H": (0.0, 0.0, 1.0),
    "F": (0.0, 0.0, -1.0),
}
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True)
class Stack:
    """Slices in the order of their volume, with what is unusual about them, in sentences."""

    slices: tuple[SliceRecord, ...]
    warnings: tuple[str, ...] = ()


def normal_lps(grid: SliceGrid) -> Array:
    """Unit normal of the slices: along rows cross along columns, in which DICOM orders slices."""
    normal: Array = np.cross(grid.along_row_lps, grid.along_column_lps)
    return normal


def positions_lps(slices: Sequence[SliceRecord]) -> Array:
    """Positions of the first pixels, (slice, xyz) in mm."""
    return np.array([one.position_lps for one in slices], dtype=np.float64).reshape(-1, 3)


def depths_mm(slices: Sequence[SliceRecord]) -> Array:
    """How far each slice lies along the normal of the first."""
    depths: Array = positions_lps(slices) @ normal_lps(slices[0].grid)
    return depths


def in_plane_offsets_mm(slices: Sequence[SliceRecord]) -> Array:
    """Where each slice's first pixel lies in the plane of the first slice: (slice, along row and column)."""
    grid = slices[0].grid
    axes = np.array([grid.along_row_lps, grid.along_column_lps]).T
    offsets: Array = positions_lps(slices) @ axes
    return offsets


def in_order(slices: Sequence[SliceRecord]) -> list[SliceRecord]:
    """Slices along their normal; those at one place by instance number."""
    depths = depths_mm(slices)
    order = sorted(
        range(len(slices)),
        key=lambda k: (
            round(float(depths[k]) / SAME_POSITION_MM),
            slices[k].instance_number,
            slices[k].frame_index,
            slices[k].path,
        ),
    )
    return [slices[k] for k in order]


def breaks(slices: Sequence[SliceRecord]) -> list[int]:
    """Steps of an ordered stack that depart from its usual step: index k stands for k to k + 1.

    The usual step is the median. A step departs by more than a tenth of the usual one, or 0.5 mm, or
    if it exceeds four slice thicknesses.
    """
    steps_mm = np.diff(depths_mm(slices))
    if len(steps_mm) == 0:
        return []
    usual_mm = usual_step_mm(slices)
    tolerance_mm = min(_EVEN_PART_OF_STEP * usual_mm, _EVEN_LARGEST_MM)
    departs = np.abs(steps_mm - usual_mm) > tolerance_mm
    if (thickness_mm := slices[0].grid.thickness_mm) is not None:
        departs |= steps_mm > _LARGEST_STEP_IN_THICKNESSES * thickness_mm
    return [int(k) for k in np.flatnonzero(departs)]


def letters_disagree(grid: SliceGrid) -> bool:
    """Whether Patient Orientation names a direction more than 90 degrees off the image's own."""
    directions = (grid.along_row_lps, grid.along_column_lps)
    named = [_AXES_LPS.get(letters[:1].upper()) for letters in grid.letters[:2]]
    return any(
        axis is not None and float(np.dot(axis, direction)) < 0
        for axis, direction in zip(named, directions, strict=False)
    )


def usual_step_mm(slices: Sequence[SliceRecord]) -> float:
    """Median distance of neighbouring slices; of an even number of them the lower middle one."""
    steps_mm = np.sort(np.diff(depths_mm(slices)))
    return float(steps_mm[(len(steps_mm) - 1) // 2])


def affine_ras(slices: Sequence[SliceRecord]) -> Array:
    """4 x 4, index (slice, row, column) to RAS millimetres, from positions alone.

    The slice spacing of a single slice is its thickness, else Spacing Between Slices.

    Raises:
        GeometryError: If a single slice has neither.
    """
    grid = slices[0].grid
    positions = positions_lps(slices)
    affine_lps = np.eye(4)
    affine_lps[:3, 0] = _slice_step_lps(grid, positions)
    affine_lps[:3, 1] = np.array(grid.along_column_lps) * grid.row_spacing_mm
    affine_lps[:3, 2] = np.array(grid.along_row_lps) * grid.column_spacing_mm
    affine_lps[:3, 3] = positions[0]
    turned: Array = _LPS_TO_RAS @ affine_lps
    return turned


def _slice_step_lps(grid: SliceGrid, positions: Array) -> Array:
    if len(positions) > 1:
        step: Array = (positions[-1] - positions[0]) / (len(positions) - 1)
        return step
    thickness_mm = grid.thickness_mm or grid.spacing_between_slices_mm
    if not thickness_mm or thickness_mm <= 0:
        raise GeometryError("is a single slice without a thickness", field="SliceThickness")
    single: Array = normal_lps(grid) * thickness_mm
    return single
