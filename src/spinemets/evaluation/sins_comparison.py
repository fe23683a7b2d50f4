"""Metrics of instability scores that two sets of predictions are compared by."""

from collections.abc import Iterator, Sequence

import numpy as np

from spinemets.evaluation.agreement import Weighting, agreement_weights, kappa
from spinemets.evaluation.headlines import SINS
from spinemets.evaluation.paired import Column, PairedMetric, mean_metric, side_by_side
from spinemets.evaluation.pairs import SinsPair
from spinemets.evaluation.resampling import Numbers, Patients, Quantity
from spinemets.evaluation.sins import has_total, item_ratings, sins_totals
from spinemets.evaluation.totals import icc_agreement, rating_sums
from spinemets.scoring.sins_items import Item

_TOTALS = "totals that both scored, intervals as their middle"


def sins_metrics(first: Sequence[SinsPair], second: Sequence[SinsPair]) -> Iterator[PairedMetric]:
    """Classes of every level of the reference; totals and items of the levels where both sets have them."""
    yield from _classes(side_by_side(first, second))
    both = {_key(pair) for pair in first if has_total(pair)} & {
        _key(pair) for pair in second if has_total(pair)
    }
    one, other = ([pair for pair in each if _key(pair) in both] for each in (first, second))
    yield from _totals(side_by_side(one, other))
    for item in Item:
        yield from _item(item, first, second)


def _classes(pairs: Sequence[SinsPair]) -> Iterator[PairedMetric]:
    every = np.ones(len(pairs), dtype=bool)
    right = np.array([pair.classes == (pair.reference_class,) for pair in pairs], dtype=bool)
    scored = np.array([bool(pair.classes) for pair in pairs], dtype=bool)
    held = np.array([pair.reference_class in pair.classes for pair in pairs], dtype=bool)
    columns = (
        Column("class right, open or not scored counted as wrong", right, every),
        Column("set holds the truth", held, scored),
        Column("not scored", ~scored, every),
    )
    yield from mean_metric(SINS, "classes", [pair.patient for pair in pairs], columns)


def _totals(pairs: Sequence[SinsPair]) -> Iterator[PairedMetric]:
    if not pairs:
        return
    true, found = sins_totals(pairs)
    names, every = [pair.patient for pair in pairs], np.ones(len(pairs), dtype=bool)
    is_open = np.array([pair.minimum != pair.maximum for pair in pairs], dtype=bool)
    columns = (
        Column("mean error", found - true, every),
        Column("mean absolute error", np.abs(found - true), every),
        Column("left as an interval", is_open, every),
    )
    yield from mean_metric(SINS, _TOTALS, names, columns)
    patients = Patients.of(names)
    sums = patients.sums(rating_sums(np.stack([true, found], axis=1)))

    def agreement(drawn: Numbers) -> Numbers:
        return icc_agreement(drawn @ sums)

    icc = Quantity("ICC(2,1)", n=len(pairs) // 2)
    yield PairedMetric(SINS, _TOTALS, (icc,), agreement, patients.count // 2)


def _item(item: Item, first: Sequence[SinsPair], second: Sequence[SinsPair]) -> Iterator[PairedMetric]:
    both = _certain(item, first) & _certain(item, second)
    one, other = ([pair for pair in each if _key(pair) in both] for each in (first, second))
    ratings = item_ratings(item, side_by_side(one, other))
    tables, size = ratings.tables_of_patients, len(ratings.scale)
    plain = agreement_weights(size, Weighting.PLAIN)

    def agreement(drawn: Numbers) -> Numbers:
        return kappa((drawn @ tables).reshape(-1, size, size), plain)

    if len(tables):
        of, n = f"item {item}, where both are certain", len(ratings.true) // 2
        quantity = Quantity("kappa", n=n, undefined="one and the same finding throughout")
        yield PairedMetric(SINS, of, (quantity,), agreement, len(tables) // 2, width=size**2)


def _certain(item: Item, pairs: Sequence[SinsPair]) -> set[tuple[str, str, str]]:
    """Levels at which a set has one finding of an item."""
    return {
        _key(pair) for pair in pairs for each in pair.items if each.item is item and len(each.predicted) == 1
    }


def _key(pair: SinsPair) -> tuple[str, str, str]:
    return pair.patient, pair.case, pair.level.value
