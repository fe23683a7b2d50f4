"""The grade of the canal's geometry, from none to a cord without fluid around it."""

from dataclasses import replace

import numpy as np

from findings.block_canal import with_tumour
from findings.block_spine import ball, block_maps
from spinemets.anatomy import Anatomy, EsccGrade
from spinemets.findings.canal_escc import measured_escc
from spinemets.scoring.escc import grade_escc
from spinemets.volume import Volume


def test_no_tumour_is_grade_0():
    assert grade_escc(measured_escc(block_maps())[2]).grades == (EsccGrade.G0,)


def test_more_tumour_never_gives_a_lower_grade():
    worst = [grade_escc(measured_escc(with_tumour(reach))[2]).grades for reach in (2.5, 5.0, 9.0, 12.0)]
    highest = [grades[-1].rank for grades in worst]
    lowest = [grades[0].rank for grades in worst]
    assert lowest == sorted(lowest)
    assert highest[0] >= EsccGrade.G1A.rank
    assert lowest[-1] >= EsccGrade.G1B.rank


def test_a_sac_of_cord_alone_has_no_fluid_left():
    maps = with_tumour(9.0)
    anatomy = maps.anatomy.array.copy()
    beside = np.abs(maps.anatomy.voxel_to_world(np.argwhere(anatomy == Anatomy.THECAL_SAC))[:, 2]) < 10
    anatomy[tuple(np.argwhere(anatomy == Anatomy.THECAL_SAC)[beside].T)] = Anatomy.CORD
    full = replace(maps, anatomy=Volume(anatomy, maps.anatomy.affine_ras))
    assert grade_escc(measured_escc(full)[2]).grades == (EsccGrade.G3,)


def test_traces_of_tumour_leave_it_open_whether_there_is_any():
    found = measured_escc(block_maps(ball((2.0, -16.5, 0.0), 1.5)))[2]
    assert found.epidural_tumour is None
    assert grade_escc(found).grades == (EsccGrade.G0, EsccGrade.G1A)


def test_a_canal_that_is_not_seen_may_hold_anything():
    maps = block_maps()
    anatomy = np.where(np.isin(maps.anatomy.array, (5, 6, 7)), 0, maps.anatomy.array).astype(np.uint8)
    bare = replace(maps, anatomy=Volume(anatomy, maps.anatomy.affine_ras))
    assert grade_escc(measured_escc(bare)[2]).grades == tuple(EsccGrade)
