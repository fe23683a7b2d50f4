"""``archive.html``: the worklist of an archive, in one file that needs no network."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from spinemets import __version__
from spinemets.inference.archive.whole_file import whole_file
from spinemets.inference.records import RESEARCH_USE_ONLY
from spinemets.report.page_templates import templates
from spinemets.report.worklist import WorklistRow

ARCHIVE_PAGE = "archive.html"
_REPORT = "report.html"


@dataclass(frozen=True, slots=True)
class FailedStudy:
    """A study without a result, in a line."""

    study: str
    status: str
    error: str
    message: str


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """All that the page shows.

    Args:
        rows: The worst first.
        failures: By key.
    """

    rows: tuple[WorklistRow, ...]
    failures: tuple[FailedStudy, ...]
    note: str = RESEARCH_USE_ONLY
    version: str = __version__

    def link(self, study: str) -> str:
        """Address of a study's report, beside the page."""
        # The dot keeps a key with a colon from being taken for a scheme.
        return f"./{quote(study)}/{_REPORT}"


def write_archive_page(rows: Sequence[WorklistRow], failures: Sequence[FailedStudy], folder: Path) -> None:
    """Write the page; the same rows give the same bytes.

    Args:
        rows: Of studies with a result, in any order.
        failures: The others.
        folder: Of all outputs, which the links of the page begin from.
    """
    page = ArchivePage(tuple(sorted(rows, key=lambda row: row.order)), tuple(failures))
    text = templates().get_template("archive.html.j2").render(page=page)
    with whole_file(folder / ARCHIVE_PAGE) as path:
        path.write_bytes(text.encode())
