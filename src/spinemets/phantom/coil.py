"""Receive sensitivity of a spine coil array, with the slow shading that is left after correction."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.protocol import Imperfections
from spinemets.phantom.sampling import SliceGrid
from spinemets.phantom.tissue import Tissue

Floats = npt.NDArray[np.float32]

# The array lies under the patient's back, padding between.
_PADDING_MM = 12.0
# Depth at which a sensitivity of 1 is meant: about that of the canal.
_REFERENCE_DEPTH_MM = 75.0
_SLAB_EDGE_MM = 4.0
_SLAB_LEFT = 0.12
_SHADING_WAVES = 4
_SHADING_LENGTH_MM = (180.0, 420.0)


@dataclass(frozen=True, slots=True)
class BodySurface:
    """Where the skin of the back and the front lie, as anterior coordinates in mm."""

    back_mm: float
    front_mm: float


def body_surface(spine: DigitalSpine) -> BodySurface:
    """The skin's extreme anterior coordinates, from the far grid."""
    occupied = np.flatnonzero((spine.far_tissue != Tissue.AIR).any(axis=(0, 2)))
    if not len(occupied):
        raise ValueError("the digital spine has no tissue on its far grid")
    start, step = spine.far_affine_ras[1, 3], spine.far_affine_ras[1, 1]
    return BodySurface(back_mm=float(start + step * occupied[0]), front_mm=float(start + step * occupied[-1]))


def received_sensitivity(
    grid: SliceGrid,
    surface: BodySurface,
    imperfections: Imperfections,
    slab_edge_mm: float | None,
    rng: np.random.Generator,
) -> Floats:
    """What multiplies the signal at each point, (slice, row, column): coil, shading, saturation slab.

    On the axis of a loop of radius a, at distance d, ``(a^2 / (a^2 + d^2))^(3/2)`` (Biot and Savart; Haacke
    et al. 1999, chapter 27), scaled to 1 at the depth of the canal.

    Args:
        grid: Points.
        surface: Skin of back and front.
        imperfections: Radius, front share, shading.
        slab_edge_mm: Anterior coordinate where the saturation slab begins; None without.
        rng: Draws the shading; the same state gives the same field in the world.
    """
    anterior_mm = world_coordinate(grid, 1)
    received = _profile(anterior_mm, surface, imperfections)
    received *= _shading(grid, imperfections.shading, rng)
    if slab_edge_mm is not None:
        received *= _slab(anterior_mm, slab_edge_mm)
    return received


def correction(grid: SliceGrid, surface: BodySurface, imperfections: Imperfections) -> Floats:
    """What the vendor's normalisation divides by; it lifts the noise in depth with the signal."""
    profile = _profile(world_coordinate(grid, 1), surface, imperfections)
    return np.asarray(profile ** np.float32(imperfections.intensity_correction), dtype=np.float32)


def world_coordinate(grid: SliceGrid, axis: int) -> Floats:
    """One RAS coordinate (0 right, 1 anterior, 2 superior) of every point of a grid, in mm."""
    row_of_affine = grid.affine_ras[axis].astype(np.float32)
    slices, rows, columns = (np.arange(count, dtype=np.float32) for count in grid.shape)
    coordinate: Floats = (
        row_of_affine[3]
        + row_of_affine[0] * slices[:, None, None]
        + row_of_affine[1] * rows[None, :, None]
        + row_of_affine[2] * columns[None, None, :]
    )
    return coordinate


def _profile(anterior_mm: Floats, surface: BodySurface, imperfections: Imperfections) -> Floats:
    radius = imperfections.coil_radius_mm
    posterior = _loop(anterior_mm - np.float32(surface.back_mm - _PADDING_MM), radius)
    front = _loop(np.float32(surface.front_mm + _PADDING_MM) - anterior_mm, radius)
    reference = _loop(np.full(1, _REFERENCE_DEPTH_MM + _PADDING_MM, dtype=np.float32), radius)
    together = posterior + np.float32(imperfections.anterior_coil) * front
    return np.asarray(together / reference, dtype=np.float32)


def _loop(distance_mm: Floats, radius_mm: float) -> Floats:
    inside = np.maximum(distance_mm, 0.0) / np.float32(radius_mm)
    return np.asarray((1.0 + inside * inside) ** np.float32(-1.5), dtype=np.float32)


def _slab(anterior_mm: Floats, edge_mm: float) -> Floats:
    share = 1.0 / (1.0 + np.exp(np.clip((edge_mm - anterior_mm) / np.float32(_SLAB_EDGE_MM), -30.0, 30.0)))
    return np.asarray(1.0 - (1.0 - _SLAB_LEFT) * share, dtype=np.float32)


def _shading(grid: SliceGrid, size: float, rng: np.random.Generator) -> Floats:
    field = np.zeros(grid.shape, dtype=np.float32)
    for _ in range(_SHADING_WAVES):
        direction = rng.normal(size=3)
        length_mm = rng.uniform(*_SHADING_LENGTH_MM)
        wave_number = 2.0 * np.pi / length_mm * direction / np.linalg.norm(direction)
        phase = rng.uniform(0.0, 2.0 * np.pi)
        # One wave over the affine: the argument is linear in the index.
        argument = wave_number @ grid.affine_ras[:3]
        slices, rows, columns = (np.arange(count, dtype=np.float32) for count in grid.shape)
        # exp(i(a + b + c)) factorises, so the cosine needs no evaluation per voxel.
        along_slices = np.exp(1j * (argument[0] * slices + argument[3] + phase)).astype(np.complex64)
        along_rows = np.exp(1j * argument[1] * rows).astype(np.complex64)
        along_columns = np.exp(1j * argument[2] * columns).astype(np.complex64)
        plane = along_rows[:, None] * along_columns[None, :]
        field += (along_slices[:, None, None] * plane[None]).real
    return np.asarray(np.exp(np.float32(size / np.sqrt(_SHADING_WAVES / 2.0)) * field), dtype=np.float32)
