"""Changes of samples that MRI could have come with: pose, sequences, signal and artefacts."""

from spinemets.training.augmentation.axial import AxialAugmentation
from spinemets.training.augmentation.sagittal import SagittalAugmentation
from spinemets.training.augmentation.settings import (
    ArtefactSettings,
    IntensitySettings,
    SequenceSettings,
    SpatialSettings,
)

__all__ = [
    "ArtefactSettings",
    "AxialAugmentation",
    "IntensitySettings",
    "SagittalAugmentation",
    "SequenceSettings",
    "SpatialSettings",
]
