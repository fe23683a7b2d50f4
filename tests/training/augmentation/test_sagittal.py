import numpy as np
import pytest
import torch

from spinemets.training.augmentation import SagittalAugmentation

SPACING_MM = (4.0, 1.0, 1.0)


def _equal(first, second):
    return all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("name", ["standard", "strong"])
@pytest.mark.parametrize("seed", range(30))
def test_samples_stay_samples(configured, sample, name, seed):
    image, presence, targets = configured(name)(*sample, np.random.default_rng(seed))
    assert image.dtype == torch.float32
    assert image.shape == sample[0].shape
    assert torch.isfinite(image).all()
    assert presence.sum() >= 1
    # A channel is there if and only if it holds anything.
    assert torch.equal(presence, image.flatten(1).any(dim=1).float())
    assert targets.dtype == torch.uint8
    for target, allowed in zip(targets, ({0, 1, 2}, {0, 1, 255}, {0, 40}), strict=True):
        assert set(target.unique().tolist()) <= allowed


@pytest.mark.parametrize("seed", range(5))
def test_the_same_generator_gives_the_same_sample(configured, sample, seed):
    augment = configured("strong")
    first = augment(*sample, np.random.default_rng(seed))
    assert _equal(first, augment(*sample, np.random.default_rng(seed)))
    assert not _equal(first, augment(*sample, np.random.default_rng(seed + 100)))


def test_the_sample_given_is_not_changed(configured, sample):
    before = [one.clone() for one in sample]
    for seed in range(10):
        configured("strong")(*sample, np.random.default_rng(seed))
    assert _equal(before, sample)


def test_nothing_happens_at_chance_0(stage, sample):
    stages = {name: stage(name) for name in ("sequences", "spatial", "artefacts", "intensity")}
    augment = SagittalAugmentation(SPACING_MM, **stages)
    for seed in range(5):
        assert _equal(augment(*sample, np.random.default_rng(seed)), sample)


def test_the_config_none_changes_nothing(configured, sample):
    assert _equal(configured("none")(*sample, np.random.default_rng(0)), sample)


def test_a_flip_turns_image_and_targets_alike(stage, sample):
    augment = SagittalAugmentation(SPACING_MM, spatial=stage("spatial", flip_chance=1.0))
    image, _, targets = augment(*sample, np.random.default_rng(0))
    assert torch.equal(image, sample[0].flip(1))
    assert torch.equal(targets, sample[2].flip(1))


@pytest.mark.parametrize("seed", range(10))
def test_the_mask_of_a_moved_block_stays_on_the_block(stage, sample, seed):
    spatial = stage("spatial", affine_chance=1.0, elastic_chance=1.0)
    image, _, targets = SagittalAugmentation(SPACING_MM, spatial=spatial)(
        *sample, np.random.default_rng(seed)
    )
    inside = targets[1] != 255
    overlap = torch.stack([image[1][inside], (targets[1] == 1)[inside].float()])
    assert torch.corrcoef(overlap)[0, 1] > 0.9


def test_what_comes_from_beyond_the_patch_is_zero_and_not_annotated(stage, sample):
    spatial = stage("spatial", affine_chance=1.0, in_plane_scale=(0.5, 0.5), slice_scale=(1.0, 1.0))
    stages = {"spatial": spatial, "intensity": stage("intensity", noise_chance=1.0, scaling_chance=1.0)}
    image, _, targets = SagittalAugmentation(SPACING_MM, **stages)(*sample, np.random.default_rng(0))
    assert not image[:, :, :4].any()
    for target, unknown in zip(targets[:, :, :4], (0, 255, 0), strict=True):
        assert (target == unknown).all()
    assert (targets[1] == 1).any()


def test_a_changed_signal_keeps_its_mean_and_spread(stage, sample):
    stages = {
        "artefacts": stage("artefacts", ghost_chance=1.0),
        "intensity": stage("intensity", gamma_chance=1.0, bias_chance=1.0, noise_chance=1.0),
    }
    image, _, _ = SagittalAugmentation(SPACING_MM, **stages)(*sample, np.random.default_rng(0))
    torch.testing.assert_close(image[:3].mean((1, 2, 3)), sample[0][:3].mean((1, 2, 3)), atol=1e-3, rtol=0)
    torch.testing.assert_close(image[:3].std((1, 2, 3)), sample[0][:3].std((1, 2, 3)), atol=1e-3, rtol=0)
    assert not torch.allclose(image, sample[0], atol=0.05)
