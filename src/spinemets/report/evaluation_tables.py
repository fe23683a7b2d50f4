"""Tables of an evaluation's figures: one for each family."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.evaluation.escc import GRADES
from spinemets.evaluation.evaluation import Evaluation
from spinemets.evaluation.families import BAND_RATES, EsccFigures, LesionFigures
from spinemets.evaluation.figure import Figure
from spinemets.evaluation.sins import SinsEvaluation
from spinemets.scoring.sins import SinsClass
from spinemets.scoring.sins_items import POINTS, Item

Cell = str | int | float | None
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table to be written as CSV.

    Args:
        name: Of the file, without suffix.
        columns: Their names.
        rows: Cells; None is an empty one.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


_FIGURE = (
    *("of", "by", "stratum", "figure", "value", "low", "high", "unit", "coverage"),
    *("method", "n", "patients", "undefined_resamples", "reason"),
)


def tables_of(evaluation: Evaluation) -> tuple[Table, ...]:
    """Every table of figures that the evaluation has something to say in."""
    families = evaluation.families
    headlines = ((f"{one.family}: {one.of}", one.figure) for one in evaluation.predictions.headlines)
    subgroups = ((f"{one.family}: {one.of}", one.figure) for one in evaluation.subgroups)
    levels = (("vertebrae", figure) for figure in families.levels)
    escc = (row for one in families.escc for row in _escc(one))
    tables = [
        _figures("headlines", headlines),
        _figures("lesions", () if families.lesions is None else _lesions(families.lesions)),
        *(() if families.lesions is None else _curves(families.lesions)),
        _masks(evaluation),
        _figures("levels", levels),
        _figures("escc", escc),
        *_confusions(evaluation),
        _figures("sins", () if families.sins is None else _sins(families.sins)),
        *_forecasts(families.escc),
        _figures("subgroups", subgroups),
        _comparison(evaluation),
    ]
    return tuple(table for table in tables if table.rows)


def figure_row(of: str, figure: Figure) -> Row:
    """A figure in the columns of every table of figures."""
    return (
        *(of, figure.by, figure.stratum, figure.name, figure.value, figure.low, figure.high),
        *(figure.unit.value, figure.level, figure.method, figure.n, figure.patients),
        *(figure.undefined_resamples, figure.reason),
    )


def _figures(name: str, figures: Iterable[tuple[str, Figure]]) -> Table:
    return Table(name, _FIGURE, tuple(figure_row(of, figure) for of, figure in figures))


def _lesions(lesions: LesionFigures) -> Iterator[tuple[str, Figure]]:
    for matching in lesions.matchings:
        yield from ((matching.matching.name, one) for one in (*matching.figures, *matching.strata))
    yield from (("each vertebra", figure) for figure in lesions.vertebrae)
    yield from (("each study", figure) for figure in lesions.studies)
    yield from (("each patient", figure) for figure in lesions.patients)


def _curves(lesions: LesionFigures) -> Iterator[Table]:
    """FROC: every working point of each matching, and the band of the first."""
    points = tuple(
        (matching.matching.name, *point)
        for matching in lesions.matchings
        if (curve := matching.curve) is not None
        for point in zip(
            curve.thresholds.tolist(),
            curve.false_positives_per_case.tolist(),
            curve.sensitivity.tolist(),
            strict=True,
        )
    )
    yield Table("froc", ("matching", "threshold", "false_positives_per_case", "sensitivity"), points)
    band = ((rate, one.value, one.low, one.high) for rate, one in zip(BAND_RATES, lesions.band, strict=False))
    yield Table("froc_band", ("false_positives_per_case", "sensitivity", "low", "high"), tuple(band))


def _masks(evaluation: Evaluation) -> Table:
    columns = (*_FIGURE, "masks", "predicted_empty", "reference_empty", "both_empty")
    rows = tuple(
        (
            *figure_row(one.structure, figure),
            *(one.masks, one.predicted_empty, one.reference_empty, one.both_empty),
        )
        for one in evaluation.families.masks
        for figure in one.figures
    )
    return Table("masks", columns, rows)


def _escc(escc: EsccFigures) -> Iterator[tuple[str, Figure]]:
    found = escc.evaluation
    yield f"each {escc.place}", found.not_gradable_share
    yield from ((f"each {escc.place}", figure) for figure in escc.missed)
    yield from ((f"each {escc.place}, six grades", figure) for figure in found.grades)
    for cut in found.cuts:
        yield from ((f"each {escc.place}, {cut.cut} or more", figure) for figure in cut.figures)
    yield from ((f"worst {escc.place} of each study", figure) for figure in found.worst_levels)
    yield from ((f"each {escc.place}, probabilities", figure) for figure in found.probabilities)


def _sins(sins: SinsEvaluation) -> Iterator[tuple[str, Figure]]:
    yield "each level", sins.not_scored
    for item in sins.items:
        yield from ((f"item {item.item}", figure) for figure in item.figures)
    yield from (("totals that are one number", figure) for figure in sins.settled_totals)
    yield from (("totals, intervals as their middle", figure) for figure in sins.middle_totals)
    yield from (("totals", figure) for figure in sins.totals_open)
    yield from (("classes that are settled", figure) for figure in sins.classes)
    yield from (("classes", figure) for figure in sins.classes_open)


def _confusions(evaluation: Evaluation) -> Iterator[Table]:
    words = tuple(map(str, GRADES))
    grades = [
        row
        for one in evaluation.families.escc
        for row in _confusion(one.place, one.evaluation.table, words, one.evaluation.not_gradable[:, None])
    ]
    yield Table("escc_confusion", ("of", "reference", *words, "not gradable"), tuple(grades))
    sins = evaluation.families.sins
    if sins is not None:
        classes = tuple(map(str, SinsClass))
        yield Table(
            "sins_classes",
            ("of", "reference", *classes, "open", "not scored"),
            tuple(_confusion("class", sins.class_table, classes, sins.class_unsettled)),
        )
        items = [(item, _findings(item.item)) for item in sins.items]
        rows = (
            (item.item.value, word, other, int(item.table[place, column]))
            for item, findings in items
            for place, word in enumerate(findings)
            for column, other in enumerate(findings)
        )
        yield Table("sins_items", ("item", "reference", "predicted", "levels"), tuple(rows))


def _findings(item: Item) -> tuple[str, ...]:
    """The words of an item, fewest points first, as its table has them."""
    points = POINTS[item]
    return tuple(str(finding.value) for finding in sorted(points, key=points.__getitem__))


def _confusion(
    of: str,
    table: npt.NDArray[np.intp],
    words: Sequence[str],
    unsettled: npt.NDArray[np.intp],
) -> Iterator[Row]:
    for place, word in enumerate(words):
        yield (of, word, *table[place].tolist(), *unsettled[place].tolist())


def _forecasts(escc: Sequence[EsccFigures]) -> Iterator[Table]:
    parts = [(f"each {one.place}, {cut.cut} or more", cut) for one in escc for cut in one.forecasts]
    yield _figures("calibration", ((of, figure) for of, cut in parts for figure in cut.figures))
    curve = (
        (of, point.forecast, point.observed.value, point.observed.low, point.observed.high, point.observed.n)
        for of, cut in parts
        for point in cut.curve
    )
    yield Table("calibration_curve", ("of", "forecast", "observed", "low", "high", "n"), tuple(curve))
    benefits = (
        (
            *(of, one.threshold, one.acted_on.value, one.acted_on.low, one.acted_on.high),
            *(one.treat_all.value, one.gain.value, one.gain.low, one.gain.high),
        )
        for of, cut in parts
        for one in cut.benefits
    )
    columns = ("of", "threshold", "net_benefit", "low", "high", "treat_all", "gain", "gain_low", "gain_high")
    yield Table("decision_curve", columns, tuple(benefits))


def _comparison(evaluation: Evaluation) -> Table:
    columns = (
        *("of", "figure", "first", "second", "difference", "low", "high", "p_value"),
        *("permutations", "exact", "n", "patients", "reason"),
    )
    rows = (
        (
            f"{one.family}: {one.of}",
            *(found.name, found.first, found.second, found.difference.value),
            *(found.difference.low, found.difference.high, found.p_value, found.permutations),
            *(str(found.exact).lower(), found.difference.n, found.difference.patients),
            found.difference.reason,
        )
        for one in evaluation.comparison
        for found in (one.comparison,)
    )
    return Table("comparison", columns, tuple(rows))
