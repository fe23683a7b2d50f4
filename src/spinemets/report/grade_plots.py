"""Plots of grades and scores: confusion, calibration, decision curve, Bland and Altman."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from spinemets.evaluation.escc import GRADES
from spinemets.evaluation.evaluation import Evaluation
from spinemets.evaluation.families import CutForecasts, EsccFigures, sins_scores
from spinemets.evaluation.figure import Figure
from spinemets.evaluation.sins import SinsEvaluation, sins_totals
from spinemets.report.plot_style import BLUE, GREEN, GREY, INK, RED, Plot, axes_of, finished
from spinemets.scoring.sins import SinsClass

# Shares from which a cell is so dark that its number is white.
_DARK = 0.55
_LARGEST_SCORE = 18


def grade_plots(evaluation: Evaluation, *, simulated: bool) -> Iterator[Plot]:
    """Of what the evaluation has figures for."""
    families = evaluation.families
    for one in families.escc:
        yield _grades(one, simulated=simulated)
        if one.forecasts:
            yield _calibration(one, simulated=simulated)
            yield _decision(one, simulated=simulated)
    if families.sins is not None:
        yield _classes(families.sins, simulated=simulated)
        true, found = sins_totals(sins_scores(evaluation.evidence.counted))
        if len(true):
            yield _totals(true, found, families.sins.middle_totals, simulated=simulated)


def _grades(escc: EsccFigures, *, simulated: bool) -> Plot:
    found = escc.evaluation
    table = np.column_stack([found.table, found.not_gradable])
    figure, (axes,) = axes_of(width_in=4.9, height_in=4.0)
    words = tuple(map(str, GRADES))
    _confusion(axes, table, words, (*words, "not\ngraded"), "ESCC grade")
    axes.axvline(len(GRADES) - 0.5, color="white", lw=3)
    title = (
        f"Six grades, each {escc.place}: reference in rows, prediction in columns; "
        "shades are shares of the row"
    )
    return finished(figure, f"escc_confusion_{escc.place}", title, simulated=simulated)


def _classes(sins: SinsEvaluation, *, simulated: bool) -> Plot:
    figure, (axes,) = axes_of(width_in=5.6, height_in=3.1)
    words = tuple(map(str, SinsClass))
    table = np.column_stack([sins.class_table, sins.class_unsettled])
    _confusion(axes, table, words, (*words, "open", "not\nscored"), "SINS class")
    axes.axvline(len(words) - 0.5, color="white", lw=3)
    title = "SINS classes: reference in rows, prediction in columns; shades are shares of the row"
    return finished(figure, "sins_confusion", title, simulated=simulated)


def _confusion(
    axes: Axes, table: npt.NDArray[np.intp], rows: Sequence[str], columns: Sequence[str], what: str
) -> None:
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, column in np.ndindex(*table.shape):
        count = int(table[row, column])
        colour = "white" if shares[row, column] > _DARK else INK if count else GREY
        axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=8.5)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(
        range(len(rows)),
        [f"{word}  (n = {total})" for word, total in zip(rows, table.sum(axis=1), strict=True)],
    )
    axes.tick_params(length=0)
    axes.set(xlabel=f"{what}, prediction", ylabel=f"{what}, reference")
    axes.spines[:].set_visible(False)


def _calibration(escc: EsccFigures, *, simulated: bool) -> Plot:
    figure, parts = axes_of(len(escc.forecasts), width_in=3.6, height_in=3.6)
    for axes, cut in zip(parts, escc.forecasts, strict=True):
        if _occurs(axes, cut):
            _reliability(axes, cut)
    title = (
        f"Calibration, each {escc.place}: observed share against mean probability in bins of about as many, "
        "with 95 % intervals; on the dashed line forecasts are right"
    )
    return finished(figure, f"calibration_{escc.place}", title, simulated=simulated)


def _occurs(axes: Axes, cut: CutForecasts) -> bool:
    """Whether the reference has such grades; where it has none, the axes say so and show nothing else."""
    if any(point.observed.value for point in cut.curve):
        return True
    axes.set_title(f"grade {cut.cut} or more")
    axes.text(0.5, 0.5, "none in the reference", ha="center", color=GREY, transform=axes.transAxes)
    axes.set(xticks=[], yticks=[])
    return False


def _reliability(axes: Axes, cut: CutForecasts) -> None:
    axes.plot((0, 1), (0, 1), "--", color=GREY, lw=1)
    for point in cut.curve:
        one = point.observed
        if one.low is not None and one.high is not None:
            axes.plot((point.forecast,) * 2, (one.low, one.high), color=BLUE, lw=1.2)
    forecasts = [point.forecast for point in cut.curve]
    axes.plot(forecasts, _values([point.observed for point in cut.curve]), "o-", color=BLUE, ms=4)
    slope = next((one for one in cut.figures if one.name == "calibration slope"), None)
    if slope is not None and slope.value is not None:
        axes.text(0.04, 0.93, f"slope {slope.value:.2f}", transform=axes.transAxes, fontsize=8)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), title=f"grade {cut.cut} or more")
    axes.set(xlabel="predicted probability", ylabel="observed share")
    axes.set_aspect("equal")


def _decision(escc: EsccFigures, *, simulated: bool) -> Plot:
    figure, parts = axes_of(len(escc.forecasts), width_in=3.8, height_in=3.4)
    for axes, cut in zip(parts, escc.forecasts, strict=True):
        if _occurs(axes, cut):
            _net_benefit(axes, cut)
            axes.legend(loc="center right")
    title = (
        f"Decision curve, each {escc.place}: net benefit of acting on the probability against acting on all "
        "and on none; band: 95 % interval"
    )
    return finished(figure, f"decision_{escc.place}", title, simulated=simulated)


def _net_benefit(axes: Axes, cut: CutForecasts) -> None:
    thresholds = [one.threshold for one in cut.benefits]
    model = [one.acted_on for one in cut.benefits]
    low, high = _ends(model)
    axes.fill_between(thresholds, low, high, color=BLUE, alpha=0.18, lw=0)
    axes.plot(thresholds, _values(model), color=BLUE, label="prediction")
    axes.plot(thresholds, _values([one.treat_all for one in cut.benefits]), color=GREEN, label="all")
    axes.axhline(0, color=GREY, lw=1, label="none")
    top = max(0.02, float(np.nanmax(high)) if len(high) else 0.02)
    # The line of acting on all falls without end; that of the prediction is always seen.
    bottom = min(-0.25 * top, 1.1 * float(np.nanmin(_values(model))))
    axes.set(xlim=(0, thresholds[-1]), ylim=(bottom, 1.1 * top), title=f"grade {cut.cut} or more")
    axes.set(xlabel="probability from which one acts", ylabel="net benefit")


def _totals(
    true: npt.NDArray[np.float64],
    found: npt.NDArray[np.float64],
    figures: Sequence[Figure],
    *,
    simulated: bool,
) -> Plot:
    figure, (axes,) = axes_of(width_in=5.0)
    places = Counter(zip(((true + found) / 2).tolist(), (found - true).tolist(), strict=True))
    axes.scatter(
        [mean for mean, _ in places],
        [error for _, error in places],
        s=[16.0 * count for count in places.values()],
        color=BLUE,
        alpha=0.6,
        lw=0,
    )
    for name, short, colour, style in (
        ("mean error", "mean", INK, "-"),
        ("lower limit of agreement", "limit", RED, "--"),
        ("upper limit of agreement", "limit", RED, "--"),
    ):
        one = next((each for each in figures if each.name == name), None)
        if one is None or one.value is None:
            continue
        axes.axhline(one.value, color=colour, ls=style, lw=1.2)
        words = f" {short} {one.value:+.1f}".replace("-", "\u2212")
        axes.text(_LARGEST_SCORE, one.value, words, va="center", fontsize=8, color=colour)
        if one.low is not None and one.high is not None:
            axes.axhspan(one.low, one.high, color=colour, alpha=0.08, lw=0)
    axes.set(
        xlim=(0, _LARGEST_SCORE),
        xlabel="SINS total, mean of reference and prediction (points)",
        ylabel="prediction less reference (points)",
    )
    title = (
        "SINS totals after Bland and Altman: mean error and limits of agreement, with 95 % intervals; "
        "an interval counts as its middle, larger dots are several levels"
    )
    return finished(figure, "sins_bland_altman", title, simulated=simulated)


def _values(figures: Sequence[Figure]) -> list[float]:
    return [np.nan if one.value is None else one.value for one in figures]


def _ends(figures: Sequence[Figure]) -> tuple[list[float], list[float]]:
    values = _values(figures)
    low = [value if one.low is None else one.low for value, one in zip(values, figures, strict=True)]
    high = [value if one.high is None else one.high for value, one in zip(values, figures, strict=True)]
    return low, high
