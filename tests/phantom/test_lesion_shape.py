"""Shapes of lesions: volume, connection, irregularity."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from spinemets.phantom.lesion_shape import (
    correlated_noise,
    grow_to_volume,
    half_axes_for_volume,
    irregular_radius,
)

SPACING_MM = np.array([1.0, 1.0, 1.0])


def _coordinates(size: int = 40) -> tuple[np.ndarray, ...]:
    axis = np.arange(size, dtype=np.float32) - size / 2
    return tuple(np.meshgrid(axis, axis, axis, indexing="ij"))


def test_noise_is_standardised_and_smooth() -> None:
    noise = correlated_noise((60, 60, 60), SPACING_MM, 3.0, np.random.default_rng(0))
    assert abs(float(noise.mean())) < 0.15
    assert 0.8 < float(noise.std()) < 1.1
    neighbours = np.corrcoef(noise[1:].ravel(), noise[:-1].ravel())[0, 1]
    assert neighbours > 0.9


@given(volume_ml=st.floats(0.1, 40.0), stretch=st.floats(0.5, 2.0))
def test_half_axes_enclose_the_volume(volume_ml: float, stretch: float) -> None:
    right, anterior, superior = half_axes_for_volume(volume_ml, (1.0, stretch, 1.0))
    assert 4 / 3 * np.pi * right * anterior * superior / 1000 == pytest.approx(volume_ml)
    assert anterior / right == pytest.approx(stretch)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000), count=st.integers(100, 12_000))
def test_growth_gives_the_asked_size_in_one_piece(seed: int, count: int) -> None:
    coordinates = _coordinates()
    half_axes = half_axes_for_volume(count / 1000, (1.0, 1.0, 1.0))
    radius = irregular_radius(
        coordinates, SPACING_MM, (2.0, -1.0, 0.0), half_axes, np.random.default_rng(seed)
    )
    grown = grow_to_volume(radius, np.ones(radius.shape, dtype=bool), count)
    assert np.count_nonzero(grown) == pytest.approx(count, rel=0.05)
    assert ndimage.label(grown)[1] == 1


def test_growth_stays_within_what_is_allowed_and_fills_it_at_most() -> None:
    coordinates = _coordinates()
    radius = np.sqrt(sum(axis**2 for axis in coordinates))
    allowed = (np.abs(coordinates[0]) < 4) & (radius < 15)
    grown = grow_to_volume(radius, allowed, 10**6)
    assert np.array_equal(grown, allowed)


def test_growth_does_not_jump_over_a_gap() -> None:
    coordinates = _coordinates()
    allowed = np.abs(coordinates[0]) > 1.5
    radius = np.sqrt((coordinates[0] - 3) ** 2 + coordinates[1] ** 2 + coordinates[2] ** 2)
    grown = grow_to_volume(radius, allowed, 5000)
    assert coordinates[0][grown].min() > 0


def test_nothing_grows_where_nothing_is_allowed() -> None:
    radius = np.ones((5, 5, 5), dtype=np.float32)
    assert not grow_to_volume(radius, np.zeros(radius.shape, dtype=bool), 10).any()


def test_surface_is_no_ellipsoid() -> None:
    coordinates = _coordinates()
    radius = irregular_radius(
        coordinates, SPACING_MM, (0.0, 0.0, 0.0), (10.0, 10.0, 10.0), np.random.default_rng(5)
    )
    distance = np.sqrt(sum(axis**2 for axis in coordinates))
    surface = np.abs(radius - 1.0) < 0.02
    assert float(distance[surface].std()) > 0.8
