"""``report.html``: an assessed study to read, in one file that needs no network."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spinemets.findings.rules import RULES
from spinemets.inference.records import Assessment, StationResult, StudyResult
from spinemets.report.figures import compression_for
from spinemets.report.level_section import LevelSection, level_section
from spinemets.report.page_templates import templates
from spinemets.report.prior_section import PriorSection, prior_section
from spinemets.report.report_tables import (
    VERTEBRA_COLUMNS,
    LesionRow,
    VertebraTable,
    lesion_rows,
    vertebra_table,
)
from spinemets.report.sagittal_view import SagittalView, sagittal_view, shown_station
from spinemets.report.summary import Headline, headlines, warnings_of

# All sagittal images of a study; outlines, axial images and text come on top, and stay well below 2 MB.
_IMAGE_BUDGET_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class ReportContent:
    """All that the page shows.

    Args:
        result: The study.
        headlines: The summary.
        warnings: The gravest first.
        views: Stations, head to feet.
        prior: The earlier study; None where none was compared.
        levels: Involved levels, head to feet.
        columns: Of the tables of vertebrae.
        vertebrae: One table for each station.
        lesions: Of all stations.
        rules: How values are measured, by the rules' names.
    """

    result: StudyResult
    headlines: tuple[Headline, ...]
    warnings: tuple[str, ...]
    views: tuple[SagittalView, ...]
    prior: PriorSection | None
    levels: tuple[LevelSection, ...]
    columns: tuple[str, ...]
    vertebrae: tuple[VertebraTable, ...]
    lesions: tuple[LesionRow, ...]
    rules: Mapping[str, str]


def write_report(assessment: Assessment, path: Path) -> None:
    """Write the report; the file appears whole or not at all, and the same assessment gives the same bytes.

    Args:
        assessment: A result with its voxels.
        path: Of the file.
    """
    page = templates().get_template("report.html.j2").render(report=report_content(assessment))
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        partial.write_bytes(page.encode())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def report_content(assessment: Assessment) -> ReportContent:
    """What the page of an assessment shows."""
    result = assessment.result
    axial = {one.level: one for one in assessment.axial}
    return ReportContent(
        result=result,
        headlines=headlines(result),
        warnings=warnings_of(result),
        views=_views(assessment),
        prior=None if result.prior is None else prior_section(result.prior),
        levels=tuple(
            level_section(place, level, axial.get(place)) for place, level in enumerate(result.levels)
        ),
        columns=VERTEBRA_COLUMNS,
        vertebrae=tuple(vertebra_table(one.name, one.findings) for one in result.stations),
        lesions=tuple(_lesions(result.stations)),
        rules=RULES,
    )


def _views(assessment: Assessment) -> tuple[SagittalView, ...]:
    stations = {station.name: station for station in assessment.result.stations}
    shown = [shown_station(images) for images in assessment.stations if images.volumes]
    compression = compression_for([one for each in shown for one in each.samples], _IMAGE_BUDGET_BYTES)
    return tuple(
        sagittal_view(
            one,
            stations[one.images.name].findings,
            stations[one.images.name].channels,
            [level for level in assessment.result.levels if level.station == one.images.name],
            compression,
        )
        for one in shown
    )


def _lesions(stations: Sequence[StationResult]) -> list[LesionRow]:
    return [row for station in stations for row in lesion_rows(station.name, station.findings)]
