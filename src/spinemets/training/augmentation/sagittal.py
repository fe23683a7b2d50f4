"""Augmentation of the segmenter's samples."""

import numpy as np
import torch
from torch import Tensor

from spinemets.training.augmentation.sequences import Channels, vary_sequences
from spinemets.training.augmentation.settings import (
    ArtefactSettings,
    IntensitySettings,
    SequenceSettings,
    SpatialSettings,
    happens,
)
from spinemets.training.augmentation.signal import change_signal
from spinemets.training.augmentation.spatial import Triple, draw_grid, sample_image, sample_targets

_SLICE = 1


class SagittalAugmentation:
    """Changes samples as patients, protocols and scanners differ. A stage given as None is left out.

    Args:
        spacing_mm: Of the voxels, (slice, row, column).
        sequences: Which series are there.
        spatial: Pose and shape.
        artefacts: What goes wrong in each channel.
        intensity: Signal of each channel.
    """

    def __init__(
        self,
        spacing_mm: Triple,
        sequences: SequenceSettings | None = None,
        spatial: SpatialSettings | None = None,
        artefacts: ArtefactSettings | None = None,
        intensity: IntensitySettings | None = None,
    ) -> None:
        self._spacing_mm = spacing_mm
        self._sequences = sequences
        self._spatial = spatial
        self._artefacts = artefacts
        self._intensity = intensity

    def __call__(
        self, image: Tensor, presence: Tensor, targets: Tensor, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One sample, changed; the tensors given are not.

        Args:
            image: (4, slice, row, column) float32, z-scored; zeros for missing channels and beyond the case.
            presence: (4,) float32 on the host, 1 where the channel is there; at least one.
            targets: (3, slice, row, column) uint8, see ``label_sets``.
            rng: All draws come from it.

        Returns:
            The same three. Channels that are missing, also those dropped, are zeros.
        """
        channels = {place: image[place] for place, there in enumerate(presence.tolist()) if there}
        if self._sequences is not None:
            channels = vary_sequences(channels, self._spacing_mm, self._sequences, rng)
        signal = torch.stack(list(channels.values()))
        if self._spatial is not None:
            signal, targets = self._moved(signal, targets, self._spatial, rng)
        if self._artefacts is not None or self._intensity is not None:
            signal = change_signal(signal, self._spacing_mm, self._artefacts, self._intensity, rng)
        return *_in_places(signal, channels, presence), targets

    def _moved(
        self, signal: Tensor, targets: Tensor, settings: SpatialSettings, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        grid = draw_grid(signal.shape[1:], self._spacing_mm, settings, rng, signal.device)
        if grid is not None:
            signal, targets = sample_image(signal, grid), sample_targets(targets, grid)
        # No target tells left from right (sides are measured on the patient's axes): none changes value.
        if happens(rng, settings.flip_chance):
            signal, targets = signal.flip(_SLICE), targets.flip(_SLICE)
        return signal, targets


def _in_places(signal: Tensor, channels: Channels, presence: Tensor) -> tuple[Tensor, Tensor]:
    """The four channels and which are there."""
    image = signal.new_zeros((len(presence), *signal.shape[1:]))
    there = torch.zeros_like(presence)
    for place, channel in zip(channels, signal, strict=True):
        image[place] = channel
        there[place] = 1.0
    return image, there
