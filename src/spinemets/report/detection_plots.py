"""Plots of detection and masks: FROC with its band, sensitivity by size, Dice of every structure."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from spinemets.anatomy import BoneLesionType, Region
from spinemets.evaluation.detection_figures import DetectionFigures
from spinemets.evaluation.evaluation import Evaluation
from spinemets.evaluation.families import BAND_RATES, LesionFigures
from spinemets.evaluation.figure import Figure
from spinemets.evaluation.froc import RATES
from spinemets.evaluation.lesion_cases import SIZE_CLASSES
from spinemets.report.plot_style import BLUE, GREEN, GREY, ORANGE, RED, Plot, axes_of, finished

_LEAST_RATE, _MOST_RATE = RATES[0], RATES[-1]
_JITTER = 0.22
_ORDER = {
    "size": SIZE_CLASSES,
    "region": tuple(region.value for region in Region),
    "type": tuple(kind.value for kind in BoneLesionType),
}


def detection_plots(evaluation: Evaluation, *, simulated: bool) -> Iterator[Plot]:
    """Of what the evaluation has figures for."""
    lesions = evaluation.families.lesions
    if lesions is not None and lesions.matchings[0].lesions:
        yield _froc(lesions, simulated=simulated)
        yield _by_size(lesions.matchings[0], simulated=simulated)
    if evaluation.families.masks:
        yield _dice(evaluation, simulated=simulated)


def _froc(lesions: LesionFigures, *, simulated: bool) -> Plot:
    figure, (axes,) = axes_of()
    first = lesions.matchings[0]
    if lesions.band:
        low = [one.value if one.low is None else one.low for one in lesions.band]
        high = [one.value if one.high is None else one.high for one in lesions.band]
        axes.fill_between(
            BAND_RATES, _numbers(low), _numbers(high), step="post", color=BLUE, alpha=0.18, lw=0
        )
    # Dashes lie on top: where two matchings agree, both are seen.
    looks = (BLUE, "-", 3.0), (GREEN, "--", 4.0), (ORANGE, ":", 4.5)
    for matching, look in zip(lesions.matchings, looks, strict=False):
        _curve(axes, matching, *look)
    own = {one.name: one for one in first.figures}
    rate, sensitivity = own["false positives per case"].value, own["sensitivity"].value
    if rate is not None and sensitivity is not None:
        shown = max(rate, _LEAST_RATE)
        axes.plot(shown, sensitivity, "o", color=RED, ms=6, zorder=5, label="as predicted, any overlap")
    _rate_axis(axes)
    axes.set(ylim=(0, 1.02), ylabel="sensitivity, each lesion")
    axes.legend(loc="lower right")
    title = (
        "FROC: sensitivity against false positives per case; band: 95 % interval of any overlap, "
        f"{first.lesions} lesions in {first.cases} cases"
    )
    return finished(figure, "froc", title, simulated=simulated)


def _curve(axes: Axes, matching: DetectionFigures, colour: str, dashes: str, height: float) -> None:
    curve = matching.curve
    if curve is None or not len(curve.thresholds):
        return
    rates = np.maximum(curve.false_positives_per_case, _LEAST_RATE / 2)
    # The curve goes on level beyond the lowest score.
    axes.step(
        np.append(rates, _MOST_RATE * 2),
        np.append(curve.sensitivity, curve.sensitivity[-1]),
        where="post",
        color=colour,
        ls=dashes,
        zorder=height,
        label=matching.matching.name,
    )


def _rate_axis(axes: Axes) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xlim(_LEAST_RATE * 0.92, _MOST_RATE * 1.08)
    axes.xaxis.set_major_locator(FixedLocator(RATES))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(_rate))
    axes.set_xlabel("false positives per case")
    axes.grid(visible=True, axis="both", color="#e5e7eb", lw=0.6)
    axes.set_axisbelow(True)


def _rate(value: float, place: int | None) -> str:
    return f"1/{1 / value:.0f}" if value < 1 else f"{value:.0f}"


def _by_size(matching: DetectionFigures, *, simulated: bool) -> Plot:
    """Sensitivity of the predictions as they stand, by size, region and type of the lesion."""
    rows = sorted(
        (one for one in matching.strata if one.name == "sensitivity" and one.by in _ORDER), key=_place
    )
    figure, (axes,) = axes_of(height_in=0.9 + 0.3 * len(rows))
    whole = next(one for one in matching.figures if one.name == "sensitivity")
    forest(axes, [("all lesions", whole), *((f"{one.by}: {one.stratum}", one) for one in rows)])
    axes.set(xlim=(0, 1.02), xlabel="sensitivity, any overlap, 95 % interval")
    return finished(
        figure,
        "sensitivity_by_lesion",
        "Sensitivity by size, region and type of the lesion",
        simulated=simulated,
    )


def _place(figure: Figure) -> tuple[int, int, str]:
    """Of a stratum: what has an order of its own keeps it."""
    own = _ORDER[figure.by]
    return (
        list(_ORDER).index(figure.by),
        own.index(figure.stratum) if figure.stratum in own else len(own),
        figure.stratum,
    )


def forest(axes: Axes, rows: Sequence[tuple[str, Figure]]) -> None:
    """Values with their intervals, one below the other; the number counted behind each name."""
    for place, (_, one) in enumerate(rows):
        if one.value is None:
            continue
        if one.low is not None and one.high is not None:
            axes.plot((one.low, one.high), (place, place), color=GREY, lw=1.4, zorder=1)
        axes.plot(one.value, place, "s", color=BLUE, ms=5, zorder=2)
    axes.set_yticks(range(len(rows)), [f"{name}  (n = {one.n})" for name, one in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(visible=True, axis="x", color="#e5e7eb", lw=0.6)
    axes.set_axisbelow(True)


def _dice(evaluation: Evaluation, *, simulated: bool) -> Plot:
    structures = [one.structure for one in evaluation.families.masks]
    rows = [row for one in evaluation.evidence.counted for image in one.images for row in image.masks]
    dice = {
        name: [row.score.dice for row in rows if row.structure == name and row.score.dice is not None]
        for name in structures
    }
    values = {name: own for name, own in dice.items() if own}
    figure, (axes,) = axes_of(width_in=6.2, height_in=1.0 + 0.32 * len(values))
    # Spread evenly, in the order of the values, so that nothing is drawn by chance.
    for place, own in enumerate(values.values()):
        spread = np.linspace(-_JITTER, _JITTER, len(own)) if len(own) > 1 else np.zeros(len(own))
        axes.plot(sorted(own), place + spread, ".", color=BLUE, ms=4, alpha=0.55, mew=0)
        axes.plot(np.median(own), place, "|", color=RED, ms=16, mew=2)
    axes.set_yticks(range(len(values)), [f"{name}  (n = {len(own)})" for name, own in values.items()])
    axes.set(xlim=(-0.02, 1.02), ylim=(len(values) - 0.5, -0.5), xlabel="Dice; red: median")
    axes.grid(visible=True, axis="x", color="#e5e7eb", lw=0.6)
    axes.set_axisbelow(True)
    return finished(figure, "dice", "Dice of every mask, structure by structure", simulated=simulated)


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [np.nan if value is None else value for value in values]
