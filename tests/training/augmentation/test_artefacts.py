import numpy as np
import pytest
import torch

from spinemets.training.augmentation.artefacts import (
    add_artefacts,
    ghosted,
    moved_while_scanning,
    ringing,
    striped,
)

ROW, COLUMN = 1, 2


@pytest.fixture
def block():
    magnitude = torch.zeros(3, 64, 48)
    magnitude[:, 28:36, 20:28] = 2.0
    return magnitude


@pytest.mark.parametrize(("phase", "size"), [(ROW, 64), (COLUMN, 48)])
def test_ghosts_lie_a_period_away_along_the_phase_direction_alone(block, phase, size):
    added = ghosted(block, phase, 3, 0.1, np.random.default_rng(0)) - block
    expected = (block.roll(size // 4, phase) + block.roll(-(size // 4), phase)) > 0
    assert torch.equal(added.abs() > 1e-6, expected)
    assert added.max() <= 0.2 + 1e-6


def test_ringing_overshoots_at_edges_and_keeps_the_signal(block):
    rung = ringing(block, ROW, 0.5)
    assert rung.max() > 2.05
    assert (rung[:, :, :20] < 1e-4).all()
    torch.testing.assert_close(ringing(block, ROW, 1.0), block, atol=1e-4, rtol=0)


@pytest.mark.parametrize("phase", [ROW, COLUMN])
def test_motion_blurs_the_image_and_leaves_it_in_its_place(block, phase):
    moved = moved_while_scanning(block, phase, 3.0, 3, np.random.default_rng(1))
    assert not torch.allclose(moved, block, atol=0.05)
    positions = torch.arange(block.shape[phase]).float()
    other = ROW + COLUMN - phase
    for one, still in zip(moved, block, strict=True):
        profiles = (part.sum(other - 1) ** 2 for part in (one, still))
        first, second = ((profile * positions).sum() / profile.sum() for profile in profiles)
        assert abs(first - second) < 1.0


def test_no_motion_is_no_change(block):
    still = moved_while_scanning(block, ROW, 0.0, 3, np.random.default_rng(0))
    torch.testing.assert_close(still, block, atol=1e-5, rtol=0)


def test_a_spike_is_one_point_of_k_space():
    plain = torch.full((2, 32, 32), 5.0)
    for seed in range(6):
        stripes = striped(plain, 0.3, np.random.default_rng(seed)) - plain
        hit = stripes.abs().amax(dim=(1, 2)) > 0.1
        assert hit.any()
        spectrum = torch.fft.rfft2(stripes[hit][0]).abs().square()
        # Cycles need not be whole, so that the point leaks to its neighbours.
        assert spectrum.flatten().topk(12).values.sum() > 0.75 * spectrum.sum()


@pytest.mark.parametrize("seed", range(10))
def test_magnitudes_stay_magnitudes(stage, block, seed):
    chances = {f"{name}_chance": 1.0 for name in ("ghost", "motion", "ringing", "spike")}
    settings = stage("artefacts", **chances)
    changed = add_artefacts(block, (4.0, 1.0, 1.0), settings, np.random.default_rng(seed))
    assert changed.dtype == torch.float32
    assert changed.min() >= 0
