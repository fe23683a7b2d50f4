import numpy as np
import pytest
import torch

from spinemets.errors import ConfigurationError
from spinemets.training.augmentation import AxialAugmentation

SPACING_MM = (4.0, 1.0, 1.0)


@pytest.fixture
def crop():
    """A bright canal with a dark cord in the middle of each slice."""
    rows, columns = np.indices((64, 64)) - 31.5
    radius = np.hypot(rows, columns)
    slices = np.where(radius < 4, 0.0, np.where(radius < 9, 3.0, -1.0)).astype(np.float32)
    return torch.from_numpy(np.stack([slices] * 5))


def test_a_flip_exchanges_left_and_right_and_keeps_the_canal_in_the_centre(stage, crop):
    augment = AxialAugmentation(
        SPACING_MM, spatial=stage("spatial", flip_chance=1.0, out_of_plane_rotation_deg=0)
    )
    marked = crop.clone()
    marked[:, 10, 5] = 7.0
    flipped = augment(marked, np.random.default_rng(0))
    assert (flipped[:, 10, 58] == 7.0).all()
    assert torch.equal(augment(crop, np.random.default_rng(0)), crop)


@pytest.mark.parametrize("seed", range(15))
def test_the_canal_stays_near_the_centre_and_keeps_its_shape(configured, crop, seed):
    changed = configured("axial", "artefacts=null", "intensity=null")(crop, np.random.default_rng(seed))
    canal = changed[2] > 1.5
    # The shift, seen at the largest scale.
    assert (torch.nonzero(canal).float().mean(0) - 31.5).abs().max() <= 4.0 * 1.45 + 0.5
    # Scale within slices is one factor, so a ring stays round.
    extent = torch.nonzero(canal).float().std(0)
    torch.testing.assert_close(extent[0], extent[1], rtol=0.1, atol=0)


@pytest.mark.parametrize("seed", range(15))
def test_crops_stay_crops(configured, crop, seed):
    augment = configured("axial")
    first, second = (augment(crop, np.random.default_rng(seed)) for _ in range(2))
    assert torch.equal(first, second)
    assert first.shape == crop.shape
    assert first.dtype == torch.float32
    assert torch.isfinite(first).all()


def test_slices_are_not_mixed(configured, crop):
    crop[2] = -1.0
    augment = configured("axial", "artefacts=null", "intensity=null")
    for seed in range(5):
        assert not (augment(crop, np.random.default_rng(seed))[2] > 0.1).any()


def test_the_config_axial_none_changes_nothing(configured, crop):
    assert torch.equal(configured("axial_none")(crop, np.random.default_rng(0)), crop)


@pytest.mark.parametrize("field", ["elastic_chance", "out_of_plane_rotation_deg"])
def test_settings_that_can_change_a_grade_are_refused(stage, field):
    settings = stage("spatial", **{"out_of_plane_rotation_deg": 0.0} | {field: 1.0})
    with pytest.raises(ConfigurationError, match=field):
        AxialAugmentation(SPACING_MM, spatial=settings)
