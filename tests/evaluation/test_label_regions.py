"""What can be compared where a value stands for several classes."""

import numpy as np
import pytest

from spinemets.anatomy import Anatomy
from spinemets.evaluation.label_regions import compared_sets, region_pairs
from spinemets.training.label_sets import ANATOMY_MAP, LabelSet

BODY, POSTERIOR, DISC, CANAL = (
    Anatomy.VERTEBRAL_BODY,
    Anatomy.POSTERIOR_ELEMENTS,
    Anatomy.DISC,
    Anatomy.THECAL_SAC,
)


def _set(name, **values):
    listed = {int(value[1:]): frozenset(classes) for value, classes in values.items()}
    return LabelSet(name, anatomy={0: frozenset({Anatomy.BACKGROUND}), **listed})


OURS = LabelSet("ours", anatomy={each.value: frozenset({each}) for each in Anatomy})
SPIDER = _set("spider", v1={BODY, POSTERIOR}, v2={DISC})
BODIES = _set("bodies", v1={BODY})


def _bits(label_set, *values):
    return label_set.encode(np.array(values))[ANATOMY_MAP]


def _pairs(predicted, reference):
    sets = compared_sets(predicted[0], reference[0])
    pairs = region_pairs(_bits(*predicted), _bits(*reference), sets)
    return {each.name: (each.predicted.tolist(), each.reference.tolist()) for each in pairs}


def test_vertebra_is_compared_with_bodies_and_posterior_elements_together():
    pairs = _pairs((OURS, 1, 2, 3, 0), (SPIDER, 1, 1, 2, 1))
    assert pairs == {
        "vertebral body or posterior elements": ([True, True, False, False], [True, True, False, True]),
        "disc": ([False, False, True, False], [False, False, True, False]),
    }


def test_a_prediction_of_vertebra_is_compared_with_both_parts_of_the_reference():
    assert list(_pairs((SPIDER, 1, 2), (OURS, 2, 3))) == ["vertebral body or posterior elements", "disc"]


def test_what_one_side_cannot_tell_apart_is_not_compared():
    assert compared_sets(SPIDER, BODIES) == ()
    assert compared_sets(BODIES, SPIDER) == ()
    assert compared_sets(OURS, BODIES) == (frozenset({BODY}),)


def test_voxels_that_may_be_of_the_set_or_not_are_left_out():
    mixed = _set("mixed", v1={BODY}, v2={BODY, DISC})
    pairs = _pairs((OURS, 1, 1, 3), (mixed, 1, 2, 2))
    assert pairs["vertebral body"] == ([True, False, False], [True, False, False])
    assert pairs["vertebral body or disc"] == ([True, True, True], [True, True, True])


def test_what_is_not_annotated_is_left_out():
    ignoring = LabelSet("ignoring", anatomy=BODIES.anatomy, ignored=frozenset({9}))
    assert _pairs((OURS, 1, 1), (ignoring, 1, 9)) == {"vertebral body": ([True, False], [True, False])}


def test_sets_that_say_nothing_of_anatomy_have_nothing_to_compare():
    lesions = LabelSet("lesions", lesion={0: False, 1: True})
    assert compared_sets(lesions, OURS) == ()


@pytest.mark.parametrize("anatomy", [each for each in Anatomy if each is not Anatomy.BACKGROUND])
def test_the_same_map_twice_agrees_in_every_class(anatomy):
    values = [each.value for each in Anatomy]
    predicted, reference = _pairs((OURS, *values), (OURS, *values))[anatomy.name.lower().replace("_", " ")]
    assert predicted == reference == [value == anatomy for value in values]
