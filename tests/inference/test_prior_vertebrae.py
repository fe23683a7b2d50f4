"""Vertebrae of two visits: by their levels, by the distances between them, by place; open where unsure."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.visits import LUMBAR, PITCHES_MM, Pose, Spot, station, sure, unsure
from spinemets.anatomy import Level
from spinemets.inference.prior_vertebrae import lay_beside

_SURE = tuple(map(sure, LUMBAR))
# One numbering too high is nearly as likely.
_SHIFTED = tuple(
    unsure((low, 0.55), (high, 0.45)) for high, low in zip(LUMBAR, (*LUMBAR[1:], Level.L5), strict=True)
)
_UNEVEN = (24.0, 33.0, 28.0, 38.0, 31.0, 40.0)


def _matches(now, then):
    return lay_beside([now], [then]).matches


def test_vertebrae_whose_levels_are_certain_are_matched_by_them():
    now, then = station(_SURE[1:]), station(_SURE[:4])
    assert _matches(now, then) == ((1,), (2,), (3,), (None,))


@given(
    st.tuples(*[st.floats(-15, 15)] * 3),
    st.tuples(*[st.floats(-80, 80)] * 3),
    st.integers(0, 4),
    st.integers(1, 5),
)
def test_it_does_not_matter_how_the_patient_lies(turn, shift, first, count):
    now = station(_SURE)
    then = station(_SURE[first : first + count], pose=Pose(turn, shift), pitches=PITCHES_MM[first:])
    spines = lay_beside([now], [then])
    assert spines.certain == {place: place - first for place in range(first, min(first + count, 5))}


def test_studies_of_other_regions_share_nothing():
    neck = station(tuple(map(sure, (Level.C3, Level.C4, Level.C5))))
    assert _matches(station(_SURE), neck) == ((None,),) * 5


def test_a_study_without_vertebrae_shares_nothing():
    assert _matches(station(_SURE), station(())) == ((None,),) * 5
    assert _matches(station(()), station(_SURE)) == ()


def test_a_vertebra_that_may_be_two_is_matched_with_neither():
    now, then = station(_SHIFTED, pitches=(34.0,) * 5), station(_SURE, pitches=(34.0,) * 5)
    spines = lay_beside([now], [then])
    assert not spines.certain
    assert set(spines.matches[1]) == {1, 2}
    assert None in spines.matches_then[2]


def test_the_sacrum_tells_which_is_which_though_its_neighbour_s_name_is_open():
    names = (Level.L2, Level.L3, Level.L4, Level.L5, Level.L6)
    beliefs = tuple(unsure((low, 0.6), (high, 0.4)) for low, high in pairwise(names))
    chain = (*beliefs, sure(Level.S1))
    now, then = station(chain, pitches=(34.0,) * 5), station(chain[1:], pitches=(34.0,) * 5)
    assert lay_beside([now], [then]).certain == {place: place - 1 for place in range(1, 5)}


def test_uneven_distances_between_bodies_tell_which_is_which():
    now, then = station(_SHIFTED, pitches=_UNEVEN), station(_SURE, pitches=_UNEVEN)
    assert lay_beside([now], [then]).certain == {place: place for place in range(5)}


def test_a_body_that_has_broken_since_does_not_overrule_sure_levels():
    broken = (PITCHES_MM[0], PITCHES_MM[1] - 7.0, PITCHES_MM[2] - 7.0, *PITCHES_MM[3:])
    spines = lay_beside([station(_SURE, pitches=broken)], [station(_SURE)])
    assert spines.certain == {place: place for place in range(5)}


def test_common_coordinates_tell_which_is_which():
    now = station(_SHIFTED, pitches=(34.0,) * 5, frame="scanner")
    then = station(_SURE, pitches=(34.0,) * 5, frame="scanner")
    assert lay_beside([now], [then]).certain == {place: place for place in range(5)}
    elsewhere = station(_SURE, pitches=(34.0,) * 5, frame="other")
    assert not lay_beside([now], [elsewhere]).certain


def test_a_vertebra_that_was_missed_leaves_a_gap():
    whole, findings = station(_SURE), station(_SURE).findings
    kept = tuple(one for one in findings.vertebrae if one.belief.most_likely is not Level.L2)
    missed = replace(whole, findings=replace(findings, vertebrae=kept))
    assert _matches(whole, missed) == ((0,), (1,), (None,), (2,), (3,))


def test_a_vertebra_of_two_stations_counts_once_as_the_one_with_tumour():
    thoracic = station(_SURE[:2], name="thoracic", frame="scanner")
    lumbar = station(_SURE, [Spot(2, (0, 10, 0), 1.0)], name="lumbar", frame="scanner")
    spines = lay_beside([thoracic, lumbar], [station(_SURE)])
    assert [one.station.name for one in spines.now] == ["thoracic", *["lumbar"] * 4]


@pytest.mark.parametrize("seed", range(5))
def test_matching_there_is_matching_back(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 3, size=2)
    now, then = station(_SURE[first:]), station(_SHIFTED[second:])
    here, there = lay_beside([now], [then]), lay_beside([then], [now])
    assert {(i, j) for i, j in here.certain.items()} == {(i, j) for j, i in there.certain.items()}
