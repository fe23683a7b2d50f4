"""Whether an exported network computes what the network does, measured on seeded inputs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from spinemets.errors import SpineMetsError
from spinemets.networks.escc_grader import EsccGrader
from spinemets.networks.ordinal import most_likely_cut
from spinemets.networks.segmenter import CHANNELS, SpineSegmenter
from spinemets.networks.segmenter_settings import Architecture
from spinemets.networks.weights_card import WeightsCard

MOST_DIFFERENCE, LEAST_SAME_CLASS = 1e-3, 0.999
_SEED = 0
# The inputs of one call.
Inputs = tuple[Tensor, ...]


class ExportError(SpineMetsError):
    """A network that could not be exported, or whose export does not compute what the network does."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How close an exported network is to the one that it was made of.

    Args:
        largest_difference: Of any output, in its own unit (logits, levels).
        same_class_share: Of voxels, or of crops, that get the same class.
    """

    largest_difference: float
    same_class_share: float

    @property
    def sufficient(self) -> bool:
        """Whether the export may be used in place of the network."""
        return self.largest_difference <= MOST_DIFFERENCE and self.same_class_share >= LEAST_SAME_CLASS

    def __str__(self) -> str:
        return (
            f"largest difference {self.largest_difference:.2g}, same class in {self.same_class_share:.3%} "
            "of a seeded input"
        )


def takes_any_size(network: nn.Module) -> bool:
    """Whether image axes may change: SwinUNETR's windows depend on the size that it is traced with."""
    return isinstance(network, SpineSegmenter) and network.settings.architecture is Architecture.DYN_UNET


def seeded_inputs(card: WeightsCard, network: nn.Module) -> tuple[Inputs, Inputs]:
    """Noise: a small input where the network takes one, and one of the size that it was trained on.

    Raises:
        ExportError: If the card's patch has not three axes.
    """
    generator = torch.Generator().manual_seed(_SEED)
    if isinstance(network, EsccGrader):
        crop = network.settings.crop
        shape = crop.slices, crop.size, crop.size
        few, more = (torch.randn(count, *shape, generator=generator) for count in (2, 3))
        return (few,), (more,)
    assert isinstance(network, SpineSegmenter)
    usual = usual_size(card, network)
    small = tuple(2 * step for step in network.settings.divisor) if takes_any_size(network) else usual
    return _sagittal(2, small, generator), _sagittal(1, usual, generator)


def usual_size(card: WeightsCard, network: SpineSegmenter) -> tuple[int, int, int]:
    """The patch (slice, row, column) of the training, as multiples of what the network takes.

    Raises:
        ExportError: If the card's patch has not three axes.
    """
    if len(card.patch_size) != 3:
        raise ExportError(f"the weights give the patch size {card.patch_size}; a segmenter's has three axes")
    slices, rows, columns = (
        -(-size // step) * step for size, step in zip(card.patch_size, network.settings.divisor, strict=True)
    )
    return slices, rows, columns


def plain_outputs(network: nn.Module, inputs: Inputs) -> Inputs:
    """Heads of a segmenter, or the logits of a grader alone."""
    with torch.inference_mode():
        output = network(*inputs)
    return (output,) if isinstance(output, Tensor) else tuple(output)


def measured_agreement(
    network: nn.Module, exported: Callable[[Inputs], Inputs], several: Sequence[Inputs]
) -> Agreement:
    """The worst agreement over several inputs.

    Args:
        network: In eval mode.
        exported: Gives its outputs, one for each of the network's.
        several: Inputs of each call.
    """
    each = [_agreement(plain_outputs(network, inputs), exported(inputs)) for inputs in several]
    return Agreement(max(one.largest_difference for one in each), min(one.same_class_share for one in each))


def _agreement(wanted: Inputs, found: Inputs) -> Agreement:
    differences = [float((a - b).abs().max()) for a, b in zip(wanted, found, strict=True)]
    classes = zip(_class_maps(wanted), _class_maps(found), strict=True)
    return Agreement(max(differences), min(float((a == b).float().mean()) for a, b in classes))


def _class_maps(outputs: Inputs) -> list[Tensor]:
    """Anatomy and lesion of every voxel, or the grade of every crop."""
    if len(outputs) == 1:
        return [most_likely_cut(outputs[0])]
    anatomy, lesion, _ = outputs
    return [anatomy.argmax(dim=1), lesion > 0]


def _sagittal(count: int, size: tuple[int, ...], generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Noise; the first channel of the last sample is missing."""
    image = torch.randn(count, len(CHANNELS), *size, generator=generator)
    presence = torch.ones(count, len(CHANNELS))
    image[-1, 0], presence[-1, 0] = 0.0, 0.0
    return image, presence
