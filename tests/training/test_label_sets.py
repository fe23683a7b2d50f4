"""Label sets: what masks teach, and what they leave open."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pydantic import ValidationError

from spinemets.anatomy import Anatomy, Level
from spinemets.errors import ConfigurationError, InputError, PixelDataError
from spinemets.training.label_set_rows import LabelSetRow
from spinemets.training.label_sets import (
    ANATOMY_MAP,
    LESION_MAP,
    LEVEL_MAP,
    NOT_ANNOTATED,
    Head,
    LabelSet,
    merge_targets,
)

_VERTEBRA = frozenset({Anatomy.VERTEBRAL_BODY, Anatomy.POSTERIOR_ELEMENTS})
_SPINE = LabelSet(
    "spine",
    anatomy={0: frozenset({Anatomy.BACKGROUND}), 1: _VERTEBRA, 2: _VERTEBRA, 3: frozenset({Anatomy.DISC})},
    levels={1: Level.L5, 2: Level.T13},
)
_LESIONS = LabelSet("lesions", lesion={0: False}, every_other_is_lesion=True)


def test_encoding_sets_a_bit_for_each_class_that_a_voxel_may_have():
    maps = _SPINE.encode(np.array([[0, 1], [2, 3]]))
    assert maps.dtype == np.uint8
    assert maps[ANATOMY_MAP].tolist() == [[1, 2 + 4], [2 + 4, 8]]


def test_levels_are_twice_their_coordinate():
    every = LabelSet("levels", levels={level.code: level for level in Level})
    codes = np.array([Level.C1.code, Level.S1.code, Level.T13.code, Level.L6.code, 0])
    assert every.encode(codes)[LEVEL_MAP].tolist() == [2, 50, 39, 49, 0]


def test_what_a_mask_says_nothing_of_is_not_annotated():
    maps = _SPINE.encode(np.array([1]))
    assert maps[LESION_MAP] == NOT_ANNOTATED[LESION_MAP] == 255
    maps = _LESIONS.encode(np.array([0, 1]))
    assert maps[ANATOMY_MAP].tolist() == maps[LEVEL_MAP].tolist() == [0, 0]


def test_every_other_value_counts_as_lesion_where_the_set_says_so():
    assert _LESIONS.encode(np.array([0, 1, 7, 70_000]))[LESION_MAP].tolist() == [0, 1, 1, 1]


def test_ignored_values_are_known_and_teach_nothing():
    set_ = LabelSet("x", anatomy={1: _VERTEBRA}, lesion={0: False, 1: True}, ignored=frozenset({9}))
    assert set_.unknown_values(np.array([0, 1, 9])) == []
    assert set_.encode(np.array([9])).ravel().tolist() == list(NOT_ANNOTATED)


def test_heads_are_those_that_the_set_speaks_of():
    assert _SPINE.heads == {Head.ANATOMY, Head.LEVEL}
    assert _LESIONS.heads == {Head.LESION}


def test_unknown_values_are_listed_and_never_encoded():
    mask = np.array([-1, 0, 3, 30, 70_000], dtype=np.int32)
    assert _SPINE.unknown_values(mask) == [-1, 30, 70_000]
    assert _LESIONS.unknown_values(mask) == [-1]
    with pytest.raises(InputError, match=r"label_sets\.spine: a mask holds the values -1, 30, 70000"):
        _SPINE.encode(mask)


def test_masks_of_fractions_are_refused():
    with pytest.raises(PixelDataError, match="whole numbers"):
        _SPINE.encode(np.array([0.5]))


@given(mask=arrays(np.int16, array_shapes(max_dims=3, max_side=6), elements=st.integers(0, 3)))
def test_encoding_a_voxel_does_not_depend_on_its_neighbours(mask):
    maps = _SPINE.encode(mask)
    assert maps.shape == (3, *mask.shape)
    one_by_one = [_SPINE.encode(np.array([value]))[:, 0] for value in mask.ravel()]
    assert np.array_equal(maps.reshape(3, -1).T, np.array(one_by_one).reshape(-1, 3))


def test_an_annotation_wins_over_none():
    merged = merge_targets([_SPINE.encode(np.array([1, 0])), _LESIONS.encode(np.array([4, 0]))])
    assert merged.T.tolist() == [[6, 1, 48], [1, 0, 0]]


def test_two_sets_of_classes_are_intersected():
    bodies = LabelSet("bodies", anatomy={1: frozenset({Anatomy.VERTEBRAL_BODY, Anatomy.DISC})})
    merged = merge_targets([_SPINE.encode(np.array([1])), bodies.encode(np.array([1]))])
    assert merged[ANATOMY_MAP].tolist() == [1 << Anatomy.VERTEBRAL_BODY]


def test_a_voxel_is_lesion_if_any_mask_says_so():
    merged = merge_targets([_LESIONS.encode(np.array([0, 1, 0])), _LESIONS.encode(np.array([0, 0, 2]))])
    assert merged[LESION_MAP].tolist() == [0, 1, 1]


def test_contradictions_are_errors():
    disc = LabelSet("discs", anatomy={1: frozenset({Anatomy.DISC})}, levels={1: Level.L4})
    with pytest.raises(InputError, match="anatomy classes of 1 voxels"):
        merge_targets([_SPINE.encode(np.array([1, 0])), disc.encode(np.array([1, 0]))])
    other = LabelSet("levels", levels={1: Level.L4})
    with pytest.raises(InputError, match="in the levels of 1 voxels"):
        merge_targets([_SPINE.encode(np.array([1])), other.encode(np.array([1]))])
    with pytest.raises(InputError, match="shapes"):
        merge_targets([_SPINE.encode(np.array([1])), _SPINE.encode(np.array([1, 1]))])
    with pytest.raises(InputError, match="at least one mask"):
        merge_targets([])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({}, "says nothing"),
        ({"anatomy": {-1: _VERTEBRA}}, "negative"),
        ({"anatomy": {1: frozenset()}}, "no class for the value 1"),
        ({"lesion": {1: True}, "every_other_is_lesion": True}, "0 too"),
    ],
)
def test_sets_that_cannot_be_meant_are_refused(content, problem):
    with pytest.raises(ConfigurationError, match=problem):
        LabelSet("x", **content)


def test_ranges_stand_for_their_values_and_are_written_as_short_as_can_be():
    row = LabelSetRow.model_validate(
        {"anatomy": {"0": ["background"], "1-3": ["Vertebral_Body"], "4": "disc"}, "levels": {"3": "L5"}}
    )
    assert row.label_set("x").values == {0, 1, 2, 3, 4}
    written = row.model_dump(mode="json")
    assert written["anatomy"] == {"0": ["background"], "1-3": ["vertebral body"], "4": ["disc"]}
    assert LabelSetRow.model_validate(written) == row


@pytest.mark.parametrize(
    ("anatomy", "problem"),
    [
        ({"1": ["bone"]}, "'bone' is no class of anatomy; allowed: background, vertebral body"),
        ({"1-3": ["disc"], "2": ["disc"]}, "the value 2 is listed twice"),
        ({"3-1": ["disc"]}, "no range"),
        ({"one": ["disc"]}, "write 3, or 1-25"),
    ],
)
def test_rows_that_cannot_be_meant_are_refused(anatomy, problem):
    with pytest.raises(ValidationError, match=problem):
        LabelSetRow.model_validate({"anatomy": anatomy})


@given(
    lesion=st.dictionaries(st.integers(0, 60), st.booleans(), min_size=1),
    levels=st.dictionaries(st.integers(0, 60), st.sampled_from(Level)),
)
def test_written_rows_read_back_the_same(lesion, levels):
    set_ = LabelSet("x", lesion=lesion, levels=levels or None)
    written = LabelSetRow.of(set_).model_dump(mode="json")
    assert LabelSetRow.model_validate(written).label_set("x") == set_
