"""Spines stand as spines do, in whatever orientation they are stored; what is none is refused or doubted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from findings.body_column import Column, column_maps, column_with_canal
from spinemets.anatomy import Anatomy, Level
from spinemets.findings.level_belief import LevelBelief, LevelProbability
from spinemets.findings.plausibility import doubtful_beliefs, judge_spine
from spinemets.findings.vertebra_instances import split_vertebrae
from spinemets.volume import Volume

_GROWING = (22.0, 23.5, 25.0, 26.5, 28.0, 29.5, 31.0)
_TURNS = st.tuples(*[st.floats(-20.0, 20.0)] * 3)


def _judged(anatomy, level):
    return judge_spine(anatomy, split_vertebrae(anatomy, level))


def _turned(volume, *axes):
    """The same header, and the array the other way round: what a wrong conversion makes."""
    return Volume(np.ascontiguousarray(np.flip(volume.array, axes)), volume.affine_ras)


@settings(max_examples=12)
@given(_TURNS, st.sampled_from(["LIP", "RAS", "PIR"]), st.booleans(), st.floats(0.0, 25.0))
def test_a_spine_is_one_however_it_lies_and_is_stored(tilt, stored, sacrum, bend):
    judged = _judged(*column_with_canal(Column(tilt_deg=tilt, stored=stored, sacrum=sacrum, bend=bend)))
    assert judged.refusal == ""
    assert judged.doubts == ()
    assert judged.warnings == ()
    assert all(judged.standing)


@pytest.mark.parametrize("height", [5.0, 12.0])
def test_a_collapsed_body_stands(height):
    judged = _judged(*column_with_canal(Column(heights=(24.0, 24.0, height, 24.0, 24.0))))
    assert (judged.refusal, judged.doubts) == ("", ())
    assert all(judged.standing)


def test_bodies_without_a_canal_are_no_spine():
    assert "0 of 5" in _judged(*column_maps(Column())).refusal


def test_one_body_alone_is_no_spine():
    assert "0 of 1" in _judged(*column_with_canal(Column(heights=(24.0,)))).refusal
    assert _judged(*column_with_canal(Column(heights=(24.0, 24.0)))).refusal == ""


def test_nothing_is_no_spine():
    anatomy, level = column_with_canal(Column())
    empty = Volume(np.zeros_like(anatomy.array), anatomy.affine_ras)
    assert _judged(empty, level).refusal == "no vertebral body was found"


def test_a_canal_in_front_of_the_bodies_is_refused():
    anatomy, level = (_turned(one, 2) for one in column_with_canal(Column()))
    assert "0 of 5" in _judged(anatomy, level).refusal


def test_arches_in_front_are_doubted():
    anatomy, level = column_with_canal(Column(arches=False))
    behind = np.nonzero(anatomy.array == Anatomy.THECAL_SAC)[2].min()
    array = anatomy.array.copy()
    array[:, 30:120, 2:8] = Anatomy.POSTERIOR_ELEMENTS
    assert behind > 8
    doubts = _judged(Volume(array, anatomy.affine_ras), level).doubts
    assert ["front and back" in doubt for doubt in doubts] == [True]


def test_bodies_that_shrink_downwards_are_doubted():
    assert _judged(*column_with_canal(Column(heights=_GROWING))).doubts == ()
    doubts = _judged(*column_with_canal(Column(heights=_GROWING[::-1]))).doubts
    assert ["upside down" in doubt for doubt in doubts] == [True]


def test_levels_that_count_down_are_doubted():
    coordinates = [24.0, 23.0, 22.0, 21.0, 20.0]
    doubts = _judged(*column_with_canal(Column(), coordinates)).doubts
    assert ["levels count down" in doubt for doubt in doubts] == [True]


def test_a_sacrum_at_the_head_is_no_sacrum():
    anatomy, level = (_turned(one, 1) for one in column_with_canal(Column(sacrum=True)))
    assert not any(split_vertebrae(anatomy, level).is_sacrum)


def test_a_sacrum_that_reaches_above_the_lowest_body_is_doubted():
    anatomy, level = column_with_canal(Column(sacrum=True))
    array = anatomy.array.copy()
    rows = np.nonzero(array == Anatomy.SACRUM)[1]
    array[:, rows.min() - 100 : rows.min() + 20, 6:16] = Anatomy.SACRUM
    doubts = _judged(Volume(array, anatomy.affine_ras), level).doubts
    assert ["sacrum" in doubt for doubt in doubts] == [True]


def _small_part(anatomy, rows):
    """The same spine at the upper end of an image that goes on for many rows without one."""
    return Volume(np.pad(anatomy.array, ((0, 0), (0, rows), (0, 0))), anatomy.affine_ras)


def test_a_spine_in_a_small_part_of_the_image_is_doubted():
    anatomy, level = (_small_part(one, 400) for one in column_with_canal(Column()))
    doubts = _judged(anatomy, level).doubts
    assert ["of the image's height" in doubt for doubt in doubts] == [True]


def test_levels_are_left_open_where_there_are_doubts_and_only_there():
    beliefs = tuple(
        LevelBelief((LevelProbability(level, 1.0),))
        for level in (Level.L1, Level.L2, Level.L3, Level.L4, Level.L5)
    )
    sound = _judged(*column_with_canal(Column()))
    assert doubtful_beliefs(beliefs, sound) == beliefs
    doubted = doubtful_beliefs(beliefs, _judged(*column_with_canal(Column(), [24.0, 23.0, 22.0, 21.0, 20.0])))
    assert not any(one.is_certain for one in doubted)
    assert all(len(one.credible) > 20 for one in doubted)
    assert [one.most_likely for one in doubted] == [one.most_likely for one in beliefs]


def test_one_body_that_does_not_stand_is_left_open_alone():
    anatomy, level = column_with_canal(Column())
    array = anatomy.array.copy()
    top = array[:, :40]
    top[top == Anatomy.THECAL_SAC] = Anatomy.BACKGROUND
    judged = _judged(Volume(array, anatomy.affine_ras), level)
    assert judged.standing == (False, True, True, True, True)
    assert judged.doubts == ()
    assert "vertebra 1 does not stand" in judged.warnings[0]
