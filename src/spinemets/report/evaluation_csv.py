"""Tables as CSV files."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from spinemets.report.csv_cell import safe_cell
from spinemets.report.evaluation_json import write_whole
from spinemets.report.evaluation_tables import Cell, Table

_DECIMALS = 9


def write_tables(tables: Iterable[Table], folder: Path) -> tuple[str, ...]:
    """Write each table as a file of its name; the same tables give the same bytes.

    Returns:
        Names of the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for table in tables:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(table.columns)
        writer.writerows([_text(cell) for cell in row] for row in table.rows)
        write_whole(folder / f"{table.name}.csv", text.getvalue())
        names.append(f"{table.name}.csv")
    return tuple(names)


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        # Rounded, and zero added, so that noise of arithmetic becomes no digit and nothing no minus.
        return f"{round(cell, _DECIMALS) + 0.0:.6g}"
    text = str(cell)
    return safe_cell(text) if isinstance(cell, str) else text
