"""Pieces far in front of the canal are no part of the column, and what lies beside it is no sacrum."""

import numpy as np

from findings.body_column import Column, column_with_canal
from spinemets.anatomy import Anatomy
from spinemets.findings.spine_column import column_pieces, sacrum_piece
from spinemets.findings.vertebra_instances import split_vertebrae
from spinemets.volume import Volume


def _with_vessel(anatomy):
    """Something long, 60 mm in front of the spine like the sternum, that was taken for bone."""
    array = np.pad(anatomy.array, ((0, 0), (0, 0), (60, 0)))
    array[8:13, 10:90, 4:20] = Anatomy.VERTEBRAL_BODY
    return Volume(array, anatomy.affine_ras)


def _column(anatomy):
    return np.isin(anatomy.array, (Anatomy.VERTEBRAL_BODY, Anatomy.DISC))


def test_what_lies_far_in_front_is_left_out():
    anatomy, level = column_with_canal(Column())
    wide = _with_vessel(anatomy)
    kept = column_pieces(_column(wide), wide)
    assert not kept[..., :60].any()
    assert np.array_equal(kept[..., 60:], _column(anatomy))
    padded = Volume(np.pad(level.array, ((0, 0), (0, 0), (60, 0))), level.affine_ras)
    assert len(split_vertebrae(wide, padded)) == 5


def test_a_little_that_was_drawn_as_canal_far_in_front_misleads_nobody():
    anatomy, _ = column_with_canal(Column())
    wide = _with_vessel(anatomy)
    array = wide.array.copy()
    canal = np.count_nonzero(array == Anatomy.THECAL_SAC) // array.shape[1]
    strays = np.zeros_like(array, dtype=bool)
    strays[: array.shape[0] // 2, :, : 2 * canal // 5 // (array.shape[0] // 2) + 1] = True
    array[strays & (array == Anatomy.BACKGROUND)] = Anatomy.EPIDURAL_SPACE
    kept = column_pieces(_column(wide), Volume(array, wide.affine_ras))
    assert np.array_equal(kept[..., 60:], _column(anatomy))
    assert not kept[..., :60].any()


def test_without_a_canal_nothing_is_left_out():
    anatomy, _ = column_with_canal(Column())
    array = _with_vessel(anatomy).array.copy()
    array[array == Anatomy.THECAL_SAC] = Anatomy.BACKGROUND
    bare = Volume(array, anatomy.affine_ras)
    assert np.array_equal(column_pieces(_column(bare), bare), _column(bare))


def test_the_sacrum_lies_below_the_column():
    anatomy, _ = column_with_canal(Column(sacrum=True))
    assert np.array_equal(sacrum_piece(anatomy, _column(anatomy)), anatomy.array == Anatomy.SACRUM)
    array = np.where(anatomy.array == Anatomy.SACRUM, Anatomy.BACKGROUND, anatomy.array)
    array[:, 60:90, :12] = Anatomy.SACRUM
    beside = Volume(array.astype(np.uint8), anatomy.affine_ras)
    assert not sacrum_piece(beside, _column(beside)).any()
