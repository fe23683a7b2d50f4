"""The canal of a spine whose sac, cord and tumour are known by construction."""

from dataclasses import replace

import numpy as np
import pytest

from findings.block_canal import with_tumour
from findings.block_spine import ball, block_maps
from findings.test_body_measures import GRIDS
from spinemets.findings.canal_measures import measure_canal
from spinemets.findings.maps import StationMaps
from spinemets.volume import Volume, crop


@pytest.mark.parametrize("grid", GRIDS)
def test_a_free_canal_is_not_narrowed(grid):
    found = measure_canal(block_maps(**grid))[2]
    assert found.narrowing.value == pytest.approx(0.0, abs=8.0)
    assert found.epidural_tumour.value == 0.0
    assert found.epidural_extent.value == 0.0
    assert found.has_cord


@pytest.mark.parametrize("grid", GRIDS)
def test_tumour_narrows_the_canal_at_its_level(grid):
    found = measure_canal(with_tumour(8.0, **grid))
    assert found[2].narrowing.value > 30.0
    assert found[2].epidural_extent.value == pytest.approx(16.0, abs=3.0)
    assert found[1].epidural_tumour.value == found[3].epidural_tumour.value == 0.0


def test_a_canal_that_is_not_seen_is_not_graded():
    maps = block_maps()
    anatomy = np.where(np.isin(maps.anatomy.array, (5, 6, 7)), 0, maps.anatomy.array).astype(np.uint8)
    bare = replace(maps, anatomy=Volume(anatomy, maps.anatomy.affine_ras))
    assert measure_canal(bare)[2].has_cord is None
    assert measure_canal(bare)[2].narrowing.value is None


def without_rows(maps, count):
    """The maps without so many of their upper rows."""
    parts = (maps.anatomy, maps.vertebrae, maps.lesions, maps.lesion_probability)
    cut = [crop(one, (0, count, 0), one.shape) for one in parts]
    return StationMaps(*cut, images={}, series={}, reference_series="")


@pytest.mark.parametrize("rows", [20, 30])
def test_where_the_image_ends_nothing_is_narrowed(rows):
    """The canal of the uppermost vertebra goes on beyond the image."""
    for found in measure_canal(without_rows(block_maps(), rows)).values():
        assert found.narrowing.value is None or found.narrowing.value < 10.0


def test_tumour_in_a_canal_that_is_not_wholly_seen_is_a_lower_bound():
    maps = block_maps(ball((0.0, -24.0, 28.0), 4.0))
    assert not measure_canal(maps)[1].epidural_tumour.at_least
    tumour = measure_canal(without_rows(maps, 22))[1].epidural_tumour
    assert tumour.value > 0.1
    assert tumour.at_least
    assert "lower bound" in tumour.note
