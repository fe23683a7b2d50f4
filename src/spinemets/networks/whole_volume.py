"""A segmenter over a whole volume: in one pass where it fits, else in overlapping windows."""

from dataclasses import dataclass
from typing import Any

import torch
from monai.inferers.utils import sliding_window_inference
from torch import Tensor
from torch.nn import functional

from spinemets.networks.segmenter import SegmenterOutput, SpineSegmenter


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """When a volume is cut into windows.

    Args:
        most_voxels: Volumes of up to this many voxels go through in one pass.
        patch_size: Window (slice, row, column) for larger ones.
        overlap: Share of a window that its neighbour covers as well, from 0 to below 1.
    """

    most_voxels: int
    patch_size: tuple[int, int, int]
    overlap: float = 0.5


def segment_volume(
    network: SpineSegmenter, image: Tensor, presence: Tensor, settings: WindowSettings
) -> SegmenterOutput:
    """The heads over a volume of any size.

    Args:
        network: In eval mode.
        image: (batch, 4, slice, row, column), z-scored.
        presence: (batch, 4).
        settings: When windows are used.

    Returns:
        The heads, float32, with the image's (slice, row, column).
    """
    padded = _padded(image, network.settings.divisor)
    if padded[0, 0].numel() <= settings.most_voxels:
        output = network(padded, presence)
    else:
        output = _in_windows(network, padded, presence, settings)
    slices, rows, columns = image.shape[2:]
    return SegmenterOutput(*(head[..., :slices, :rows, :columns].float() for head in output))


def _padded(image: Tensor, divisor: tuple[int, int, int]) -> Tensor:
    """Zeros (the mean of tissue) after the last voxel of each axis, up to a size that the network takes."""
    after = [-count % step for count, step in zip(image.shape[2:], divisor, strict=True)]
    if tuple(count + more for count, more in zip(image.shape[2:], after, strict=True)) == divisor:
        # Of a single voxel at its coarsest stage a network has no spread to normalise by.
        after[2] += divisor[2]
    return functional.pad(image, [0, after[2], 0, after[1], 0, after[0]])


def _in_windows(
    network: SpineSegmenter, image: Tensor, presence: Tensor, settings: WindowSettings
) -> SegmenterOutput:
    # One sample at a time: MONAI mixes the windows of a batch, which then lose their presence.
    each = [
        _one_in_windows(network, image[n : n + 1], presence[n : n + 1], settings) for n in range(len(image))
    ]
    return SegmenterOutput(*(torch.cat(heads) for heads in zip(*each, strict=True)))


def _one_in_windows(
    network: SpineSegmenter, image: Tensor, presence: Tensor, settings: WindowSettings
) -> tuple[Tensor, ...]:
    def windows(cut: Tensor) -> tuple[Tensor, ...]:
        return tuple(network(cut, presence))

    heads: Any = sliding_window_inference(
        image, settings.patch_size, 1, windows, overlap=settings.overlap, mode="gaussian"
    )
    return tuple(heads)
