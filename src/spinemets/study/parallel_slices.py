"""Divides the slices of a series into parallel ones that lie behind each other."""

from collections.abc import Callable, Hashable, Iterable, Sequence

import numpy as np

from spinemets.errors import GeometryError
from spinemets.study.slice_record import SliceGrid, SliceRecord
from spinemets.study.stack import SAME_OFFSET_MM, depths_mm, in_plane_offsets_mm, normal_lps

# Slices within 0.1 degrees are parallel: over half a field of view of 400 mm that is 0.35 mm.
_PARALLEL_COSINE = float(np.cos(np.radians(0.1)))
# Planes of a localizer stand on each other within 25 degrees, and have few slices each. (Slices turned about
# one axis, as in a radial scan, cannot all stand on each other so nearly.)
_UPRIGHT_COSINE = float(np.sin(np.radians(25.0)))
_MOST_LOCALIZER_SLICES = 15


def by_grid(slices: Sequence[SliceRecord]) -> list[list[SliceRecord]]:
    """Groups with equal matrix, pixel spacing and frame of reference."""
    return _grouped(slices, lambda one: (_matrix(one.grid), one.facts.frame_of_reference_uid))


def _matrix(grid: SliceGrid) -> tuple[float, ...]:
    return grid.rows, grid.columns, round(grid.row_spacing_mm, 4), round(grid.column_spacing_mm, 4)


def _grouped(
    slices: Iterable[SliceRecord], key: Callable[[SliceRecord], Hashable]
) -> list[list[SliceRecord]]:
    groups: dict[Hashable, list[SliceRecord]] = {}
    for one in slices:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def by_orientation(slices: Sequence[SliceRecord]) -> list[list[SliceRecord]]:
    """Groups of slices that are parallel and not turned in their plane."""
    groups: list[list[SliceRecord]] = []
    for alike in _grouped(slices, lambda one: (one.grid.along_row_lps, one.grid.along_column_lps)):
        home = next((group for group in groups if _is_parallel(group[0].grid, alike[0].grid)), None)
        if home is None:
            groups.append(list(alike))
        else:
            home.extend(alike)
    return groups


def _is_parallel(one: SliceGrid, other: SliceGrid) -> bool:
    rows = float(np.dot(one.along_row_lps, other.along_row_lps))
    columns = float(np.dot(one.along_column_lps, other.along_column_lps))
    return min(rows, columns) >= _PARALLEL_COSINE


def is_localizer(groups: Sequence[Sequence[SliceRecord]]) -> bool:
    """Whether groups of one orientation each make up a localizer: three planes upright on each other."""
    if len(groups) < 3 or any(len(group) > _MOST_LOCALIZER_SLICES for group in groups):
        return False
    normals = np.array([normal_lps(group[0].grid) for group in groups])
    upright = np.abs(normals @ normals.T) <= _UPRIGHT_COSINE
    # A triangle in the graph of upright pairs has a closed walk of three steps.
    count = upright.astype(np.int64)
    return bool(np.trace(count @ count @ count) > 0)


def by_offset(slices: Sequence[SliceRecord]) -> list[list[SliceRecord]]:
    """Groups of parallel slices that lie straight behind each other: the stations of a series.

    Raises:
        GeometryError: If the slices drift sideways by the same amount from each to the next, as under a
            tilted gantry: they fill no rectangular grid.
    """
    offsets = in_plane_offsets_mm(slices)
    if float(np.ptp(offsets, axis=0).max()) <= SAME_OFFSET_MM:
        return [list(slices)]
    drift_deg = _steady_drift_deg(depths_mm(slices), offsets)
    if drift_deg is not None:
        raise GeometryError(
            f"its slices drift sideways, {drift_deg:.1f} degrees off their normal, as under a tilted gantry",
            remedy="resample it onto a rectangular grid",
        )
    homes: list[int] = []
    groups: list[list[SliceRecord]] = []
    for k, one in enumerate(slices):
        near = (g for g, home in enumerate(homes) if _is_near(offsets[home], offsets[k]))
        found = next(near, None)
        if found is None:
            homes.append(k)
            groups.append([one])
        else:
            groups[found].append(one)
    return groups


def _is_near(one: "np.ndarray[tuple[int], np.dtype[np.float64]]", other: object) -> bool:
    return float(np.abs(one - np.asarray(other)).max()) <= SAME_OFFSET_MM


def _steady_drift_deg(
    depths: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    offsets: "np.ndarray[tuple[int, int], np.dtype[np.float64]]",
) -> float | None:
    """Angle of the line on which the first pixels lie, to the normal; None if they lie on no line."""
    if len(np.unique(np.round(depths, 1))) < 3:
        return None
    design = np.column_stack([depths, np.ones_like(depths)])
    slope, *_ = np.linalg.lstsq(design, offsets, rcond=None)
    if float(np.abs(design @ slope - offsets).max()) > SAME_OFFSET_MM:
        return None
    return float(np.degrees(np.arctan(np.linalg.norm(slope[0]))))
