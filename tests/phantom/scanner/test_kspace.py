"""K-space: truncation, zero filling, aliasing, noise."""

import numpy as np
import pytest

from spinemets.phantom import kspace


def _through(image: np.ndarray, acquired: tuple[int, int], matrix: tuple[int, int]) -> np.ndarray:
    return np.abs(kspace.reconstruct(kspace.acquire_kspace(image.astype(np.float32), acquired), matrix))


def test_full_acquisition_gives_the_image_back() -> None:
    image = np.random.default_rng(0).random((24, 36))
    np.testing.assert_allclose(_through(image, (24, 36), (24, 36)), image, atol=1e-5)


def test_an_even_image_keeps_its_value_at_any_matrix() -> None:
    image = np.full((60, 45), 0.7)
    np.testing.assert_allclose(_through(image, (32, 20), (96, 50)), 0.7, atol=1e-5)


def test_a_smooth_wave_keeps_its_place_when_interpolated() -> None:
    place = np.arange(64) / 64.0
    image = np.tile(1.0 + 0.5 * np.cos(2 * np.pi * 3 * place), (16, 1))
    fine = 1.0 + 0.5 * np.cos(2 * np.pi * 3 * np.arange(100) / 100.0)
    np.testing.assert_allclose(_through(image, (8, 32), (16, 100))[0], fine, atol=1e-4)


def test_truncation_overshoots_an_edge_by_gibbs_nine_percent() -> None:
    image = np.zeros((8, 1024))
    image[:, 256:768] = 1.0
    row = _through(image, (8, 128), (8, 1024))[0]
    # Wilbraham and Gibbs: 8.9 % of the step.
    assert row.max() - 1.0 == pytest.approx(0.0895, abs=0.01)


def test_fold_brings_what_lies_beyond_to_the_other_side() -> None:
    image = np.zeros((1, 12, 2), dtype=np.float32)
    image[0, 1] = 1.0
    # Of 12 rows the middle 8 are kept: rows 2 to 9. Row 1 is one before the first, so it lands on the last.
    folded = kspace.fold(image, 8, axis=1)
    assert folded.shape == (1, 8, 2)
    assert np.flatnonzero(folded[0, :, 0]).tolist() == [7]


def test_fold_loses_no_signal() -> None:
    image = np.random.default_rng(0).random((2, 30, 4)).astype(np.float32)
    assert kspace.fold(image, 20, axis=1).sum() == pytest.approx(image.sum(), rel=1e-5)


def test_noise_has_the_standard_deviation_asked_for() -> None:
    noise = kspace.white_noise((200, 200), 0.05, np.random.default_rng(0))
    image = kspace.reconstruct(noise, (200, 200))
    assert image.real.std() == pytest.approx(0.05, rel=0.02)
    assert image.imag.std() == pytest.approx(0.05, rel=0.02)


def test_magnitude_of_pure_noise_has_rayleighs_mean() -> None:
    noise = kspace.white_noise((200, 200), 1.0, np.random.default_rng(1))
    assert np.abs(kspace.reconstruct(noise, (200, 200))).mean() == pytest.approx(np.sqrt(np.pi / 2), rel=0.01)
