"""Losses of the three heads, for annotations that are sets of classes.

Every function gives one value per sample, so that the mean over a batch does not depend on how it is shared
among processes. A sample without annotation for a head gets exactly 0, and so does that head's gradient.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from spinemets.anatomy import Anatomy
from spinemets.networks.segmenter import SegmenterOutput
from spinemets.training.label_sets import LESION, LESION_NOT_ANNOTATED, LEVEL_STEPS

_SMOOTH = 1e-5
_BACKGROUND_BIT = 1 << Anatomy.BACKGROUND
_ALL_SETS = 256
# One level off costs half; errors below it count by their square.
_LEVEL_BETA = 1.0


@dataclass(frozen=True, slots=True)
class LossWeights:
    """How much each head counts, and how deep supervision is weighted.

    Args:
        anatomy, lesion, level: Factors of the heads.
        coarser: Factor from one scale to the next coarser one (Isensee et al. 2021 halve it).
        lesion_smoothing_voxels: Added to both sides of the lesion's Dice: lesions of fewer voxels and
            samples without any give a bounded, steady gradient.
        lesion_cross_entropy, lesion_missed: Factors, beside the lesion's Dice, of the cross-entropy's mean
            over all voxels and over those of lesions.
    """

    anatomy: float = 1.0
    lesion: float = 1.0
    level: float = 0.1
    coarser: float = 0.5
    lesion_smoothing_voxels: float = 20.0
    lesion_cross_entropy: float = 2.0
    lesion_missed: float = 0.2


@dataclass(frozen=True, slots=True)
class LossParts:
    """Loss of each head, (batch,) each, before the heads' factors."""

    anatomy: Tensor
    lesion: Tensor
    level: Tensor

    def total(self, weights: LossWeights) -> Tensor:
        """(batch,) sum with the heads' factors."""
        return weights.anatomy * self.anatomy + weights.lesion * self.lesion + weights.level * self.level


def segmentation_loss(scales: Sequence[SegmenterOutput], targets: Tensor, weights: LossWeights) -> LossParts:
    """Losses of the heads over all scales.

    Args:
        scales: Full resolution first.
        targets: (batch, 3, slice, row, column) uint8: anatomy as bits, lesion, level.
        weights: Factors.
    """
    factors = [weights.coarser**depth for depth in range(len(scales))]
    parts = [_scale_loss(scale, targets, weights) for scale in scales]
    total = sum(factors)

    def mean(name: str) -> Tensor:
        weighted = [factor * getattr(part, name) / total for factor, part in zip(factors, parts, strict=True)]
        return torch.stack(weighted).sum(dim=0)

    return LossParts(mean("anatomy"), mean("lesion"), mean("level"))


def _scale_loss(scale: SegmenterOutput, targets: Tensor, weights: LossWeights) -> LossParts:
    anatomy, lesion, level = _shrunk(targets, scale.lesion.shape[2:]).unbind(dim=1)
    smoothing = weights.lesion_smoothing_voxels * scale.lesion[0].numel() / targets[0, 0].numel()
    return LossParts(
        marginal_loss(scale.anatomy.float(), anatomy),
        lesion_loss(scale.lesion[:, 0].float(), lesion, max(smoothing, 1.0), weights),
        level_loss(scale.level[:, 0].float(), level),
    )


