"""Noise that is fixed in the world."""

import numpy as np

from spinemets.phantom.grid_box import GridBox
from spinemets.phantom.world_noise import WorldNoise


def _grid(start_mm: float, spacing_mm: float, count: int) -> GridBox:
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = start_mm
    return GridBox((slice(0, count),) * 3, affine, (count,) * 3)


def test_grids_see_the_same_field_where_they_meet():
    noise = WorldNoise(np.random.default_rng(0), (8.0, 9.0, 10.0))
    coarse, fine = noise.on(_grid(-20.0, 2.0, 21)), noise.on(_grid(-10.0, 1.0, 21))
    assert np.allclose(coarse[5:16, 5:16, 5:16], fine[::2, ::2, ::2], atol=1e-4)


def test_field_is_standardised():
    field = WorldNoise(np.random.default_rng(1), (4.0, 4.0, 4.0)).on(_grid(-60.0, 1.5, 80))
    assert abs(field.mean()) < 0.15
    assert 0.7 < field.std() < 1.1


def test_field_is_smooth_at_its_scale():
    field = WorldNoise(np.random.default_rng(1), (10.0, 10.0, 10.0)).on(_grid(0.0, 0.5, 60))
    assert np.abs(np.diff(field, axis=0)).max() < 0.4
