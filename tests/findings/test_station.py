from dataclasses import replace

import numpy as np
import pytest

from findings.block_spine import ball, block_maps
from spinemets.anatomy import Anatomy, Level
from spinemets.findings.level_belief import LevelBelief, LevelProbability
from spinemets.findings.station import find, uninvolved_bones
from spinemets.scoring.sins_items import Posterolateral
from spinemets.volume import Volume

_BELIEFS = tuple(LevelBelief((LevelProbability(level, 1.0),)) for level in (Level.L2, Level.L3, Level.L4))
_WHOLE = {1: True, 2: True, 3: True}


def _found(lesion=None, **grid):
    return find(block_maps(lesion, **grid), _BELIEFS, _WHOLE, {})


def test_a_lesion_involves_its_vertebra_alone():
    found = _found(ball((0.0, 0.0, 0.0), 8.0))
    assert [one.involved for one in found.vertebrae] == [False, True, False]
    assert [one.lesions for one in found.vertebrae] == [(), (1,), ()]
    assert [one.sins is None for one in found.vertebrae] == [True, False, True]
    assert found.warnings == ()


def test_vertebrae_run_from_head_to_feet_with_their_levels():
    found = _found(centre=(10.0, 20.0, 30.0))
    assert [one.belief.most_likely for one in found.vertebrae] == [Level.L2, Level.L3, Level.L4]
    assert [round(one.centre_ras_mm[2]) for one in found.vertebrae] == pytest.approx([63, 30, -3], abs=1)
    assert found.lesions == ()
    assert not any(one.involved for one in found.vertebrae)


def test_healthy_and_involved_bodies_are_measured():
    found = _found(ball((0.0, 0.0, 0.0), 8.0))
    body = found.vertebrae[1].body
    assert body.height_middle.value == pytest.approx(24.0, abs=1.5)
    assert body.loss_middle.value == pytest.approx(0.0, abs=5.0)
    assert set(body.references) == {1, 3}


def test_a_lesion_below_the_limit_involves_nothing():
    found = _found(ball((0.0, 0.0, 0.0), 2.4))
    assert len(found.lesions) == 1
    assert not any(one.involved for one in found.vertebrae)


def test_tumour_in_the_canal_involves_the_level_but_leaves_its_body_a_reference():
    lesion = ball((-5.0, -24.0, 0.0), 5.0)
    assert [one.involved for one in _found(lesion).vertebrae] == [False, True, False]
    assert uninvolved_bones(block_maps(lesion)) == {1, 2, 3}
    assert uninvolved_bones(block_maps(ball((0.0, 0.0, 0.0), 8.0))) == {1, 3}


@pytest.mark.parametrize("stored", ["LIP", "RAS", "PIR"])
def test_the_side_of_a_pedicle_does_not_depend_on_how_the_image_is_stored(stored):
    found = _found(ball((-15.0, -20.0, 5.0), 7.0), stored=stored, tilt_deg=(4.0, -6.0, 8.0))
    item = found.vertebrae[1].sins.posterolateral
    assert item.values == (Posterolateral.UNILATERAL,)
    assert "right 0 %" in item.evidence


def test_the_sacrum_has_no_body_and_its_items_are_open():
    maps = block_maps(ball((0.0, 0.0, -33.0), 8.0))
    anatomy = maps.anatomy.array.copy()
    anatomy[maps.vertebrae.array == 3] = Anatomy.SACRUM
    maps = replace(maps, anatomy=Volume(anatomy, maps.anatomy.affine_ras))
    sacrum = find(maps, _BELIEFS, _WHOLE, {3: True}).vertebrae[2]
    assert sacrum.involved
    assert (sacrum.body, sacrum.alignment, sacrum.canal) == (None, None, None)
    assert not sacrum.sins.collapse.is_certain
    assert not sacrum.sins.posterolateral.is_certain


def test_what_limits_the_findings_is_said():
    cut, astray = ball((0.0, 0.0, 50.0), 9.0), ball((30.0, -62.0, 0.0), 5.0)
    warnings = " ".join(_found([cut, astray]).warnings)
    assert "cuts lesion 1" in warnings
    assert "lesion 2 lies at no vertebra" in warnings


def test_vertebrae_without_a_level_are_refused():
    with pytest.raises(ValueError, match="3 vertebrae"):
        find(block_maps(), _BELIEFS[:2], _WHOLE, {})


def test_an_empty_station_has_no_findings():
    maps = block_maps()
    for one in (maps.anatomy, maps.vertebrae):
        one.array[:] = 0
    assert find(maps, (), {}, {}).vertebrae == ()
    assert np.count_nonzero(maps.lesions.array) == 0
