"""The look of plots: colours that the colour-blind tell apart, one size, the same bytes each time."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe and Ito's palette.
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#6b7280"
INK = "#16202a"
_DPI = 200
# Typed loosely: matplotlib names every one of its settings in its types.
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "lines.linewidth": 1.6,
    # Identifiers in SVG files are drawn from this instead of from chance.
    "svg.hashsalt": "spinemets",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot.

    Args:
        name: Of its files.
        title: What it shows, for its caption and for readers who cannot see it.
        svg: The file's content.
        png: The same as an image.
    """

    name: str
    title: str
    svg: str
    png: bytes


def in_style(plots: Iterable[Plot]) -> tuple[Plot, ...]:
    """Plots drawn in our style, which matplotlib takes from where it draws and not from where axes are made.

    Args:
        plots: A generator that draws each as it is asked for.
    """
    with mpl.rc_context(_STYLE):
        return tuple(plots)


def axes_of(columns: int = 1, width_in: float = 4.6, height_in: float = 3.8) -> tuple[Figure, list[Axes]]:
    """A figure with some axes in a row."""
    figure = Figure(figsize=(width_in * columns, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])


def finished(figure: Figure, name: str, title: str, *, simulated: bool) -> Plot:
    """The plot of a figure; where the reference is simulated it says so on its face."""
    if simulated:
        figure.supxlabel("simulated reference, no patients", fontsize=7.5, color=RED, x=0.99, ha="right")
    text, image = io.StringIO(), io.BytesIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    figure.savefig(image, format="png", dpi=_DPI, metadata={"Software": None})
    return Plot(name, title, text.getvalue(), image.getvalue())


def write_plots(plots: tuple[Plot, ...], folder: Path) -> None:
    """Write each plot as SVG and PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    for plot in plots:
        (folder / f"{plot.name}.svg").write_text(plot.svg, encoding="utf-8")
        (folder / f"{plot.name}.png").write_bytes(plot.png)
