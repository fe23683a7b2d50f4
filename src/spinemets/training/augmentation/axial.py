"""Augmentation of the ESCC grader's crops."""

import numpy as np
from torch import Tensor

from spinemets.errors import ConfigurationError
from spinemets.training.augmentation.settings import (
    ArtefactSettings,
    IntensitySettings,
    SpatialSettings,
    happens,
)
from spinemets.training.augmentation.signal import change_signal
from spinemets.training.augmentation.spatial import Triple, draw_grid, sample_image

_COLUMN = 2


class AxialAugmentation:
    """Changes canal-centred crops in ways that leave the grade as it is. A stage given as None is left out.

    Cord, fluid and tumour turn, grow and move together; bending would change how far the cord is displaced,
    so settings that bend are refused.

    Args:
        spacing_mm: Of the voxels, (slice, row, column).
        spatial: Pose within the slices.
        artefacts: What goes wrong in the series.
        intensity: Its signal.

    Raises:
        ConfigurationError: If ``spatial`` bends, or tilts out of the slices.
    """

    def __init__(
        self,
        spacing_mm: Triple,
        spatial: SpatialSettings | None = None,
        artefacts: ArtefactSettings | None = None,
        intensity: IntensitySettings | None = None,
    ) -> None:
        if spatial is not None:
            _refuse_what_changes_grades(spatial)
        self._spacing_mm = spacing_mm
        self._spatial = spatial
        self._artefacts = artefacts
        self._intensity = intensity

    def __call__(self, crop: Tensor, rng: np.random.Generator) -> Tensor:
        """A crop, changed; the one given is not.

        Args:
            crop: (slice, row, column) float32, z-scored; columns run across the patient.
            rng: All draws come from it.
        """
        signal = crop[None]
        if self._spatial is not None:
            grid = draw_grid(crop.shape, self._spacing_mm, self._spatial, rng, crop.device)
            signal = signal if grid is None else sample_image(signal, grid)
            if happens(rng, self._spatial.flip_chance):
                signal = signal.flip(1 + _COLUMN)
        if self._artefacts is not None or self._intensity is not None:
            signal = change_signal(signal, self._spacing_mm, self._artefacts, self._intensity, rng)
        return signal[0]


def _refuse_what_changes_grades(spatial: SpatialSettings) -> None:
    for name in ("elastic_chance", "out_of_plane_rotation_deg"):
        if getattr(spatial, name):
            raise ConfigurationError(
                f"is {getattr(spatial, name)}, which can change the grade", field=name, remedy="set it to 0"
            )
