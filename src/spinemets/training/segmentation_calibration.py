"""Temperatures of the segmenter's lesion and anatomy heads, from voxels of the validation cases."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from spinemets.networks.segmenter import SegmenterOutput
from spinemets.networks.whole_volume import segment_volume
from spinemets.training.calibration import binary_temperature, class_temperature
from spinemets.training.case_store import PreparedCase
from spinemets.training.label_sets import ANATOMY_MAP, LESION, LESION_MAP, LESION_NOT_ANNOTATED, Targets
from spinemets.training.patches import cut_patch
from spinemets.training.segmentation_task import SegmentationTask

# Voxels taken of each case; neighbours say much the same.
_VOXELS_OF_CASE = 20_000
_SEED = 0
Logits = npt.NDArray[np.float32]
Truth = npt.NDArray[np.int64]


def calibrate_segmenter(task: SegmentationTask, cases: Sequence[PreparedCase]) -> dict[str, Any]:
    """Temperatures of the weights that are kept, see ``head_temperatures``.

    Args:
        task: With those weights.
        cases: Not trained on.
    """
    return head_temperatures(_segmented(task, case) for case in cases)


def head_temperatures(segmented: Iterable[tuple[SegmenterOutput, Targets]]) -> dict[str, Any]:
    """Temperatures that make the heads' probabilities honest (Guo et al. 2017), and what they rest on.

    Args:
        segmented: Heads of one case (batch 1) and its target maps (3, slice, row, column), for each.

    Returns:
        ``lesion_temperature`` and ``anatomy_temperature`` with the number of voxels, each where it was
        annotated, and ``cases``; empty where neither was.
    """
    lesion, anatomy = [], []
    rng = np.random.default_rng(_SEED)
    for output, targets in segmented:
        lesion.append(_lesion_voxels(output, targets, rng))
        anatomy.append(_anatomy_voxels(output, targets, rng))
    result = _fitted("lesion", lesion, binary_temperature) | _fitted("anatomy", anatomy, class_temperature)
    return result | {"cases": len(lesion)} if result else {}


def _fitted(
    head: str, voxels: Sequence[tuple[Logits, Truth]], fit: Callable[[Logits, Truth], float]
) -> dict[str, Any]:
    """Empty where there are no voxels, or all are alike, which no temperature can be told from."""
    if not voxels:
        return {}
    logits, truth = np.concatenate([one for one, _ in voxels]), np.concatenate([one for _, one in voxels])
    if len(np.unique(truth)) < 2:
        return {}
    return {f"{head}_temperature": fit(logits, truth), f"{head}_voxels": len(truth)}


@torch.no_grad()
def _segmented(task: SegmentationTask, case: PreparedCase) -> tuple[SegmenterOutput, Targets]:
    whole = cut_patch(case, np.zeros(3, dtype=np.int64), case.shape)
    image, presence = torch.from_numpy(whole.image)[None], torch.from_numpy(case.presence)[None]
    task.network.eval()
    return segment_volume(task.network, image, presence, task.window), whole.targets


def _lesion_voxels(
    output: SegmenterOutput, targets: Targets, rng: np.random.Generator
) -> tuple[Logits, Truth]:
    target = targets[LESION_MAP].ravel()
    chosen = _some(np.flatnonzero(target != LESION_NOT_ANNOTATED), rng)
    logits = output.lesion[0, 0].flatten().numpy()
    return logits[chosen], (target[chosen] == LESION).astype(np.int64)


def _anatomy_voxels(
    output: SegmenterOutput, targets: Targets, rng: np.random.Generator
) -> tuple[Logits, Truth]:
    """Voxels of which one class alone is annotated."""
    target = targets[ANATOMY_MAP].ravel()
    one_class = (target > 0) & (target & (target - 1) == 0)
    chosen = _some(np.flatnonzero(one_class), rng)
    logits = output.anatomy[0].flatten(1).numpy().T
    return logits[chosen], np.log2(target[chosen]).astype(np.int64)


def _some(places: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    if len(places) <= _VOXELS_OF_CASE:
        return places
    return np.sort(rng.choice(places, _VOXELS_OF_CASE, replace=False))
