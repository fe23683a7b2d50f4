"""The segmenter's input: a station's channels on one grid, oriented, resampled and z-scored."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.networks.segmenter import CHANNELS
from spinemets.study.selection import Channel
from spinemets.volume import ImageKind, Volume, reorient, resample_to_spacing

# Slices run from the patient's right to left, rows from head to feet, columns from front to back.
ORIENTATION = "LIP"
# Intensities beyond these percentiles are clipped: vessels, coil flare, metal.
_CLIP_PERCENTILES = (0.5, 99.5)
# Tissue against air: this share of the upper percentile. Mean and spread are those of tissue, so that the
# amount of air in the field of view does not matter.
_TISSUE_SHARE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class SagittalInput:
    """What the segmenter sees of a station.

    Args:
        image: (4, slice, row, column) float32, z-scored over tissue; a missing channel is zeros.
        presence: (4,) float32, 1 where the channel is there.
        affine_ras: 4 x 4, voxel index (slice, row, column) to RAS mm.
    """

    image: npt.NDArray[np.float32]
    presence: npt.NDArray[np.float32]
    affine_ras: npt.NDArray[np.float64]


def sagittal_input(
    volumes: Mapping[Channel, Volume], spacing_mm: tuple[float, float, float]
) -> SagittalInput:
    """The channels as the network takes them.

    Args:
        volumes: At least one, all on one grid, in any orientation.
        spacing_mm: Of the network, (slice, row, column).

    Raises:
        ValueError: If there is no volume, or the grids differ.
    """
    if not volumes:
        raise ValueError("a station has at least one channel")
    prepared = {channel: on_network_grid(volume, spacing_mm) for channel, volume in volumes.items()}
    first = next(iter(prepared.values()))
    if not all(volume.has_grid_of(first) for volume in prepared.values()):
        raise ValueError("the channels lie on different grids")
    image = np.zeros((len(CHANNELS), *first.shape), dtype=np.float32)
    presence = np.zeros(len(CHANNELS), dtype=np.float32)
    for index, channel in enumerate(CHANNELS):
        if channel in prepared:
            image[index] = z_scored(prepared[channel].array)
            presence[index] = 1.0
    return SagittalInput(image, presence, first.affine_ras)


def on_network_grid(
    volume: Volume, spacing_mm: tuple[float, float, float], kind: ImageKind = ImageKind.IMAGE
) -> Volume:
    """A volume in the network's orientation and spacing; masks with ``ImageKind.LABEL``."""
    return resample_to_spacing(reorient(volume, ORIENTATION), spacing_mm, kind)


def z_scored(array: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Clipped intensities with mean 0 and standard deviation 1 over tissue; zeros for an empty image."""
    finite = np.nan_to_num(array.astype(np.float32, copy=False))
    low, high = np.percentile(finite, _CLIP_PERCENTILES)
    clipped = np.clip(finite, low, high)
    tissue = clipped[clipped > low + _TISSUE_SHARE * (high - low)]
    if tissue.size == 0 or (spread := float(tissue.std())) == 0.0:
        return np.zeros_like(clipped)
    return np.asarray((clipped - tissue.mean()) / spread, dtype=np.float32)
