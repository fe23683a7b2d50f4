"""Artefacts and changes of signal of every channel of a sample."""

import numpy as np
import torch
from torch import Tensor

from spinemets.training.augmentation.artefacts import add_artefacts
from spinemets.training.augmentation.intensity import rescaled, vary_contrast, vary_resolution
from spinemets.training.augmentation.magnitude import change_as_magnitude
from spinemets.training.augmentation.settings import ArtefactSettings, IntensitySettings
from spinemets.training.augmentation.spatial import Triple


def change_signal(
    image: Tensor,
    spacing_mm: Triple,
    artefacts: ArtefactSettings | None,
    intensity: IntensitySettings | None,
    rng: np.random.Generator,
) -> Tensor:
    """Channels with artefacts and changes of signal of their own; zeros beyond the patch stay zeros.

    Args:
        image: (channel, slice, row, column) float32, z-scored; every channel is there.
        spacing_mm: Of the voxels.
        artefacts: None leaves them out.
        intensity: None leaves it out.
        rng: Drawn from.
    """
    padding = (image == 0).all(dim=0)

    def change(magnitude: Tensor) -> Tensor:
        # As in the scanner: what tissue and coil give, what disturbs it, how finely it is measured.
        if intensity is not None:
            magnitude = vary_contrast(magnitude, intensity, rng)
        if artefacts is not None:
            magnitude = add_artefacts(magnitude, spacing_mm, artefacts, rng)
        if intensity is not None:
            magnitude = vary_resolution(magnitude, spacing_mm, intensity, rng)
        return magnitude

    changed = []
    for channel in image:
        one = change_as_magnitude(channel, padding, change)
        changed.append(one if intensity is None else rescaled(one, intensity, rng))
    return torch.stack(changed).masked_fill_(padding, 0.0)
