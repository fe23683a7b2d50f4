"""The segmenter's input has one orientation and one scale, whatever the scanner's."""

import numpy as np
import pytest

from spinemets.networks.sagittal_input import sagittal_input, z_scored
from spinemets.study.selection import Channel
from spinemets.volume import Volume, reorient

_SPACING = (4.0, 1.0, 1.0)


def _volume(seed=0, codes="RAS"):
    rng = np.random.default_rng(seed)
    array = rng.gamma(3.0, 100.0, size=(40, 44, 6)).astype(np.float32)
    affine = np.diag([1.0, 1.0, 4.0, 1.0])
    # Stored as (row, column, slice) of a sagittal stack would be: here right, anterior, superior.
    affine[:3, :3] = [[0, 0, 4.0], [0, 1.0, 0], [1.0, 0, 0]]
    affine[:3, 3] = (-10.0, 5.0, 30.0)
    return reorient(Volume(array, affine), codes)


def test_missing_channels_are_zeros_and_said_to_be_missing():
    seen = sagittal_input({Channel.T2: _volume()}, _SPACING)
    assert seen.presence.tolist() == [0, 1, 0, 0]
    assert not seen.image[[0, 2, 3]].any()
    assert seen.image.shape[1:] == (6, 40, 44)


@pytest.mark.parametrize("codes", ["RAS", "LPS", "SAR", "PIR", "IPL", "ASL"])
def test_orientation_of_the_file_does_not_matter(codes):
    reference = sagittal_input({Channel.T1: _volume()}, _SPACING)
    seen = sagittal_input({Channel.T1: _volume(codes=codes)}, _SPACING)
    assert np.allclose(seen.image, reference.image, atol=1e-5)
    assert np.allclose(seen.affine_ras, reference.affine_ras)


def test_slices_run_from_right_to_left_rows_down_columns_back():
    affine = sagittal_input({Channel.T1: _volume()}, _SPACING).affine_ras
    assert affine[0, 0] < 0
    assert affine[2, 1] < 0
    assert affine[1, 2] < 0


def test_tissue_has_mean_0_and_spread_1_whatever_the_air():
    tissue = np.random.default_rng(0).normal(500.0, 60.0, size=(4, 20, 20)).astype(np.float32)
    padded = np.pad(tissue, ((0, 0), (40, 0), (40, 0)))
    scored = z_scored(padded)
    assert abs(scored[:, 40:, 40:].mean()) < 0.05
    assert abs(scored[:, 40:, 40:].std() - 1) < 0.05


def test_an_empty_image_is_zeros_and_no_number_is_lost():
    assert not z_scored(np.zeros((2, 3, 4), np.float32)).any()
    holed = np.ones((2, 8, 8), np.float32)
    holed[0, 0, 0] = np.nan
    assert np.isfinite(z_scored(holed)).all()


def test_channels_on_different_grids_are_refused():
    shifted = _volume()
    affine = shifted.affine_ras.copy()
    affine[0, 3] += 3.0
    with pytest.raises(ValueError, match="different grids"):
        sagittal_input({Channel.T1: shifted, Channel.T2: Volume(shifted.array, affine)}, _SPACING)
    with pytest.raises(ValueError, match="at least one"):
        sagittal_input({}, _SPACING)
