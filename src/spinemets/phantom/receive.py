"""What the scanner makes of ideal slices: chemical shift, ghosts, wrap, k-space, noise."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from spinemets.phantom import kspace, sampling
from spinemets.phantom.protocol import Imperfections, PhaseAxis, SeriesProtocol
from spinemets.phantom.sampling import SliceGrid
from spinemets.phantom.signal import fat_shift_hz

Floats = npt.NDArray[np.float32]

# Slices are sampled at least this finely before k-space is cut to the acquired matrix.
_FINE_PIXEL_MM = 0.55
# With wrap, this share of the field of view is sampled beyond either edge along the phase axis.
_WRAP_MARGIN = 0.12
# Distance between ghosts against the field of view: heart and breath beat against the phase encodings.
_GHOST_DISTANCE = (0.08, 0.3)
_GHOST_COUNT = 2


@dataclass(frozen=True, slots=True, eq=False)
class FineGeometry:
    """Finely sampled slices of a series.

    Args:
        grid: The points as the anatomy sees them; without wrap margin its first pixel is the
            reconstruction's first.
        counts: Rows and columns within the field of view.
        margin: Extra pixels beyond either edge along the phase axis.
        phase_index: 0 when phase is encoded along rows, 1 along columns.
    """

    grid: SliceGrid
    counts: tuple[int, int]
    margin: int
    phase_index: int


@dataclass(frozen=True, slots=True, eq=False)
class Slices:
    """Ideal signal, (slice, row, column), on a fine geometry."""

    signal: Floats
    geometry: FineGeometry


def fine_geometry(protocol: SeriesProtocol, slices: slice) -> FineGeometry:
    """Where some slices of a series are sampled, before k-space is cut to what is acquired."""
    geometry = protocol.geometry
    rows, columns = (
        fft.next_fast_len(max(acquired, math.ceil(extent_mm / _FINE_PIXEL_MM)))
        for extent_mm, acquired in zip(geometry.field_of_view_mm, geometry.acquired_matrix, strict=True)
    )
    steps_mm = np.asarray(geometry.field_of_view_mm) / (rows, columns)
    phase_index = 0 if protocol.phase_axis is PhaseAxis.ROW else 1
    margin = int((rows, columns)[phase_index] * _WRAP_MARGIN) if protocol.imperfections.wrap else 0
    affine = geometry.affine_ras.copy()
    affine[:3, 1:3] = geometry.axes_ras[:, 1:] * steps_mm
    affine[:3, 3] -= affine[:3, 1 + phase_index] * margin
    moved = sampling.moved_affine(affine, protocol.shift, geometry.centre_ras_mm)
    sampled = [rows, columns]
    sampled[phase_index] += 2 * margin
    whole = SliceGrid((geometry.slice_count, sampled[0], sampled[1]), moved, geometry.thickness_mm)
    return FineGeometry(sampling.slices_of(whole, slices), (rows, columns), margin, phase_index)


def shift_fat(fat: Floats, protocol: SeriesProtocol, geometry: FineGeometry) -> Floats:
    """Fat moved along the frequency axis by its chemical shift over the pixel bandwidth."""
    frequency_index = 1 - geometry.phase_index
    acquired = protocol.geometry.acquired_matrix[frequency_index]
    shift_hz = fat_shift_hz(protocol.field_strength_t)
    pixels = shift_hz / protocol.timing.pixel_bandwidth_hz * geometry.counts[frequency_index] / acquired
    return np.roll(fat, round(pixels), axis=1 + frequency_index)


def ghosts(
    moving: Floats, protocol: SeriesProtocol, geometry: FineGeometry, rng: np.random.Generator
) -> Floats:
    """Copies of the moving tissue along the phase axis, fainter with distance, of random phase.

    Periodic motion modulates k-space along the phase encodings, which gives copies at whole multiples of
    one distance (Wood & Henkelman 1985, Med Phys 12:143).
    """
    count = geometry.counts[geometry.phase_index]
    distance = round(rng.uniform(*_GHOST_DISTANCE) * count)
    image = np.zeros_like(moving)
    for order in range(1, _GHOST_COUNT + 1):
        for direction in (-1, 1):
            phase = rng.uniform(0.0, 2.0 * np.pi)
            amplitude = np.float32(protocol.imperfections.ghosting / order * np.cos(phase))
            image += amplitude * np.roll(moving, direction * order * distance, axis=1 + geometry.phase_index)
    return image


def _fading_out(signal: Floats, margin: int, axis: int) -> Floats:
    """Signal that fades to nothing over the margins beyond the field of view, as the coils' reach does."""
    weight = np.ones(signal.shape[axis], dtype=np.float32)
    fade = np.cos(np.pi / 2.0 * (np.arange(margin) + 1.0) / (margin + 1.0)) ** 2
    weight[:margin], weight[-margin:] = fade[::-1], fade
    shape = [1, 1, 1]
    shape[axis] = -1
    return np.asarray(signal * weight.reshape(shape))


def receive(slices: Slices, protocol: SeriesProtocol, rng: np.random.Generator) -> Floats:
    """Magnitude image at the reconstructed matrix, (slice, row, column), with truncation and noise."""
    fine, geometry = slices.geometry, protocol.geometry
    signal = slices.signal
    if fine.margin:
        axis = 1 + fine.phase_index
        signal = kspace.fold(_fading_out(signal, fine.margin, axis), fine.counts[fine.phase_index], axis)
    image = np.empty((signal.shape[0], *geometry.reconstructed_matrix), dtype=np.float32)
    amplification = _noise_amplification(protocol.imperfections, image.shape[1:], fine.phase_index)
    for index, ideal in enumerate(signal):
        measured = kspace.acquire_kspace(ideal, geometry.acquired_matrix)
        noise = kspace.white_noise(geometry.acquired_matrix, protocol.imperfections.noise_sd, rng)
        image[index] = np.abs(
            kspace.reconstruct(measured, geometry.reconstructed_matrix)
            + amplification * kspace.reconstruct(noise, geometry.reconstructed_matrix)
        )
    return image


def _noise_amplification(flaws: Imperfections, shape: tuple[int, ...], phase_index: int) -> Floats:
    """The g-factor over the image, (row, column): worst in the middle, where copies overlap most."""
    place = np.linspace(-1.0, 1.0, shape[phase_index], dtype=np.float32)
    along = 1.0 + (flaws.g_factor - 1.0) * np.cos(place * np.pi / 2.0) ** 2
    return np.asarray(np.expand_dims(along, 1 - phase_index), dtype=np.float32)
