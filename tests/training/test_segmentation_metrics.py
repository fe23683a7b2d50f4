"""Validation's figures agree with MONAI's, and count cases without lesions."""

import numpy as np
import pytest
import torch
from monai.metrics import compute_dice

from spinemets.networks.segmenter import SegmenterOutput
from spinemets.training.lesion_detection import Detection, detect
from spinemets.training.segmentation_metrics import SegmentationMetrics

_SHAPE = (4, 10, 12)


def _output(classes, lesion, level=20.0):
    anatomy = torch.nn.functional.one_hot(classes, 8).movedim(-1, 1).float()
    return SegmenterOutput(anatomy, lesion[:, None].float() * 2 - 1, torch.full((1, 1, *_SHAPE), level))


def _case(seed):
    generator = torch.Generator().manual_seed(seed)
    truth = torch.randint(0, 8, (1, *_SHAPE), generator=generator)
    predicted = torch.where(torch.rand(1, *_SHAPE, generator=generator) < 0.3, 1, truth)
    lesion = torch.rand(1, *_SHAPE, generator=generator) < 0.3
    targets = torch.stack([1 << truth, lesion.long(), torch.full_like(truth, 41)], dim=1).to(torch.uint8)
    return truth, predicted, lesion, targets


def test_dice_is_monais_mean_over_cases():
    metrics, expected = SegmentationMetrics(), []
    for seed in (0, 1):
        truth, predicted, lesion, targets = _case(seed)
        metrics.update(_output(predicted, lesion), targets)
        one_hot = [torch.nn.functional.one_hot(each, 8).movedim(-1, 1) for each in (predicted, truth)]
        expected.append(compute_dice(*one_hot, include_background=False))
    results = metrics.compute()
    assert results["dice_cord"].item() == pytest.approx(torch.cat(expected)[:, 5].mean().item())
    assert results["anatomy_dice"].item() == pytest.approx(torch.cat(expected).mean().item())
    assert results["lesion_dice"].item() == pytest.approx(1.0)
    assert results["level_error"].item() == pytest.approx(0.5)


def test_a_case_without_lesions_counts_false_alarms_and_no_dice():
    metrics = SegmentationMetrics()
    _, predicted, _, targets = _case(3)
    targets[:, 1] = 0
    lesion = torch.zeros(1, *_SHAPE, dtype=torch.bool)
    lesion[0, 0, 0, 0] = lesion[0, 3, 9, 9] = True
    metrics.update(_output(predicted, lesion), targets)
    results = metrics.compute()
    assert results["false_alarms_per_case"] == 2
    assert "lesion_dice" not in results
    assert "lesion_sensitivity" not in results


def test_what_is_not_annotated_is_not_counted():
    metrics = SegmentationMetrics()
    _, predicted, lesion, targets = _case(4)
    targets[:, 0], targets[:, 1], targets[:, 2] = 0, 255, 0
    metrics.update(_output(predicted, lesion), targets)
    assert metrics.compute() == {}


def test_a_lesion_is_found_by_any_overlap():
    reference, predicted = np.zeros((2, 1, 8, 8), bool)
    reference[0, :2, :2] = reference[0, 6:, 6:] = True
    predicted[0, 1, 1] = predicted[0, 4, 4] = True
    everywhere = np.ones_like(reference)
    assert detect(predicted, reference, everywhere) == Detection(lesions=2, found=1, false_alarms=1)
    assert detect(predicted, reference, everywhere, least_voxels=2) == Detection(2, 1, 0)


def test_alarms_outside_the_annotated_part_are_nobodys():
    predicted = np.ones((1, 4, 4), bool)
    nothing = np.zeros_like(predicted)
    assert detect(predicted, nothing, nothing) == Detection(0, 0, 0)
