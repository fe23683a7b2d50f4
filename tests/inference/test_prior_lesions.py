"""Lesions of two visits: new, grown, stable, shrunk, gone, merged, split, and what cannot be compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.visits import LUMBAR, SETTINGS, Pose, Spot, station, sure, unsure
from spinemets.anatomy import Level
from spinemets.inference.prior_lesions import compare_lesions
from spinemets.inference.prior_records import LesionChangeKind
from spinemets.inference.prior_vertebrae import lay_beside

_SURE = tuple(map(sure, LUMBAR))
_FRONT, _BACK = (0.0, 24.0, 4.0), (-6.0, 4.0, -4.0)
K = LesionChangeKind


def _changes(now, then):
    return compare_lesions(lay_beside([now], [then]), SETTINGS)


def _kinds(now=(), then=(), **of_then):
    return [one.kind for one in _changes(station(_SURE, now), station(_SURE, then, **of_then))]


@pytest.mark.parametrize(
    ("then_ml", "now_ml", "kind"),
    [
        (4.0, 6.0, K.GROWN),
        (4.0, 5.0, K.STABLE),
        (4.0, 3.2, K.STABLE),
        (4.0, 3.0, K.SHRUNK),
        (0.5, 0.8, K.STABLE),
        (0.5, 0.9, K.GROWN),
        (0.9, 0.5, K.SHRUNK),
    ],
)
def test_growth_counts_beyond_the_limit_of_its_size(then_ml, now_ml, kind):
    (change,) = _changes(
        station(_SURE, [Spot(2, _FRONT, now_ml)]), station(_SURE, [Spot(2, _FRONT, then_ml)])
    )
    assert change.kind is kind
    assert change.change_percent == pytest.approx(100.0 * (now_ml / then_ml - 1.0))
    assert (change.volume_then.value, change.volume_now.value) == (then_ml, now_ml)
    assert change.belief.most_likely is Level.L1


@given(st.floats(0.1, 30.0), st.floats(0.1, 30.0))
def test_seen_from_the_other_end_of_time_growth_is_shrinking(one_ml, other_ml):
    mirrored = {K.GROWN: K.SHRUNK, K.SHRUNK: K.GROWN, K.STABLE: K.STABLE}
    there = _kinds([Spot(1, _FRONT, one_ml)], [Spot(1, _FRONT, other_ml)])
    back = _kinds([Spot(1, _FRONT, other_ml)], [Spot(1, _FRONT, one_ml)])
    assert back == [mirrored[kind] for kind in there]


@given(st.tuples(*[st.floats(-20, 20)] * 3), st.tuples(*[st.floats(-100, 100)] * 3))
def test_it_does_not_matter_how_the_patient_lay(turn, shift):
    then = station(_SURE, [Spot(2, _FRONT, 1.0), Spot(2, _BACK, 1.0)], pose=Pose(turn, shift))
    changes = _changes(station(_SURE, [Spot(2, _BACK, 1.1), Spot(2, _FRONT, 4.0)]), then)
    assert [(one.kind, one.now[0].number, one.then[0].number) for one in changes] == [
        (K.GROWN, 2, 1),
        (K.STABLE, 1, 2),
    ]
    assert all(one.distance_mm == pytest.approx(0.0, abs=1e-6) for one in changes)


def test_lesions_found_once_are_new_or_gone():
    now, then = [Spot(2, _FRONT, 1.0)], [Spot(4, _FRONT, 1.0)]
    assert _kinds(now, then) == [K.NEW, K.GONE]


def test_two_lesions_of_one_vertebra_at_other_places_are_two():
    assert _kinds([Spot(2, (12.0, 28.0, 6.0), 0.4)], [Spot(2, (-12.0, 4.0, -6.0), 0.4)]) == [K.NEW, K.GONE]


def test_a_lesion_where_the_earlier_study_has_no_image_is_never_new():
    aside = [Spot(2, (30.0, -10.0, 0.0), 1.0)]
    assert _kinds(aside) == [K.NEW]
    (change,) = _changes(station(_SURE, aside), station(_SURE, grid="narrow"))
    assert change.kind is K.NOT_COMPARABLE
    assert "does not show its place" in change.reason


def test_a_lesion_at_a_vertebra_that_the_earlier_study_does_not_show_is_never_new():
    (change,) = _changes(station(_SURE, [Spot(5, _FRONT, 1.0)]), station(_SURE[:3]))
    assert change.kind is K.NOT_COMPARABLE
    assert "does not show its vertebra" in change.reason


def test_a_lesion_that_this_study_does_not_show_is_not_gone():
    (change,) = _changes(station(_SURE[:3]), station(_SURE, [Spot(5, _FRONT, 1.0)]))
    assert change.kind is K.NOT_COMPARABLE
    assert change.now == ()


def test_where_it_is_not_certain_which_vertebra_it_is_nothing_is_compared():
    beliefs = tuple(unsure((Level.L1, 0.5), (Level.L2, 0.5)) for _ in range(1))
    now, then = station(beliefs, [Spot(1, _FRONT, 3.0)]), station(_SURE[:3], [Spot(2, _FRONT, 1.0)])
    changes = _changes(now, then)
    assert {one.kind for one in changes} == {K.NOT_COMPARABLE}
    assert len(changes) == 2


@pytest.mark.parametrize("cut_now", [True, False])
def test_a_lesion_that_an_image_cuts_has_no_size_to_compare(cut_now):
    now, then = Spot(1, _FRONT, 9.0, cut=cut_now), Spot(1, _FRONT, 2.0, cut=not cut_now)
    (change,) = _changes(station(_SURE, [now]), station(_SURE, [then]))
    assert change.kind is K.NOT_COMPARABLE
    assert change.change_percent is None
    assert len(change.now) == len(change.then) == 1


def test_lesions_that_have_merged_are_taken_together():
    then = [Spot(2, (-6.0, 14.0, 0.0), 1.0), Spot(2, (6.0, 14.0, 0.0), 0.8)]
    (change,) = _changes(station(_SURE, [Spot(2, (0.0, 14.0, 0.0), 4.0)]), station(_SURE, then))
    assert change.kind is K.GROWN
    assert len(change.then) == 2
    assert change.volume_then.value == pytest.approx(1.8)
    assert "merged or split" in change.reason


def test_a_lesion_that_has_split_is_no_new_one():
    now = [Spot(2, (-6.0, 14.0, 0.0), 1.0), Spot(2, (6.0, 14.0, 0.0), 0.8)]
    (change,) = _changes(station(_SURE, now), station(_SURE, [Spot(2, (0.0, 14.0, 0.0), 4.0)]))
    assert change.kind is K.SHRUNK
    assert len(change.now) == 2


def test_results_without_axes_and_grids_are_compared_from_the_vertebra_s_centre():
    then = station(_SURE, [Spot(2, _FRONT, 1.0)], with_axes=False, grid=None, pose=Pose(shift_mm=(9, 9, 9)))
    now = station(_SURE, [Spot(2, _FRONT, 4.0), Spot(4, _FRONT, 1.0)])
    assert [one.kind for one in _changes(now, then)] == [K.NEW, K.GROWN]


def test_a_lesion_of_two_stations_is_counted_once():
    upper = station(_SURE, [Spot(2, _FRONT, 1.0)], name="upper", frame="scanner")
    lower = station(_SURE, [Spot(2, _FRONT, 1.1)], name="lower", frame="scanner")
    spines = lay_beside([upper, lower], [station(_SURE)])
    assert [one.kind for one in compare_lesions(spines, SETTINGS)] == [K.NEW]


def test_a_lesion_at_no_vertebra_is_listed_and_not_compared():
    (change,) = _changes(station(_SURE, [Spot(None, (60.0, 0.0, 0.0), 1.0)]), station(_SURE))
    assert (change.kind, change.belief) == (K.NOT_COMPARABLE, None)


def test_every_lesion_of_both_studies_is_answered_once():
    now = [
        Spot(v, p, m) for v, p, m in ((1, _FRONT, 1.0), (2, _BACK, 3.0), (2, _FRONT, 0.3), (5, _BACK, 2.0))
    ]
    then = [Spot(v, p, m) for v, p, m in ((1, _FRONT, 1.0), (2, _BACK, 1.0), (3, _FRONT, 0.3))]
    changes = _changes(station(_SURE, now), station(_SURE, then))
    assert sorted(ref.number for one in changes for ref in one.now) == [1, 2, 3, 4]
    assert sorted(ref.number for one in changes for ref in one.then) == [1, 2, 3]
