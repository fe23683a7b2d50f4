"""All files of a stress test: page, record, table, plots."""

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from spinemets.evaluation.stress_figures import StressPoint
from spinemets.evaluation.stress_record import StressTest
from spinemets.phantom.hardship import Hardship
from spinemets.report.evaluation_csv import write_tables
from spinemets.report.evaluation_json import write_whole
from spinemets.report.evaluation_tables import Row, Table
from spinemets.report.evaluation_words import interval_words, value_words
from spinemets.report.page_templates import templates
from spinemets.report.plot_style import Plot, in_style, write_plots
from spinemets.report.stress_plots import points_of, stress_plots
from spinemets.report.stress_words import HARDSHIPS, HardshipWords

PAGE, RECORD, TABLE = "stress.html", "stress.json", "stress"
# Figures of the page's tables, in their order.
COLUMNS = (
    "lesion sensitivity",
    "false positives per study",
    "Dice of bodies",
    "levels right",
    "levels left open",
    "levels wrong",
    "levels graded for ESCC",
    "quadratic-weighted kappa",
)
_CSV_COLUMNS = (
    *("hardship", "severity", "figure", "value", "low", "high", "coverage", "method"),
    *("n", "patients", "studies", "failures", "reason"),
)


@dataclass(frozen=True, slots=True)
class StressRow:
    """A severity: its figures in words, with intervals where there are any."""

    severity: str
    cells: tuple[tuple[str, str], ...]
    failures: int


@dataclass(frozen=True, slots=True)
class StressSection:
    """A hardship on the page."""

    anchor: str
    words: HardshipWords
    plot: str
    caption: str
    rows: tuple[StressRow, ...]


def write_stress(test: StressTest, folder: Path) -> None:
    """Write everything; the same test gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / RECORD, json.dumps(asdict(test), indent=1, ensure_ascii=False) + "\n")
    write_tables([stress_table(test)], folder)
    plots = in_style(stress_plots(test))
    write_plots(plots, folder / "plots")
    page = templates().get_template("stress.html.j2")
    sections = tuple(_sections(test, {plot.name: plot for plot in plots}))
    write_whole(folder / PAGE, page.render(test=test, sections=sections, columns=COLUMNS))


def stress_table(test: StressTest) -> Table:
    """Every figure of every point."""
    return Table(TABLE, _CSV_COLUMNS, tuple(row for point in test.points for row in _rows(point)))


def _rows(point: StressPoint) -> Iterator[Row]:
    for one in point.figures:
        yield (
            *(point.hardship, point.severity, one.name, one.value, one.low, one.high, one.level, one.method),
            *(one.n, one.patients, point.studies, point.failures, one.reason),
        )


def _sections(test: StressTest, plots: dict[str, Plot]) -> Iterator[StressSection]:
    for hardship in Hardship:
        if (plot := plots.get(f"stress_{hardship.value}")) is None:
            continue
        points, words = points_of(hardship, test.points)
        encoded = base64.b64encode(plot.svg.encode()).decode("ascii")
        yield StressSection(
            anchor=hardship.value,
            words=HARDSHIPS[hardship],
            plot=f"data:image/svg+xml;base64,{encoded}",
            caption=plot.title,
            rows=tuple(_row(point, word) for point, word in zip(points, words, strict=True)),
        )


def _row(point: StressPoint, severity: str) -> StressRow:
    by_name = {one.name: one for one in point.figures}
    cells = tuple((value_words(by_name[name]), interval_words(by_name[name])) for name in COLUMNS)
    return StressRow(severity, cells, point.failures)
