"""Spacing, patch and batch, planned from the fingerprint and the device's memory."""

from dataclasses import dataclass
from math import prod

import numpy as np

from spinemets.errors import ConfigurationError
from spinemets.networks.segmenter_settings import SegmenterSettings, Triple
from spinemets.training.fingerprint import Fingerprint

Spacing = tuple[float, float, float]
# So many values are kept for the backward pass per feature map and voxel: two convolutions, their norms and
# activations, on the way down and up again. Checked against peaks measured in benchmarks/training_memory.py.
_KEPT_PER_FEATURE = 10
_BYTES = {"32-true": 4, "bf16-mixed": 2.6, "16-mixed": 2.6}
# Left for the weights, the optimiser and the library's workspace.
_MEMORY_SHARE = 0.7
# Two patches steady the gradient; on a CPU, more of them only make a step longer.
_LEAST_BATCH, _MOST_BATCH_GPU = 2, 16


@dataclass(frozen=True, slots=True)
class Plan:
    """How training cases become batches.

    Args:
        spacing_mm: Of the network, (slice, row, column).
        patch_size: Voxels (slice, row, column).
        batch_size: Patches in a step of one process.
    """

    spacing_mm: Spacing
    patch_size: Triple
    batch_size: int


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user has set; None is planned.

    Args:
        spacing_mm, patch_size, batch_size: As in ``Plan``.
        finest_in_plane_mm: In-plane spacing is planned no finer than this.
        most_patch_voxels: A planned patch has no more voxels than this, whatever the memory.
    """

    spacing_mm: Spacing | None
    patch_size: Triple | None
    batch_size: int | None
    finest_in_plane_mm: float
    most_patch_voxels: int


def make_plan(
    fingerprint: Fingerprint,
    network: SegmenterSettings,
    wishes: Wishes,
    memory_bytes: int,
    precision: str,
    on_gpu: bool,
) -> Plan:
    """Plan spacing, patch and batch after Isensee et al. 2021 (Nat Methods 18:203).

    Spacing is the median, in-plane square; the patch covers the median field of view as far as memory
    allows, cut along the axis that it covers most of; what memory is left goes into the batch.

    Args:
        fingerprint: Of the training cases.
        network: What the patch's size must suit.
        wishes: What the user has set.
        memory_bytes: Of the device.
        precision: Lightning's name of the arithmetic.
        on_gpu: Whether a batch is worked on at once.

    Raises:
        ConfigurationError: If a wish does not suit the network.
    """
    spacing_mm = wishes.spacing_mm or _planned_spacing(fingerprint, wishes.finest_in_plane_mm)
    budget = memory_bytes * _MEMORY_SHARE / bytes_per_voxel(network, precision)
    whole = _whole_field(fingerprint, spacing_mm, network.divisor)
    most = min(budget / (wishes.batch_size or _LEAST_BATCH), wishes.most_patch_voxels)
    patch = wishes.patch_size or _cut_down(whole, network.divisor, most)
    _check_patch(patch, network.divisor)
    most_batch = _MOST_BATCH_GPU if on_gpu else _LEAST_BATCH
    batch = wishes.batch_size or int(np.clip(budget // prod(patch), _LEAST_BATCH, most_batch))
    return Plan(spacing_mm, patch, batch)


def bytes_per_voxel(network: SegmenterSettings, precision: str) -> float:
    """Memory that a training step needs for each voxel of its patches, roughly."""
    shrink = np.cumprod([prod(stride) for stride in network.strides])
    features = float((np.asarray(network.filters) / shrink).sum()) + network.stem_channels
    return features * _KEPT_PER_FEATURE * _BYTES.get(precision, 4)


def _planned_spacing(fingerprint: Fingerprint, finest_in_plane_mm: float) -> Spacing:
    slices, rows, columns = fingerprint.median_spacing_mm
    in_plane = round(max(min(rows, columns), finest_in_plane_mm), 2)
    return round(max(slices, in_plane), 2), in_plane, in_plane


def _whole_field(fingerprint: Fingerprint, spacing_mm: Spacing, divisor: Triple) -> Triple:
    extent = np.asarray(fingerprint.median_extent_mm) / np.asarray(spacing_mm)
    slices, rows, columns = (np.ceil(extent / divisor) * divisor).astype(int).tolist()
    return slices, rows, columns


def _cut_down(whole: Triple, divisor: Triple, most_voxels: float) -> Triple:
    """Take a divisor's step from the longest axis, in steps, until the patch is small enough."""
    patch = np.asarray(whole)
    least = np.asarray(divisor) * 2
    while patch.prod() > most_voxels and (patch > least).any():
        steps = np.where(patch > least, patch / divisor, 0)
        axis = int(steps.argmax())
        patch[axis] -= divisor[axis]
    slices, rows, columns = patch.tolist()
    return slices, rows, columns


def _check_patch(patch: Triple, divisor: Triple) -> None:
    if any(size % step or size < step for size, step in zip(patch, divisor, strict=True)):
        raise ConfigurationError(
            f"is {list(patch)}", field="data.patch_size", remedy=f"give multiples of {list(divisor)}"
        )
    if patch == divisor:
        raise ConfigurationError(
            f"is {list(patch)}, a single voxel at the network's coarsest stage, which it cannot normalise",
            field="data.patch_size",
            remedy="give at least twice as much along an axis",
        )
