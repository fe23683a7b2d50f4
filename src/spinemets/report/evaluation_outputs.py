"""All files of an evaluation."""

from itertools import chain
from pathlib import Path

from spinemets.errors import ConfigurationError
from spinemets.evaluation.evaluation import Evaluation
from spinemets.report.checklist import NOTE, checklist_markdown, checklists
from spinemets.report.detection_plots import detection_plots
from spinemets.report.evaluation_csv import write_tables
from spinemets.report.evaluation_json import write_evaluation_json, write_whole
from spinemets.report.evaluation_page import MASK_COLUMNS, evaluation_page
from spinemets.report.evaluation_rows import rows_of
from spinemets.report.evaluation_tables import tables_of
from spinemets.report.grade_plots import grade_plots
from spinemets.report.page_templates import templates
from spinemets.report.plot_style import in_style, write_plots

PAGE, RECORD = "evaluation.html", "evaluation.json"
_PARTS = ("tables", "rows", "plots")


def write_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """Write record, tables, plots, page and checklists; the same evaluation gives the same bytes.

    Files of an earlier evaluation in the folder are replaced, and those of families that it had and this one
    has not are removed. The page is written last.

    Raises:
        ConfigurationError: If the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_earlier(folder)
        _write(evaluation, folder)
    except OSError as error:
        raise ConfigurationError(
            f"cannot be written ({error.strerror})",
            file=folder,
            field="output",
            remedy="choose another folder",
        ) from None


def _remove_earlier(folder: Path) -> None:
    """Only what we have written ourselves, which the record tells."""
    if not (folder / RECORD).is_file():
        return
    for part in _PARTS:
        for path in sorted((folder / part).glob("*.*")):
            path.unlink()


def _write(evaluation: Evaluation, folder: Path) -> None:
    simulated = evaluation.reference.simulated > 0
    write_evaluation_json(evaluation, folder / RECORD)
    write_tables(tables_of(evaluation), folder / "tables")
    write_tables(rows_of(evaluation), folder / "rows")
    drawn = chain(
        detection_plots(evaluation, simulated=simulated), grade_plots(evaluation, simulated=simulated)
    )
    plots = in_style(drawn)
    write_plots(plots, folder / "plots")
    found = checklists(evaluation)
    write_whole(folder / "checklist.md", checklist_markdown(found))
    checklist = templates().get_template("checklist.html.j2")
    write_whole(
        folder / "checklist.html", checklist.render(evaluation=evaluation, checklists=found, note=NOTE)
    )
    page = templates().get_template("evaluation.html.j2")
    content = evaluation_page(evaluation, plots)
    write_whole(folder / PAGE, page.render(page=content, mask_columns=MASK_COLUMNS))
