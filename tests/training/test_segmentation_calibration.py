"""Temperatures undo a known over-confidence."""

import numpy as np
import pytest
import torch

from spinemets.networks.segmenter import SegmenterOutput
from spinemets.training.segmentation_calibration import head_temperatures
from training.cases import SHAPE


def _overconfident(factor, seed):
    """Heads whose logits are a factor too large for how often they are right, and what is true."""
    rng = np.random.default_rng(seed)
    lesion, anatomy = (rng.normal(0, 1.5, size=(count, *SHAPE)).astype(np.float32) for count in (1, 8))
    targets = np.zeros((3, *SHAPE), np.uint8)
    targets[1] = rng.uniform(size=SHAPE) < 1 / (1 + np.exp(-lesion[0]))
    shares = torch.from_numpy(anatomy).softmax(0).numpy().cumsum(0)
    targets[0] = 1 << (rng.uniform(size=SHAPE) > shares).sum(0).clip(max=7)
    heads = (torch.from_numpy(factor * head)[None] for head in (anatomy, lesion))
    return SegmenterOutput(*heads, torch.zeros(1, 1, *SHAPE)), targets


def test_overconfident_heads_get_the_factor_as_their_temperature():
    result = head_temperatures(_overconfident(3.0, seed) for seed in range(3))
    assert result["lesion_temperature"] == pytest.approx(3.0, rel=0.1)
    assert result["anatomy_temperature"] == pytest.approx(3.0, rel=0.1)
    assert (result["cases"], result["lesion_voxels"]) == (3, 3 * np.prod(SHAPE))


def test_what_is_not_annotated_gets_no_temperature():
    output, targets = _overconfident(3.0, 0)
    targets[1] = 255
    assert "lesion_temperature" not in head_temperatures([(output, targets)])
    targets[0] = 0b110
    assert head_temperatures([(output, targets)]) == {}


def test_without_cases_nothing_is_said():
    assert head_temperatures([]) == {}