def _shrunk(targets: Tensor, shape: Sequence[int]) -> Tensor:
    """Every nth voxel: a strided convolution's output lies on the first voxel of its stride."""
    slices, rows, columns = (full // part for full, part in zip(targets.shape[2:], shape, strict=True))
    return targets[:, :, ::slices, ::rows, ::columns]


def marginal_loss(logits: Tensor, allowed: Tensor) -> Tensor:
    """Cross-entropy plus soft Dice over sets of classes (Shi et al. 2021, Med Image Anal 70:101979).

    The probability of a set is the sum of its classes'. Where every set is one class, both terms are those
    of the usual Dice + cross-entropy loss, Dice over the classes that occur and without the background.

    Args:
        logits: (batch, 8, ...).
        allowed: (batch, ...) uint8, bit k set where the voxel may be class k; 0 not annotated.

    Returns:
        (batch,).
    """
    bits = _bits(logits.shape[1], allowed)
    outside = (allowed[:, None] & bits.view(1, -1, *[1] * (allowed.ndim - 1))) == 0
    silent = allowed == 0
    log_classes = logits.log_softmax(dim=1)
    log_set = log_classes.masked_fill(outside & ~silent[:, None], -torch.inf).logsumexp(dim=1)
    # No gradient at all, not one of rounding errors.
    log_set = log_set.masked_fill(silent, 0.0)
    cross_entropy = -log_set.flatten(1).sum(dim=1) / (~silent).flatten(1).sum(dim=1).clamp_min(1)
    return cross_entropy + _set_dice(log_classes.exp().flatten(2), allowed.flatten(1))


def _bits(classes: int, like: Tensor) -> Tensor:
    return torch.tensor([1 << k for k in range(classes)], dtype=torch.uint8, device=like.device)


def _set_dice(probabilities: Tensor, allowed: Tensor) -> Tensor:
    """(batch,) mean of 1 - Dice over the sets without background that occur in a sample.

    Args:
        probabilities: (batch, 8, voxel).
        allowed: (batch, voxel).
    """
    present = torch.zeros(len(allowed), _ALL_SETS, device=allowed.device)
    present.scatter_(1, allowed.long(), 1.0)
    found = present.any(dim=0).nonzero()[:, 0].to(torch.uint8)
    sets = found[(found > 0) & (found & _BACKGROUND_BIT == 0)]
    if not len(sets):
        return probabilities.new_zeros(len(allowed))
    truth = allowed[:, None] == sets[:, None]
    # A voxel that may be something else of the set or not is evidence of neither.
    known = truth | ((allowed[:, None] & sets[:, None]) == 0) & (allowed[:, None] > 0)
    members = (sets[:, None] & _bits(probabilities.shape[1], allowed)) > 0
    both = _voxels_in(truth, probabilities, members)
    predicted = _voxels_in(known, probabilities, members)
    dice = (2.0 * both + _SMOOTH) / (predicted + truth.sum(dim=2) + _SMOOTH)
    occurs = present[:, sets.long()]
    return ((1.0 - dice) * occurs).sum(dim=1) / occurs.sum(dim=1).clamp_min(1)


def _voxels_in(regions: Tensor, probabilities: Tensor, members: Tensor) -> Tensor:
    """(batch, set) expected number of a set's voxels in its region, as one matrix product.

    Args:
        regions: (batch, set, voxel) bool.
        probabilities: (batch, 8, voxel).
        members: (set, 8) bool.
    """
    # Autocast would round sums over all voxels to three digits.
    with torch.autocast(probabilities.device.type, enabled=False):
        each = regions.to(probabilities.dtype) @ probabilities.transpose(1, 2)
    return (each * members).sum(dim=2)


def lesion_loss(logits: Tensor, lesion: Tensor, smoothing_voxels: float, weights: LossWeights) -> Tensor:
    """Cross-entropy plus Dice that a tiny or absent lesion does not upset.

    Lesions fill a hundredth of a patch or less, so that a mean over all voxels hardly asks for them, and the
    Dice of a network that sees none has hardly a gradient: the mean over lesion voxels is added. The
    smoothing stands for voxels that are always right: without a lesion the Dice term is P / (P + s) for P
    false voxels, which fades as they do.

    Args:
        logits: (batch, slice, row, column).
        lesion: uint8 of the same shape: 0, 1, 255 not annotated.
        smoothing_voxels: s above.
        weights: Factors of the two means.

    Returns:
        (batch,).
    """
    known = (lesion != LESION_NOT_ANNOTATED).to(logits.dtype).flatten(1)
    truth = (lesion == LESION).to(logits.dtype).flatten(1)
    logits = logits.flatten(1)
    each = functional.binary_cross_entropy_with_logits(logits, truth, weight=known, reduction="none")
    overall = each.sum(dim=1) / known.sum(dim=1).clamp_min(1)
    missed = (each * truth).sum(dim=1) / (truth.sum(dim=1) + smoothing_voxels)
    dice = _soft_dice_loss(logits.sigmoid() * known, truth, smoothing_voxels)
    annotated = known.amax(dim=1)
    return weights.lesion_cross_entropy * overall + weights.lesion_missed * missed + annotated * dice


def level_loss(level: Tensor, target: Tensor) -> Tensor:
    """Smooth L1 (Huber 1964) of the coordinate along the spine, over annotated vertebrae only.

    Args:
        level: (batch, slice, row, column) coordinates.
        target: uint8, twice the coordinate; 0 where there is no vertebra or no annotation.

    Returns:
        (batch,), in levels.
    """
    known = target > 0
    wanted = torch.where(known, target.to(level.dtype) / LEVEL_STEPS, level.detach())
    each = functional.smooth_l1_loss(level, wanted, beta=_LEVEL_BETA, reduction="none")
    return each.flatten(1).sum(dim=1) / known.flatten(1).sum(dim=1).clamp_min(1)


def _soft_dice_loss(predicted: Tensor, truth: Tensor, smooth: float) -> Tensor:
    """(batch,) of 1 - (2 PT + s) / (P + T + s) (Milletari et al. 2016)."""
    predicted, truth = predicted.flatten(1), truth.flatten(1)
    both = (predicted * truth).sum(dim=1)
    return 1.0 - (2.0 * both + smooth) / (predicted.sum(dim=1) + truth.sum(dim=1) + smooth)
