import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinemets.anatomy import BoneLesionType, Level
from spinemets.evaluation.pairs import SinsItemPair, SinsPair
from spinemets.evaluation.resampling import Bootstrap
from spinemets.evaluation.sins import evaluate_sins, sins_totals
from spinemets.scoring.sins import SinsClass, class_of
from spinemets.scoring.sins_items import POINTS, Item, Pain

BOOTSTRAP = Bootstrap(200, seed=0)


def pair(true, minimum, maximum, case="a", items=()):
    order = list(SinsClass)
    classes = order[order.index(class_of(minimum)) : order.index(class_of(maximum)) + 1]
    return SinsPair(
        case,
        f"patient of {case}",
        Level.T8,
        tuple(items),
        true,
        class_of(true),
        minimum,
        maximum,
        tuple(classes),
    )


def bone(true, *found):
    return SinsItemPair(Item.BONE, true.value, tuple(each.value for each in found))


def values(figures):
    return {figure.name: figure.value for figure in figures}


def item_pairs(item):
    words = [str(finding.value) for finding in POINTS[item]]
    some = st.lists(st.sampled_from(words), min_size=1, max_size=3, unique=True).map(tuple)
    return st.builds(SinsItemPair, st.just(item), st.sampled_from(words), some)


ends = st.lists(st.integers(0, 18), min_size=2, max_size=2).map(sorted)
any_pairs = st.builds(
    lambda case, patient, items, true, stated, ends, classes: SinsPair(
        case, patient, Level.T8, items, true if stated else None, class_of(true), *ends, classes
    ),
    case=st.sampled_from("ab"),
    patient=st.sampled_from("pq"),
    items=st.tuples(*map(item_pairs, Item)) | st.just(()),
    true=st.integers(0, 18),
    stated=st.booleans(),
    ends=ends | st.just((None, None)),
    classes=st.lists(st.sampled_from(SinsClass), max_size=2, unique=True).map(tuple),
)


def test_totals_settled_and_open():
    evaluation = evaluate_sins([pair(8, 8, 8), pair(9, 6, 10, "b"), pair(15, 7, 9, "c")], BOOTSTRAP)
    found = values(evaluation.totals_open)
    assert found["left as an interval"] == pytest.approx(2 / 3)
    assert found["width of the interval"] == pytest.approx(2)
    assert found["interval holds the truth"] == pytest.approx(2 / 3)
    assert values(evaluation.settled_totals)["mean absolute error"] == 0
    assert values(evaluation.middle_totals)["mean error"] == pytest.approx((0 - 1 - 7) / 3)


def test_classes_settled_and_open():
    evaluation = evaluate_sins([pair(8, 8, 8), pair(9, 6, 10, "b"), pair(15, 7, 9, "c")], BOOTSTRAP)
    assert evaluation.class_table.tolist() == [[0, 0, 0], [0, 1, 0], [0, 1, 0]]
    assert evaluation.class_unsettled.tolist() == [[0, 0], [1, 0], [0, 0]]
    assert values(evaluation.classes)["accuracy"] == pytest.approx(1 / 2)
    found = values(evaluation.classes_open)
    assert found["accuracy, open counted as wrong"] == pytest.approx(1 / 3)
    assert found["left open"] == pytest.approx(1 / 3)
    assert found["set holds the truth"] == pytest.approx(2 / 3)


def test_items_are_compared_where_the_prediction_is_certain():
    lytic, mixed, blastic = BoneLesionType.LYTIC, BoneLesionType.MIXED, BoneLesionType.BLASTIC
    items = [bone(lytic, lytic), bone(blastic, mixed), bone(lytic, lytic, mixed), bone(blastic, lytic, mixed)]
    pairs = [pair(8, 8, 8, f"{row}", [item]) for row, item in enumerate(items)]
    by_item = {each.item: each for each in evaluate_sins(pairs, BOOTSTRAP).items}
    assert list(by_item) == list(Item)
    # Fewest points first: blastic, mixed, lytic.
    assert by_item[Item.BONE].table.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 1]]
    found = values(by_item[Item.BONE].figures)
    assert found["accuracy"] == pytest.approx(1 / 2)
    assert found["left open"] == pytest.approx(1 / 2)
    assert found["set holds the truth"] == pytest.approx(1 / 2)
    assert values(by_item[Item.PAIN].figures)["kappa"] is None


def test_every_item_knows_every_finding_of_its_scale():
    items = [SinsItemPair(Item.PAIN, each.value, (each.value,)) for each in Pain]
    pairs = [pair(8, 8, 8, f"{row}", [item]) for row, item in enumerate(items)]
    pain = next(each for each in evaluate_sins(pairs, BOOTSTRAP).items if each.item is Item.PAIN)
    assert np.array_equal(pain.table, np.eye(3))
    assert values(pain.figures)["kappa"] == pytest.approx(1)


def test_levels_that_were_not_scored_are_said_and_left_out():
    missed = SinsPair("b", "q", Level.L1, (), 9, SinsClass.INDETERMINATE, None, None, ())
    evaluation = evaluate_sins([pair(8, 8, 8), missed], BOOTSTRAP)
    assert evaluation.not_scored.value == pytest.approx(1 / 2)
    assert evaluation.class_table.sum() == 1
    assert evaluation.class_unsettled.tolist() == [[0, 0], [0, 1], [0, 0]]


def test_a_reference_of_classes_alone_is_enough_for_classes():
    only_class = SinsPair("a", "p", Level.L1, (), None, SinsClass.STABLE, 4, 5, (SinsClass.STABLE,))
    evaluation = evaluate_sins([only_class], BOOTSTRAP)
    assert values(evaluation.classes)["accuracy"] == 1
    assert values(evaluation.middle_totals)["ICC(2,1)"] is None
    assert [len(each) for each in sins_totals([only_class])] == [0, 0]


@settings(max_examples=15)
@given(st.lists(any_pairs, max_size=6))
def test_any_pairs_have_figures_or_reasons(some):
    evaluation = evaluate_sins(some, BOOTSTRAP)
    figures = [
        evaluation.not_scored,
        *(figure for item in evaluation.items for figure in item.figures),
        *evaluation.settled_totals,
        *evaluation.middle_totals,
        *evaluation.totals_open,
        *evaluation.classes,
        *evaluation.classes_open,
    ]
    assert all(figure.value is not None or figure.reason for figure in figures)
