"""What goes wrong while a series is acquired: ghosts, motion, ringing and spikes.

Motion and ringing need the transform of one axis (1 ms for 16 x 192 x 192 on one core); ghosts and spikes are
closed forms in the image. MONAI rings along both axes alike (GibbsNoise, 5 ms), transforms the whole image
for a spike (KSpaceSpikeNoise, 31 ms), and has neither ghosts nor motion.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from spinemets.training.augmentation.settings import ArtefactSettings, happens
from spinemets.training.augmentation.transfer import on_device

_ROW, _COLUMN = 1, 2


def add_artefacts(
    magnitude: Tensor,
    spacing_mm: tuple[float, float, float],
    settings: ArtefactSettings,
    rng: np.random.Generator,
) -> Tensor:
    """A channel with the artefacts that happen to it; the tensor given where none does.

    Args:
        magnitude: (slice, row, column) float32 from 0, the standard deviation of tissue near 1.
        spacing_mm: Of the voxels.
        settings: How often and how strong.
        rng: Drawn from.
    """
    # Both are in use for the spine: along it, ghosts of heart and bowel miss it; across it, nothing wraps.
    phase = _ROW if happens(rng, 0.5) else _COLUMN
    if happens(rng, settings.ghost_chance):
        periods = int(rng.integers(settings.ghost_count[0], settings.ghost_count[1] + 1))
        magnitude = ghosted(magnitude, phase, periods, float(rng.uniform(*settings.ghost_strength)), rng)
    if happens(rng, settings.motion_chance):
        moves = int(rng.integers(1, settings.motion_moves + 1))
        magnitude = moved_while_scanning(magnitude, phase, settings.motion_mm / spacing_mm[phase], moves, rng)
    if happens(rng, settings.ringing_chance):
        magnitude = ringing(magnitude, phase, float(rng.uniform(*settings.ringing_kept)))
    if happens(rng, settings.spike_chance):
        magnitude = striped(magnitude, float(rng.uniform(*settings.spike_strength)), rng)
    return magnitude


def ghosted(magnitude: Tensor, phase: int, periods: int, strength: float, rng: np.random.Generator) -> Tensor:
    """Weak copies on either side along the phase axis, in or out of phase with the image.

    A signal that pulses ``periods`` times while k-space is filled along the phase axis appears that often
    within the field of view (Wood and Henkelman 1985, Med Phys 12:143).
    """
    size = magnitude.shape[phase]
    # Only part of the body moves; and fading ends hide that a patch is no whole field of view that wraps.
    fading = torch.sin(torch.pi * (torch.arange(size, device=magnitude.device) + 0.5) / size) ** 2
    source = magnitude * (fading[:, None] if phase == _ROW else fading)
    step = max(size // (periods + 1), 1)
    signs = [1.0 if happens(rng, 0.5) else -1.0 for _ in range(2)]
    copies = signs[0] * source.roll(step, phase) + signs[1] * source.roll(-step, phase)
    return (magnitude + strength * copies).abs()


def moved_while_scanning(
    magnitude: Tensor, phase: int, farthest: float, moves: int, rng: np.random.Generator
) -> Tensor:
    """The patient lies elsewhere along the phase axis from some lines of k-space on.

    Args:
        magnitude: (slice, row, column).
        phase: Axis of phase encoding.
        farthest: Largest distance in voxels.
        moves: How many movements; the centre of k-space, and so the image, stays in its place.
        rng: Drawn from.
    """
    size = magnitude.shape[phase]
    frequencies = np.fft.rfftfreq(size)
    # Beyond an eighth of the lines: movement at the very centre only shifts the image.
    begins = np.sort(rng.uniform(0.125, 0.5, size=moves))
    positions = np.concatenate([[0.0], rng.uniform(-farthest, farthest, size=moves)])
    away = positions[np.searchsorted(begins, frequencies)]
    turns = np.exp(-2j * np.pi * frequencies * away).astype(np.complex64)
    return _filtered(magnitude, phase, turns)


def ringing(magnitude: Tensor, phase: int, kept: float) -> Tensor:
    """Only the share ``kept`` of phase-encoding lines, the inner ones: edges blur and ring (Gibbs)."""
    frequencies = np.fft.rfftfreq(magnitude.shape[phase])
    return _filtered(magnitude, phase, (frequencies <= kept / 2).astype(np.complex64))


def striped(magnitude: Tensor, strength: float, rng: np.random.Generator) -> Tensor:
    """Stripes over one slice or, half of the time, over all: one wrong point of k-space is a plane wave."""
    slices, rows, columns = magnitude.shape
    cycles = rng.uniform(0.05, 0.5, size=2) * np.array([1.0, -1.0 if happens(rng, 0.5) else 1.0])
    begin = rng.uniform(0.0, 2 * np.pi)
    row, column = (
        2 * np.pi * cycle * torch.arange(size, device=magnitude.device)
        for cycle, size in zip(cycles, (rows, columns), strict=True)
    )
    wave = strength * torch.cos(row[:, None] + column[None, :] + begin)
    hit = torch.ones(slices, device=magnitude.device)
    if happens(rng, 0.5):
        only = int(rng.integers(slices))
        hit[:only] = hit[only + 1 :] = 0.0
    return (magnitude + hit[:, None, None] * wave).abs()


def _filtered(magnitude: Tensor, axis: int, weights: npt.NDArray[np.complex64]) -> Tensor:
    """A channel with the lines of its k-space along one axis weighted; again a magnitude."""
    shape = [1, 1, 1]
    shape[axis] = len(weights)
    lines = torch.fft.rfft(magnitude, dim=axis)
    lines = lines * on_device(weights, magnitude.device).reshape(shape)
    filtered: Tensor = torch.fft.irfft(lines, n=magnitude.shape[axis], dim=axis)
    return filtered.abs()
