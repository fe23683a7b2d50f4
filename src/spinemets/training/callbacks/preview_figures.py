"""How previews are drawn: outlines on the images, so that the signal below them stays visible."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from spinemets.anatomy import Anatomy, EsccGrade
from spinemets.training.callbacks.preview import GradePanel, PreviewPanel, SliceMaps

# Colours that colour-blind people tell apart (Okabe and Ito 2008, "Color Universal Design"), without their
# dark blue, which a dark image swallows. Cord and epidural space, which never touch, share white.
_OUTLINES: dict[Anatomy, tuple[str, Literal["solid", "dashed"]]] = {
    Anatomy.VERTEBRAL_BODY: ("#56B4E9", "solid"),
    Anatomy.POSTERIOR_ELEMENTS: ("#E69F00", "solid"),
    Anatomy.DISC: ("#F0E442", "solid"),
    Anatomy.SACRUM: ("#009E73", "solid"),
    Anatomy.THECAL_SAC: ("#CC79A7", "solid"),
    Anatomy.CORD: ("#FFFFFF", "solid"),
    Anatomy.EPIDURAL_SPACE: ("#FFFFFF", "dashed"),
}
_LESION = "#D55E00"
# Standard deviations from the mean of tissue, the same in every picture: so pictures can be compared.
_DARKEST, _BRIGHTEST = -1.5, 3.0
# Pictures are looked at on a dark ground, as in a reading room.
_GROUND, _INK = "black", "white"
_PANEL_WIDTH_INCHES, _DPI = 2.6, 130
_GRADES_IN_A_ROW = 6
_TRUE, _OTHER = "#E69F00", "#999999"


def draw_slices(panels: Sequence[PreviewPanel]) -> Figure:
    """Slices of one case beside each other, their channels below; the reference left of the network."""
    channels = list(panels[0].images)
    rows, columns = next(iter(panels[0].images.values())).shape
    row_mm, column_mm = panels[0].pixel_mm
    height = _PANEL_WIDTH_INCHES * rows * row_mm / (columns * column_mm) + 0.1
    figure = _figure((2 * len(panels) * _PANEL_WIDTH_INCHES + 0.2, height * len(channels) + 1.2))
    grid = figure.subplots(len(channels), 2 * len(panels), squeeze=False)
    for place, panel in enumerate(panels):
        for source, maps in enumerate((panel.reference, panel.predicted)):
            column = grid[:, 2 * place + source]
            column[0].set_title(f"{('reference', 'network')[source]}: {panel.place}", fontsize=7, color=_INK)
            for axes, channel in zip(column, channels, strict=True):
                _show_slice(axes, panel, channel, maps)
    figure.suptitle(f"{panels[0].case}{_simulated(panels)}", fontsize=9, color=_INK)
    figure.legend(
        handles=_legend(), loc="outside lower center", ncols=4, fontsize=7, frameon=False, labelcolor=_INK
    )
    return figure


def draw_grades(panels: Sequence[GradePanel]) -> Figure:
    """Crops in rows, each above the probabilities of its grades; the true grade's bar is the coloured one."""
    columns = min(len(panels), _GRADES_IN_A_ROW)
    lines = -(-len(panels) // columns)
    figure = _figure((max(columns, 3) * _PANEL_WIDTH_INCHES, lines * _PANEL_WIDTH_INCHES * 1.6 + 0.5))
    grid = figure.subplots(2 * lines, columns, squeeze=False, height_ratios=[3, 1] * lines)
    for place in range(lines * columns):
        line, column = divmod(place, columns)
        image, bars = grid[2 * line, column], grid[2 * line + 1, column]
        if place < len(panels):
            _show_crop(image, panels[place])
            _show_probabilities(bars, panels[place])
        else:
            image.set_axis_off()
            bars.set_axis_off()
    title = f"ESCC: true grades, and the network's probabilities{_simulated(panels)}"
    figure.suptitle(title, fontsize=9, color=_INK)
    return figure


def _figure(size: tuple[float, float]) -> Figure:
    figure = Figure(figsize=size, dpi=_DPI, layout="constrained", facecolor=_GROUND)
    FigureCanvasAgg(figure)
    return figure


def _show_slice(axes: Axes, panel: PreviewPanel, channel: str, maps: SliceMaps) -> None:
    row_mm, column_mm = panel.pixel_mm
    _show_image(axes, panel.images[channel], row_mm / column_mm)
    if maps.anatomy is not None:
        for anatomy, (colour, style) in _OUTLINES.items():
            _outline(axes, maps.anatomy == anatomy, colours=colour, linestyles=style, linewidths=0.6)
    if maps.lesion is not None:
        _outline(axes, maps.lesion, colours=_LESION, linestyles="solid", linewidths=1.4)
    missing = [name for name, one in (("anatomy", maps.anatomy), ("lesions", maps.lesion)) if one is None]
    if missing:
        _write(axes, 0.5, 0.02, f"{' and '.join(missing)} not annotated")
    _write(axes, 0.12, 0.96, channel)
    _write(axes, 0.03, 0.5, "A")
    _write(axes, 0.97, 0.5, "P")


def _show_image(axes: Axes, image: npt.NDArray[np.float32], aspect: float) -> None:
    axes.imshow(image, aspect=aspect, interpolation="bilinear", cmap="gray", vmin=_DARKEST, vmax=_BRIGHTEST)
    axes.set(xticks=[], yticks=[], facecolor=_GROUND)
    # Outlines that end at the border would make the picture wider.
    axes.autoscale(enable=False)


def _outline(axes: Axes, mask: Any, *, colours: str, linestyles: str, linewidths: float) -> None:
    if mask.any():
        # A border of nothing closes the outlines of what the image cuts off.
        framed = np.pad(mask.astype(np.float32), 1)
        across, down = np.arange(-1, mask.shape[1] + 1), np.arange(-1, mask.shape[0] + 1)
        axes.contour(
            across, down, framed, levels=[0.5], colors=colours, linestyles=linestyles, linewidths=linewidths
        )


def _write(axes: Axes, across: float, up: float, text: str) -> None:
    axes.text(across, up, text, transform=axes.transAxes, color="white", fontsize=6, ha="center", va="center")


def _show_crop(axes: Axes, panel: GradePanel) -> None:
    _show_image(axes, panel.image, 1.0)
    axes.set_title(
        f"{panel.case}\ntrue {panel.grade}, graded {_median(panel.probabilities)}", fontsize=6, color=_INK
    )
    _write(axes, 0.04, 0.5, "R")
    _write(axes, 0.96, 0.5, "L")


def _show_probabilities(axes: Axes, panel: GradePanel) -> None:
    colours = [_TRUE if grade is panel.grade else _OTHER for grade in EsccGrade]
    axes.bar(range(len(EsccGrade)), panel.probabilities.tolist(), color=colours)
    axes.set(ylim=(0, 1), yticks=[0, 1])
    axes.set_xticks(range(len(EsccGrade)), [grade.value for grade in EsccGrade])
    axes.tick_params(labelsize=6, length=2, colors=_INK)
    axes.set_facecolor(_GROUND)
    axes.spines[["left", "bottom"]].set_color(_INK)


def _median(probabilities: npt.NDArray[np.float32]) -> EsccGrade:
    """The highest grade that is reached with a probability above one half, as validation counts it."""
    reached = 1.0 - np.cumsum(probabilities)[:-1]
    return tuple(EsccGrade)[int((reached > 0.5).sum())]


def _legend() -> list[Line2D]:
    lines = [
        Line2D([], [], color=colour, linestyle=style, label=anatomy.name.lower().replace("_", " "))
        for anatomy, (colour, style) in _OUTLINES.items()
    ]
    return [*lines, Line2D([], [], color=_LESION, linewidth=2.5, label="lesion")]


def _simulated(panels: Sequence[PreviewPanel | GradePanel]) -> str:
    count = sum(panel.simulated for panel in panels)
    if count == 0:
        return ""
    return " (simulated)" if count == len(panels) else f" ({count} of {len(panels)} simulated)"
