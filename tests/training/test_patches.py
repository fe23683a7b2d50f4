"""Patches hold what the case holds where they lie, and nothing beyond it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinemets.errors import ConfigurationError
from spinemets.training.label_sets import NOT_ANNOTATED
from spinemets.training.patch_sites import PatchSites, find_sites
from spinemets.training.patches import PatchSettings, cut_patch, draw_patch
from training.cases import SHAPE, annotated, prepared

_SIZE = (2, 8, 8)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("cases"))


def _whole(case):
    return cut_patch(case, np.zeros(3, int), SHAPE)


def test_a_patch_is_a_cut_of_the_case(case):
    whole, patch = _whole(case), cut_patch(case, np.array([1, 5, 6]), _SIZE)
    assert np.array_equal(patch.image, whole.image[:, 1:3, 5:13, 6:14])
    assert np.array_equal(patch.targets, whole.targets[:, 1:3, 5:13, 6:14])


def test_missing_channels_are_zeros(case):
    assert not _whole(case).image[2:].any()
    assert _whole(case).image[:2].any(axis=(1, 2, 3)).all()


def test_beyond_the_case_nothing_is_annotated(case):
    patch = cut_patch(case, np.array([-1, 20, 16]), _SIZE)
    assert not patch.image[:, 0].any()
    for target, empty in zip(patch.targets, NOT_ANNOTATED, strict=True):
        assert (target[0] == empty).all()
        assert (target[:, 4:] == empty).all()
    assert (patch.targets[0, 1, :4, :4] != 0).all()


@given(st.integers(0, 500))
def test_patches_lie_inside_a_case_that_is_large_enough(case, seed):
    patch = draw_patch(case, PatchSettings(_SIZE, 0.4, 0.3, 0.25), np.random.default_rng(seed))
    assert (patch.targets[0] != 0).all()


def test_a_case_smaller_than_the_patch_lies_in_its_middle(case):
    settings = PatchSettings((8, 32, 32), 0.0, 0.0, 0.25)
    patch = draw_patch(case, settings, np.random.default_rng(0))
    assert (patch.targets[0, 2:6, 4:28, 6:26] != 0).all()
    assert (patch.targets[0] != 0).sum() == np.prod(SHAPE)


def test_patches_are_centred_on_lesions_as_often_as_asked(case):
    settings = PatchSettings((2, 4, 4), 0.5, 0.0, 0.0)
    holds = [
        (draw_patch(case, settings, np.random.default_rng(seed)).targets[1] == 1).any() for seed in range(300)
    ]
    assert 0.45 < np.mean(holds) < 0.7


def test_a_case_without_lesions_gives_patches_too(tmp_path):
    case = prepared(tmp_path, lesion=False)
    assert case.sites.lesion_count == 0
    patch = draw_patch(case, PatchSettings(_SIZE, 1.0, 0.0, 0.0), np.random.default_rng(0))
    assert patch.image.shape == (4, *_SIZE)


def test_sites_know_every_lesion_and_structure(tmp_path):
    targets = annotated().targets
    targets[1, 0, 0, 0] = 1
    sites = find_sites(targets, 0.5)
    assert sites.lesion_count == 2
    assert sorted(sites.lesion_volumes_ml.tolist()) == [0.5, 16.0]
    drawn = {tuple(sites.draw_lesion(np.random.default_rng(seed))) for seed in range(40)}
    assert (0, 0, 0) in drawn
    assert all(targets[1][voxel] == 1 for voxel in drawn)
    sites.save(tmp_path / "sites.npz")
    again = PatchSites.load(tmp_path / "sites.npz")
    assert np.array_equal(again.lesion_voxels, sites.lesion_voxels)
    assert np.array_equal(again.class_ends, sites.class_ends)


@pytest.mark.parametrize("wrong", [{"size": (0, 4, 4)}, {"lesion_share": 0.8, "anatomy_share": 0.3}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigurationError):
        PatchSettings(**({"size": _SIZE, "lesion_share": 0.3, "anatomy_share": 0.3, "jitter": 0.2} | wrong))
