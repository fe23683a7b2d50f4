"""The segmenter's maps on the native grid, whatever way the stack is stored."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from spinemets.errors import ConfigurationError, InputError
from spinemets.inference.models import load_models
from spinemets.inference.segmenting import segment_station
from spinemets.inference.settings import SegmentingSettings
from spinemets.study.channel_stack import ChannelStack
from spinemets.study.selection import Channel
from spinemets.volume import Volume, reorient
from weight_files import save_segmenter

SHAPE = (6, 48, 40)


def _settings(**changes):
    values = {
        "arithmetic": "fp32",
        "most_voxels": 10**7,
        "overlap": 0.5,
        "flips": False,
        "lesion_threshold": 0.5,
        "least_lesion_ml": 0.1,
    }
    return SegmentingSettings(**(values | changes))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "one.safetensors"
    save_segmenter(path)
    return load_models([path], None, "cpu")


def _volume(seed=0):
    """An oblique stack with something smooth in it."""
    axes = np.array([[-1.0, 0, 0], [0, 0, -1.0], [0, -1.0, 0]]).T
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("zx", (8, 5), degrees=True).as_matrix() @ axes * (4.4, 1.0, 1.0)
    rng = np.random.default_rng(seed)
    coarse = rng.normal(size=(6, 12, 10)).repeat(4, axis=1).repeat(4, axis=2)
    return Volume((100 + 30 * coarse).astype(np.float32), affine)


def _stack(volume, *more):
    channels = dict(zip((Channel.T2, Channel.T1), (volume, *more), strict=False))
    return ChannelStack(None, channels, {}, {})


def test_maps_lie_on_the_native_grid_in_the_networks_orientation(models):
    found = segment_station(_stack(_volume()), models, _settings())
    assert found.anatomy.has_grid_of(reorient(_volume(), "LIP"))
    assert found.anatomy.array.dtype == np.uint8
    assert len(np.unique(found.anatomy.array)) > 1
    assert 0 < found.lesion_probability.array.min() < found.lesion_probability.array.max() < 1


@pytest.mark.parametrize("stored", ["RAS", "LPS", "IPR", "SAL", "PIL"])
def test_the_stored_orientation_does_not_matter(models, stored):
    straight = segment_station(_stack(_volume()), models, _settings())
    turned = segment_station(_stack(reorient(_volume(), stored)), models, _settings())
    assert turned.anatomy.has_grid_of(straight.anatomy)
    assert np.array_equal(turned.anatomy.array, straight.anatomy.array)
    assert np.allclose(turned.lesion_probability.array, straight.lesion_probability.array, atol=1e-5)


def test_with_flips_the_patient_in_a_mirror_is_segmented_in_a_mirror(models):
    mirrored = Volume(_volume().array[::-1].copy(), _volume().affine_ras)
    one = segment_station(_stack(_volume()), models, _settings(flips=True))
    other = segment_station(_stack(mirrored), models, _settings(flips=True))
    assert np.allclose(one.lesion_probability.array, other.lesion_probability.array[::-1], atol=1e-4)


def test_flips_take_the_mean_with_the_mirrored_stack(models):
    mirrored = Volume(_volume().array[::-1].copy(), _volume().affine_ras)
    straight = segment_station(_stack(_volume()), models, _settings()).lesion_probability.array
    back = segment_station(_stack(mirrored), models, _settings()).lesion_probability.array[::-1]
    both = segment_station(_stack(_volume()), models, _settings(flips=True)).lesion_probability.array
    assert np.abs(straight - back).max() > 0.01
    assert np.allclose(both, (straight + back) / 2.0, atol=1e-4)


def test_an_ensemble_is_the_mean_of_its_members(tmp_path, models):
    paths = [tmp_path / "one.safetensors", tmp_path / "other.safetensors"]
    for seed, path in enumerate(paths):
        save_segmenter(path, seed=seed)
    other, both = (load_models(chosen, None, "cpu") for chosen in (paths[1:], paths))
    first, second, mean = (
        segment_station(_stack(_volume()), each, _settings()).lesion_probability.array
        for each in (models, other, both)
    )
    assert np.abs(first - second).max() > 0.01
    assert np.allclose(mean, (first + second) / 2.0, atol=1e-6)
    assert [one.sha256 for one in both.used] == [models.used[0].sha256, other.used[0].sha256]


def test_windows_agree_with_one_pass_nearly_everywhere(models):
    """A random network sees the borders of windows; its answers are alike, not equal."""
    whole = segment_station(_stack(_volume()), models, _settings())
    cut = segment_station(_stack(_volume()), models, _settings(most_voxels=1))
    assert cut.anatomy.has_grid_of(whole.anatomy)
    assert (
        np.corrcoef(whole.lesion_probability.array.ravel(), cut.lesion_probability.array.ravel())[0, 1] > 0.5
    )


def test_another_channel_changes_the_answer(models):
    alone = segment_station(_stack(_volume()), models, _settings())
    both = segment_station(_stack(_volume(), _volume(1)), models, _settings())
    assert not np.allclose(alone.lesion_probability.array, both.lesion_probability.array)


@pytest.mark.parametrize(
    ("field", "value"),
    [("arithmetic", "fp8"), ("lesion_threshold", 1.0), ("overlap", 1.0), ("least_lesion_ml", -1.0)],
)
def test_settings_out_of_range_are_refused(field, value):
    with pytest.raises(ConfigurationError, match=field):
        _settings(**{field: value})


def test_weights_of_another_task_and_missing_devices_are_refused(tmp_path, models):
    path = tmp_path / "one.safetensors"
    save_segmenter(path)
    with pytest.raises(InputError, match="segmentation"):
        load_models([path], path, "cpu")
    with pytest.raises(ConfigurationError, match="device"):
        load_models([path], None, "nonsense")
    with pytest.raises(ConfigurationError, match="weights"):
        load_models([], None, "cpu")
