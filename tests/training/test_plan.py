"""Plans follow the data and the memory, and the user's wishes before both."""

import pytest

from networks.test_segmenter import TINY
from spinemets.errors import ConfigurationError
from spinemets.networks.segmenter_settings import SegmenterSettings
from spinemets.training.case_facts import CaseFacts
from spinemets.training.fingerprint import fingerprint
from spinemets.training.plan import Wishes, bytes_per_voxel, make_plan

_NETWORK = SegmenterSettings(**TINY)
_GIB = 2**30


def _facts(name="a", spacing_mm=(4.0, 0.7, 0.7), shape=(16, 400, 400), lesions=(0.2, 2.0)):
    return CaseFacts(name, spacing_mm, shape, {"T2": (1.0, 50.0, 200.0)}, {"cord": 8.0}, lesions, True)


@pytest.fixture
def found():
    return fingerprint([_facts("a"), _facts("b"), _facts("c", (5.0, 0.9, 0.9), (14, 320, 320), ())])


def _wishes(**changes):
    free = {"spacing_mm": None, "patch_size": None, "batch_size": None}
    return Wishes(**(free | {"finest_in_plane_mm": 0.5, "most_patch_voxels": 10**7} | changes))


def _plan(found, memory=24 * _GIB, on_gpu=False, **changes):
    return make_plan(found, _NETWORK, _wishes(**changes), memory, "32-true", on_gpu)


def test_fingerprint_counts_cases_channels_and_lesions_by_size(found):
    assert found.cases == 3
    assert found.channels == {"T2": 3}
    assert found.median_spacing_mm == (4.0, 0.7, 0.7)
    assert found.lesions == {"< 0.5 mL": 2, "0.5-1 mL": 0, ">= 1 mL": 2}
    assert (found.lesion_annotated, found.lesion_free, found.level_annotated) == (3, 1, 3)


def test_a_set_without_lesion_masks_says_so():
    found = fingerprint([_facts(lesions=None)])
    assert (found.lesion_annotated, found.lesion_free, found.lesion_volume_ml) == (0, 0, ())


def test_facts_survive_their_file():
    facts = _facts()
    assert CaseFacts.from_json(facts.to_json()) == facts


def test_spacing_is_the_median_and_the_patch_the_field_of_view(found):
    plan = _plan(found)
    assert plan.spacing_mm == (4.0, 0.7, 0.7)
    assert plan.patch_size == (16, 400, 400)


def test_spacing_is_no_finer_than_asked(found):
    assert _plan(found, finest_in_plane_mm=1.5).spacing_mm == (4.0, 1.5, 1.5)


@pytest.mark.parametrize("voxels", [10**6, 10**5, 10**4])
def test_patches_stay_below_the_most_voxels_and_suit_the_network(found, voxels):
    patch = _plan(found, most_patch_voxels=voxels).patch_size
    assert patch[0] * patch[1] * patch[2] <= voxels
    assert all(size % step == 0 for size, step in zip(patch, _NETWORK.divisor, strict=True))


def test_less_memory_gives_smaller_patches(found):
    large, small = (_plan(found, memory=memory).patch_size for memory in (24 * _GIB, _GIB // 8))
    assert small < large
    per_voxel = bytes_per_voxel(_NETWORK, "32-true")
    assert 2 * small[0] * small[1] * small[2] * per_voxel <= _GIB // 8


def test_memory_that_is_left_goes_into_the_batch_of_a_gpu(found):
    assert _plan(found, on_gpu=True, most_patch_voxels=10**5).batch_size == 16
    assert _plan(found, on_gpu=False, most_patch_voxels=10**5).batch_size == 2


def test_wishes_win(found):
    plan = _plan(found, spacing_mm=(5.0, 1.0, 1.0), patch_size=(8, 64, 64), batch_size=3)
    assert (plan.spacing_mm, plan.patch_size, plan.batch_size) == ((5.0, 1.0, 1.0), (8, 64, 64), 3)


def test_a_patch_of_one_voxel_at_the_coarsest_stage_is_refused(found):
    with pytest.raises(ConfigurationError, match="twice as much"):
        _plan(found, patch_size=_NETWORK.divisor)
    assert _plan(found, patch_size=(2, 4, 8)).patch_size == (2, 4, 8)


def test_a_patch_that_does_not_suit_the_network_is_refused(found):
    with pytest.raises(ConfigurationError, match=r"multiples of \[2, 4, 4\]"):
        _plan(found, patch_size=(8, 63, 64))
