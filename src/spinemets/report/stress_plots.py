"""Plots of a stress test: for each hardship, every figure against the severity."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes

from spinemets.evaluation.figure import Figure
from spinemets.evaluation.stress_counts import AS_IT_IS
from spinemets.evaluation.stress_figures import StressPoint
from spinemets.evaluation.stress_record import StressTest
from spinemets.phantom.hardship import AS_DRAWN, Hardship
from spinemets.report.plot_style import BLUE, GREY, ORANGE, RED, Plot, axes_of, finished
from spinemets.report.stress_words import HARDSHIPS, PANELS

_COLOURS = (BLUE, ORANGE, RED)
# Lines of one panel are drawn so far beside each other that their bars can be told apart.
_BESIDE = 0.07
_RATE = "false positives per study"


def stress_plots(test: StressTest) -> Iterator[Plot]:
    """A row of panels for each hardship that was tried."""
    tried = {point.hardship for point in test.points}
    for hardship in Hardship:
        if hardship.value in tried:
            yield _plot(hardship, test.points)


def points_of(hardship: Hardship, points: Sequence[StressPoint]) -> tuple[list[StressPoint], list[str]]:
    """Points of a hardship from mild to severe, the studies as they are among them, and their severities."""
    own = [point for point in points if point.hardship == hardship.value]
    words = [point.severity for point in own]
    usual = [point for point in points if point.hardship == AS_IT_IS]
    drawn = AS_DRAWN[hardship]
    if usual and hardship is not Hardship.LEVELS:
        own, words = [*usual, *own], ["nothing" if drawn is None else f"{drawn:g}", *words]
    return own, words


def _plot(hardship: Hardship, points: Sequence[StressPoint]) -> Plot:
    own, words = points_of(hardship, points)
    figure, panels = axes_of(len(PANELS), width_in=2.35, height_in=2.6)
    for axes, (title, lines) in zip(panels, PANELS, strict=True):
        for beside, (name, label) in enumerate(lines):
            figures = [_named(point, name) for point in own]
            _line(axes, figures, words, _COLOURS[beside], label, _BESIDE * beside)
        axes.set_title(title)
        _limits(axes, title)
        if len(lines) > 1:
            axes.legend(loc="best", fontsize=7)
    words_of = HARDSHIPS[hardship]
    figure.suptitle(f"{words_of.title}: {words_of.axis}", fontsize=10, x=0.01, ha="left")
    title = (
        f"{words_of.title}: figures against the severity ({words_of.axis}), bars: 95 % intervals by patient"
    )
    return finished(figure, f"stress_{hardship.value}", title, simulated=True)


def _named(point: StressPoint, name: str) -> Figure:
    return next(figure for figure in point.figures if figure.name == name)


def _line(
    axes: Axes, figures: Sequence[Figure], words: Sequence[str], colour: str, label: str, beside: float
) -> None:
    """Values at even distances: severities are no scale that all hardships share."""
    places = np.arange(len(figures)) + beside
    values = [np.nan if one.value is None else one.value for one in figures]
    axes.plot(places, values, "o-", color=colour, ms=4, label=label)
    for place, one in zip(places.tolist(), figures, strict=True):
        if one.low is not None and one.high is not None:
            axes.plot((place, place), (one.low, one.high), color=colour, lw=1.1, alpha=0.7)
        if one.value is None:
            axes.text(place, 0.02, "none", color=GREY, ha="center", fontsize=7)
    long = max((len(word) for word in words), default=0) > 5
    axes.set_xticks(
        np.arange(len(figures)), words, rotation=45 if long else 0, ha="right" if long else "center"
    )
    axes.set_xlim(-0.35, len(figures) - 0.65)


def _limits(axes: Axes, title: str) -> None:
    if title == _RATE:
        axes.set_ylim(bottom=0.0)
        return
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, -0.03), max(high, 1.03))
