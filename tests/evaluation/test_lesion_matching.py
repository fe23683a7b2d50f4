"""Which prediction finds which lesion: overlap, IoU, one to one, split and merged."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from spinemets.errors import ConfigurationError
from spinemets.evaluation.lesion_map import greatest_in_each, lesions_of_mask, lesions_of_numbers
from spinemets.evaluation.lesion_matching import ANY_OVERLAP, MATCHINGS, Matching, match, overlap
from spinemets.training.lesion_detection import detect

IOU_01, IOU_05 = MATCHINGS[1:]
STRICT_OVERLAP = Matching("one to one", least_iou=0.0, one_to_one=True)


def _row(text):
    """Lesions along a line, each letter or digit a voxel: ``110022`` has lesions 1 and 2."""
    return lesions_of_numbers(np.array([[[int(each) for each in text]]]), voxel_ml=0.1)


def _match(predicted, reference, matching):
    matches = match(overlap(_row(predicted), _row(reference)), matching)
    return matches.finders.any(axis=0).tolist(), matches.false.tolist()


def test_voxels_that_share_a_corner_are_one_lesion():
    mask = np.zeros((3, 4, 4), bool)
    mask[0, 0, 0] = mask[1, 1, 1] = mask[2, 3, 3] = True
    lesions = lesions_of_mask(mask, voxel_ml=0.1)
    assert lesions.voxels.tolist() == [2, 1]
    assert lesions_of_mask(mask, voxel_ml=0.1, least_ml=0.15).volumes_ml.tolist() == pytest.approx([0.2])


def test_numbers_keep_their_scores_when_small_ones_are_dropped():
    numbered = np.array([[[7, 7, 0, 3, 0, 9, 9]]])
    lesions = lesions_of_numbers(numbered, 0.1, least_ml=0.15, scores={3: 0.1, 7: 0.2, 9: 0.3})
    assert lesions.numbered.tolist() == [[[1, 1, 0, 0, 0, 2, 2]]]
    assert lesions.scores.tolist() == [0.2, 0.3]


def test_score_of_a_lesion_is_its_greatest_probability():
    lesions = _row("1102")
    assert greatest_in_each(lesions, np.array([[[0.2, 0.7, 0.9, 0.4]]])).tolist() == [0.7, 0.4]
    assert greatest_in_each(_row("0000"), np.zeros((1, 1, 4))).tolist() == []


def test_one_shared_voxel_finds_a_lesion_by_any_overlap_alone():
    assert _match("1111111100", "0000000111", ANY_OVERLAP) == ([True], [False])
    assert _match("1111111100", "0000000111", IOU_01) == ([True], [False])
    assert _match("1111111100", "0000000111", IOU_05) == ([False], [True])


def test_iou_is_met_at_its_limit():
    assert _match("1100", "1111", IOU_05) == ([True], [False])


def test_a_prediction_in_parts_makes_no_false_positive_by_any_overlap_and_one_by_iou():
    predicted, reference = "1101200", "1111100"
    assert _match(predicted, reference, ANY_OVERLAP) == ([True], [False, False])
    assert _match(predicted, reference, IOU_01) == ([True], [False, True])
    assert overlap(_row(predicted), _row(reference)).parts_of_reference.tolist() == [2]


def test_a_prediction_over_several_lesions_finds_all_by_any_overlap_and_one_by_iou():
    predicted, reference = "1111110", "1110220"
    assert _match(predicted, reference, ANY_OVERLAP) == ([True, True], [False])
    assert _match(predicted, reference, IOU_01) == ([True, False], [False])
    assert overlap(_row(predicted), _row(reference)).lesions_in_prediction.tolist() == [2]


def test_a_part_belongs_to_the_lesion_that_has_most_of_it():
    found = overlap(_row("1112220"), _row("1111022"))
    assert found.parts_of_reference.tolist() == [2, 0]


def test_as_many_pairs_as_can_be_come_before_more_overlap():
    # Prediction 1 overlaps lesion 1 much and lesion 2 a little; prediction 2 overlaps lesion 1 alone.
    matches = match(overlap(_row("2111111"), _row("1111112")), STRICT_OVERLAP)
    assert matches.pairs.tolist() == [[0, 1], [1, 0]]


def test_score_that_finds_a_lesion_is_the_highest():
    matches = match(overlap(_row("1100200"), _row("1110100")), ANY_OVERLAP)
    assert matches.score_of_found(np.array([0.3, 0.8])).tolist() == [0.8]
    assert matches.score_of_found(None).tolist() == [1.0]
    missed = match(overlap(_row("1100200"), _row("0000001")), ANY_OVERLAP)
    assert missed.score_of_found(np.array([0.3, 0.8])).tolist() == [-np.inf]


def test_limits_of_iou_are_checked():
    with pytest.raises(ConfigurationError, match="from 0 to 1"):
        Matching("per cent", least_iou=50, one_to_one=True)


_MASKS = arrays.arrays(np.bool_, (2, 3, 5), elements=st.booleans())


@settings(deadline=None, max_examples=100)
@given(_MASKS, _MASKS)
def test_any_overlap_counts_as_validation_in_training_does(predicted, reference):
    counts = detect(predicted, reference, np.ones_like(reference))
    matches = match(overlap(*(lesions_of_mask(each, 0.1) for each in (predicted, reference))), ANY_OVERLAP)
    assert matches.finders.shape[1] == counts.lesions
    assert matches.finders.any(axis=0).sum() == counts.found
    assert matches.false.sum() == counts.false_alarms


@settings(deadline=None, max_examples=100)
@given(_MASKS, _MASKS)
def test_stricter_matching_finds_no_more_and_pairs_are_one_to_one(predicted, reference):
    found = overlap(*(lesions_of_mask(each, 0.1) for each in (predicted, reference)))
    counts = []
    for matching in (ANY_OVERLAP, STRICT_OVERLAP, IOU_01, IOU_05):
        matches = match(found, matching)
        counts.append(matches.finders.any(axis=0).sum())
        assert all(len(set(side)) == len(side) for side in matches.pairs.T.tolist())
        if matching.one_to_one:
            assert matches.false.sum() + len(matches.pairs) == len(found.predicted)
    assert counts == sorted(counts, reverse=True)
