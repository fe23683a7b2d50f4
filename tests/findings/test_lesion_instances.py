import numpy as np
import pytest

from geometry import ALL_ORIENTATIONS
from spinemets.findings.lesion_instances import split_lesions
from spinemets.volume import Volume, reorient

_AFFINE = np.diag([2.0, 1.0, 1.0, 1.0])


def _volume(*boxes, value=0.9):
    array = np.zeros((10, 20, 30), np.float32)
    for box in boxes:
        array[tuple(slice(*side) for side in box)] = value
    return Volume(array, _AFFINE)


_LOW, _HIGH = ((2, 5), (2, 6), (3, 6)), ((2, 5), (2, 6), (20, 24))


@pytest.mark.parametrize("codes", ALL_ORIENTATIONS)
def test_numbers_run_from_head_to_feet_in_every_orientation(codes):
    found = reorient(split_lesions(reorient(_volume(_LOW, _HIGH), codes), 0.5, None, 0.0), "RAS")
    assert found.array.dtype == np.uint16
    assert found.array[3, 3, 21] == 1
    assert found.array[3, 3, 4] == 2
    assert found.array.max() == 2


def test_voxels_that_share_a_corner_are_one_lesion():
    touching = _volume(((2, 3), (2, 3), (2, 3)), ((3, 4), (3, 4), (3, 4)))
    assert split_lesions(touching, 0.5, None, 0.0).array.max() == 1


def test_the_threshold_itself_is_lesion():
    assert split_lesions(_volume(_LOW, value=0.5), 0.5, None, 0.0).array.any()
    assert not split_lesions(_volume(_LOW, value=0.49), 0.5, None, 0.0).array.any()


def test_small_parts_are_dropped_by_volume_and_numbers_stay_in_order():
    # 36 voxels of 2 mm3 are 0.072 mL, 2 voxels 0.004 mL.
    speck = ((8, 9), (2, 3), (27, 29))
    found = split_lesions(_volume(_LOW, speck), 0.5, None, 0.01)
    assert np.count_nonzero(found.array) == 36
    assert found.array.max() == 1


def test_nothing_is_found_where_lesions_are_not_allowed():
    allowed = _volume(_HIGH, value=1.0)
    found = split_lesions(_volume(_LOW, _HIGH), 0.5, allowed, 0.0)
    assert found.array[3, 3, 21] == 1
    assert found.array[3, 3, 4] == 0


def test_another_grid_is_refused():
    other = Volume(np.ones((3, 3, 3)), _AFFINE)
    with pytest.raises(ValueError, match="grid"):
        split_lesions(_volume(_LOW), 0.5, other, 0.0)


def test_no_lesion_is_an_empty_map():
    assert not split_lesions(_volume(), 0.5, None, 0.0).array.any()
