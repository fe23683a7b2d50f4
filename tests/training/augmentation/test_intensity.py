import numpy as np
import pytest
import torch
from scipy import ndimage, stats

from spinemets.training.augmentation.intensity import (
    bias_field,
    blurred,
    coarsened,
    noisy,
    rescaled,
    turned_over,
    vary_contrast,
)

CPU = torch.device("cpu")


@pytest.fixture
def magnitude():
    return torch.rand(4, 24, 20, generator=torch.Generator().manual_seed(0)) * 3


def test_blur_is_that_of_scipy(magnitude):
    ours = blurred(magnitude, 1.5, 0.8)
    # MONAI's kernel is integrated over each voxel, which adds the variance of a voxel.
    sds = np.sqrt(np.square([1.5, 0.8]) + 1 / 12)
    theirs = ndimage.gaussian_filter(magnitude.numpy(), (0, *sds), mode="nearest")
    np.testing.assert_allclose(ours.numpy(), theirs, atol=0.02)


@pytest.mark.parametrize("axis", range(3))
def test_coarser_voxels_hide_what_alternates_along_their_axis_alone(axis):
    shape = [1, 1, 1]
    shape[axis] = 16
    stripes = torch.tensor([0.0, 2.0] * 8).reshape(shape).expand(16, 16, 16)
    torch.testing.assert_close(coarsened(stripes, axis, 2.0), torch.ones(16, 16, 16))
    torch.testing.assert_close(coarsened(stripes, (axis + 1) % 3, 2.0), stripes)


def test_the_bias_field_is_positive_smooth_and_the_same_for_the_same_generator():
    first, second = (bias_field((8, 40, 40), 0.3, np.random.default_rng(1), CPU) for _ in range(2))
    assert torch.equal(first, second)
    assert first.min() > 0
    assert first.diff(dim=1).abs().max() < 0.2 * first.max()
    assert not torch.equal(bias_field((8, 40, 40), 0.3, np.random.default_rng(2), CPU), first)


def test_noise_in_air_has_the_distribution_of_its_kind():
    air, rng = torch.zeros(4, 64, 64), np.random.default_rng(0)
    gaussian, rician = (noisy(air, 0.2, kind, rng).numpy().ravel() for kind in (False, True))
    assert stats.kstest(gaussian, stats.norm(scale=0.2).cdf).pvalue > 0.01
    assert stats.kstest(rician, stats.rayleigh(scale=0.2).cdf).pvalue > 0.01


def test_turning_over_keeps_air_dark_and_reverses_tissue():
    air, fluid, muscle, fat = turned_over(torch.tensor([0.0, 1.0, 2.0, 3.0]))
    assert air == 0
    assert fluid > muscle > fat


def test_gamma_keeps_the_order_of_grey_values_and_the_brightest(stage, magnitude):
    settings = stage("intensity", gamma_chance=1.0)
    changed = vary_contrast(magnitude, settings, np.random.default_rng(0))
    assert torch.equal(changed.flatten().argsort(), magnitude.flatten().argsort())
    torch.testing.assert_close(changed.amax(), magnitude.amax())


def test_rescaling_stays_within_its_limits(stage):
    settings = stage("intensity", scaling_chance=1.0, contrast=(0.5, 2.0), brightness=0.3)
    scores = torch.tensor([0.0, 1.0])
    for seed in range(20):
        offset, top = rescaled(scores, settings, np.random.default_rng(seed))
        assert abs(offset) <= 0.3
        assert 0.5 <= top - offset <= 2.0
