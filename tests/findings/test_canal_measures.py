"""The canal of a spine whose sac, cord and tumour are known by construction."""

from dataclasses import replace

import numpy as np
import pytest

from findings.block_spine import block_maps
from findings.test_body_measures import GRIDS
from spinemets.anatomy import Anatomy, EsccGrade
from spinemets.findings.canal_measures import measure_canal, measured_escc
from spinemets.scoring.escc import grade_escc
from spinemets.volume import Volume


def anterior_tumour(reach_mm):
    """Tumour that fills the canal from its front backwards, 16 mm long."""
    return lambda x, y, z: (np.abs(x) < 9) & (y < -15) & (y > -15 - reach_mm) & (np.abs(z) < 8)


def with_tumour(reach_mm, **grid):
    """Where tumour lies, sac and cord give way."""
    maps = block_maps(anterior_tumour(reach_mm), **grid)
    anatomy = maps.anatomy.array.copy()
    inside = (maps.lesions.array > 0) & np.isin(anatomy, (Anatomy.THECAL_SAC, Anatomy.CORD))
    anatomy[inside] = Anatomy.EPIDURAL_SPACE
    return replace(maps, anatomy=Volume(anatomy, maps.anatomy.affine_ras))


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


def test_no_tumour_is_grade_0():
    assert grade_escc(measured_escc(block_maps(), 2)).grades == (EsccGrade.G0,)


def test_more_tumour_never_gives_a_lower_grade():
    worst = [grade_escc(measured_escc(with_tumour(reach), 2)).grades for reach in (2.5, 5.0, 9.0, 12.0)]
    highest = [grades[-1].rank for grades in worst]
    lowest = [grades[0].rank for grades in worst]
    assert lowest == sorted(lowest)
    assert highest[0] >= EsccGrade.G1A.rank
    assert lowest[-1] >= EsccGrade.G1B.rank


def test_a_canal_that_is_not_seen_is_not_graded():
    maps = block_maps()
    anatomy = np.where(np.isin(maps.anatomy.array, (5, 6, 7)), 0, maps.anatomy.array).astype(np.uint8)
    bare = replace(maps, anatomy=Volume(anatomy, maps.anatomy.affine_ras))
    assert measure_canal(bare)[2].has_cord is None
    assert measure_canal(bare)[2].narrowing.value is None
    assert grade_escc(measured_escc(bare, 2)).grades == tuple(EsccGrade)
