"""Instability scores against a reference: items, totals, classes, and what was left open."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from spinemets.evaluation.figure import Figure
from spinemets.evaluation.pairs import SinsPair
from spinemets.evaluation.ratings import Ratings, agreement_figures
from spinemets.evaluation.ratios import proportion, ratio
from spinemets.evaluation.resampling import Bootstrap, Numbers, Patients, Quantity
from spinemets.evaluation.totals import total_figures
from spinemets.scoring.sins import SinsClass
from spinemets.scoring.sins_items import POINTS, Item


@dataclass(frozen=True, slots=True)
class ItemEvaluation:
    """One item.

    Args:
        item: Which.
        table: Counts (true, found) of its findings, fewest points first, where the prediction is certain.
        figures: Agreement where the prediction is certain; shares left open and of sets that hold the truth.
    """

    item: Item
    table: npt.NDArray[np.intp]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class SinsEvaluation:
    """Scores of levels.

    Args:
        not_scored: Share of the levels of the reference that the prediction did not score; in nothing below.
        items: Agreement on each item, in the order of the table.
        settled_totals: Agreement of totals that are one number.
        middle_totals: The same of all, an interval taken as its middle.
        totals_open: Share left as an interval, its mean width, share of intervals that hold the true total.
        class_table: Counts (true, found) of classes, where the prediction is one class.
        class_unsettled: Counts (true, 2) of classes that were left open, and of levels that were not scored.
        classes: Agreement on classes that are settled.
        classes_open: Share right of all, an open one counted as wrong; share left open; share of sets that
            hold the true class.
    """

    not_scored: Figure
    items: tuple[ItemEvaluation, ...]
    settled_totals: tuple[Figure, ...]
    middle_totals: tuple[Figure, ...]
    totals_open: tuple[Figure, ...]
    class_table: npt.NDArray[np.intp]
    class_unsettled: npt.NDArray[np.intp]
    classes: tuple[Figure, ...]
    classes_open: tuple[Figure, ...]


def evaluate_sins(pairs: Sequence[SinsPair], bootstrap: Bootstrap) -> SinsEvaluation:
    """Compare scores; figures of settled answers stand beside the shares of those left open."""
    scored = [pair for pair in pairs if pair.classes]
    whole = [pair for pair in scored if has_total(pair)]
    settled = [pair for pair in whole if pair.minimum == pair.maximum]
    classes = _class_ratings(scored)
    return SinsEvaluation(
        not_scored=_share("not scored", pairs, [not pair.classes for pair in pairs], bootstrap),
        items=tuple(_item(item, scored, bootstrap) for item in Item),
        settled_totals=_total_figures(settled, bootstrap),
        middle_totals=_total_figures(whole, bootstrap),
        totals_open=_totals_open(whole, bootstrap),
        class_table=classes.table,
        class_unsettled=_unsettled(pairs),
        classes=agreement_figures(classes, bootstrap),
        classes_open=_classes_open(scored, bootstrap),
    )


def sins_totals(pairs: Sequence[SinsPair]) -> tuple[Numbers, Numbers]:
    """True totals and found ones (level,), an interval as its middle; levels without either are left out."""
    whole = [pair for pair in pairs if has_total(pair)]
    found = np.array([(pair.minimum, pair.maximum) for pair in whole], dtype=np.float64).reshape(-1, 2)
    return np.array([pair.reference_total for pair in whole], dtype=np.float64), found.mean(axis=1)


def has_total(pair: SinsPair) -> bool:
    """Whether both reference and prediction state a total."""
    return None not in (pair.reference_total, pair.minimum, pair.maximum)


def _item(item: Item, pairs: Sequence[SinsPair], bootstrap: Bootstrap) -> ItemEvaluation:
    stated = [(pair, each) for pair in pairs for each in pair.items if each.item is item and each.predicted]
    levels, findings = [pair for pair, _ in stated], [each for _, each in stated]
    ratings = item_ratings(item, levels)
    is_open = [len(each.predicted) > 1 for each in findings]
    held = [each.reference in each.predicted for each in findings]
    return ItemEvaluation(
        item,
        ratings.table,
        (
            *agreement_figures(ratings, bootstrap),
            _share("left open", levels, is_open, bootstrap),
            _share("set holds the truth", levels, held, bootstrap),
        ),
    )


def item_ratings(item: Item, pairs: Sequence[SinsPair]) -> Ratings:
    """True and found findings of an item, fewest points first, where the prediction is certain."""
    points = POINTS[item]
    scale = tuple(str(finding.value) for finding in sorted(points, key=points.__getitem__))
    certain = [
        (pair.patient, scale.index(each.reference), scale.index(each.predicted[0]))
        for pair in pairs
        for each in pair.items
        if each.item is item and len(each.predicted) == 1
    ]
    return _ratings(certain, scale)


def _class_ratings(pairs: Sequence[SinsPair]) -> Ratings:
    scale: tuple[Enum, ...] = tuple(SinsClass)
    certain = [
        (pair.patient, scale.index(pair.reference_class), scale.index(pair.classes[0]))
        for pair in pairs
        if len(pair.classes) == 1
    ]
    return _ratings(certain, tuple(map(str, scale)))


def _unsettled(pairs: Sequence[SinsPair]) -> npt.NDArray[np.intp]:
    scale = tuple(SinsClass)
    counts = np.zeros((len(scale), 2), dtype=np.intp)
    for pair in pairs:
        if len(pair.classes) != 1:
            counts[scale.index(pair.reference_class), int(not pair.classes)] += 1
    return counts


def _ratings(rows: Sequence[tuple[str, int, int]], scale: tuple[str, ...]) -> Ratings:
    places = np.array([row[1:] for row in rows], dtype=np.intp).reshape(-1, 2)
    return Ratings([row[0] for row in rows], places[:, 0], places[:, 1], scale)


def _total_figures(pairs: Sequence[SinsPair], bootstrap: Bootstrap) -> tuple[Figure, ...]:
    return total_figures([pair.patient for pair in pairs], *sins_totals(pairs), bootstrap)


def _totals_open(pairs: Sequence[SinsPair], bootstrap: Bootstrap) -> tuple[Figure, ...]:
    ends = np.array([(pair.minimum, pair.maximum) for pair in pairs], dtype=np.float64).reshape(-1, 2)
    true, _ = sins_totals(pairs)
    patients, width = Patients.of([pair.patient for pair in pairs]), ends[:, 1] - ends[:, 0]
    held = (ends[:, 0] <= true) & (true <= ends[:, 1])
    return (
        _share("left as an interval", pairs, width > 0, bootstrap),
        ratio(
            Quantity("width of the interval", undefined="no totals"),
            patients.sums(width),
            patients.sums(np.ones(len(pairs))),
            bootstrap,
        ),
        _share("interval holds the truth", pairs, held, bootstrap),
    )


def _classes_open(pairs: Sequence[SinsPair], bootstrap: Bootstrap) -> tuple[Figure, ...]:
    right = [pair.classes == (pair.reference_class,) for pair in pairs]
    held = [pair.reference_class in pair.classes for pair in pairs]
    return (
        _share("accuracy, open counted as wrong", pairs, right, bootstrap),
        _share("left open", pairs, [len(pair.classes) > 1 for pair in pairs], bootstrap),
        _share("set holds the truth", pairs, held, bootstrap),
    )


def _share(name: str, pairs: Sequence[SinsPair], hits: npt.ArrayLike, bootstrap: Bootstrap) -> Figure:
    patients = Patients.of([pair.patient for pair in pairs])
    of = patients.sums(np.ones(len(pairs)))
    return proportion(Quantity(name), patients.sums(np.asarray(hits, dtype=bool)), of, bootstrap)
