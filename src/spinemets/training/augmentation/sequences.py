"""Which series a station has, how they fit together and what they are called."""

import numpy as np
from torch import Tensor

from spinemets.networks.segmenter import CHANNELS
from spinemets.study.selection import Channel
from spinemets.training.augmentation.settings import SequenceSettings, happens
from spinemets.training.augmentation.spatial import Triple, draw_rigid_grid, sample_image

Channels = dict[int, Tensor]
# Annotations and answers lie on the first of these that a station has, so that one stays where it is.
_REFERENCE_ORDER = tuple(
    CHANNELS.index(one) for one in (Channel.T2, Channel.T1, Channel.FLUID, Channel.T1_GD)
)


def vary_sequences(
    channels: Channels, spacing_mm: Triple, settings: SequenceSettings, rng: np.random.Generator
) -> Channels:
    """Drop, move, shorten and mislabel series.

    Args:
        channels: (slice, row, column) of each series that is there, by its place among the network's
            channels; at least one.
        spacing_mm: Of the voxels.
        settings: How often and how far.
        rng: Drawn from.

    Returns:
        At least one channel; the tensors given are not changed.
    """
    if len(channels) > 1 and happens(rng, settings.drop_chance):
        channels = _some(channels, rng)
    reference = next(one for one in _REFERENCE_ORDER if one in channels)
    others = [one for one in channels if one != reference]
    if others and happens(rng, settings.shift_chance):
        moved = others[int(rng.integers(len(others)))]
        channels = channels | {moved: _moved(channels[moved], spacing_mm, settings, rng)}
    if others and happens(rng, settings.blank_chance):
        short = others[int(rng.integers(len(others)))]
        channels = channels | {short: _shortened(channels[short], settings.blank_slices, rng)}
    return _exchanged(channels, rng) if happens(rng, settings.mislabel_chance) else channels


def _some(channels: Channels, rng: np.random.Generator) -> Channels:
    """Fewer channels, at least one."""
    kept = rng.choice(list(channels), size=int(rng.integers(1, len(channels))), replace=False)
    return {place: image for place, image in channels.items() if place in kept}


def _moved(image: Tensor, spacing_mm: Triple, settings: SequenceSettings, rng: np.random.Generator) -> Tensor:
    grid = draw_rigid_grid(image.shape, spacing_mm, settings.shift_mm, settings.shift_deg, rng, image.device)
    # What came into view is unknown; the voxels at the edge are nearest to it.
    return sample_image(image[None], grid, padding_mode="border")[0]


def _shortened(image: Tensor, most: int, rng: np.random.Generator) -> Tensor:
    """As dark as air in the slices that a shorter series does not cover, as resampling leaves them."""
    count = min(int(rng.integers(1, most + 1)), len(image) - 1) if most else 0
    short = image.clone()
    ends = short[:count] if happens(rng, 0.5) else short[len(short) - count :]
    ends.copy_(image.amin())
    return short


def _exchanged(channels: Channels, rng: np.random.Generator) -> Channels:
    """Two places exchange what they hold; the second may be empty."""
    first = int(rng.choice(list(channels)))
    second = int(rng.choice([place for place in range(len(CHANNELS)) if place != first]))
    place_of = {first: second, second: first}
    return {place_of.get(place, place): image for place, image in channels.items()}
