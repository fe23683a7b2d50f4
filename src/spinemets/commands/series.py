"""``spinemets series``: lists the series of studies, and which of them serve."""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spinemets.commands.hydra_entry import run

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from spinemets.study.override import Override
    from spinemets.study.records import Study
    from spinemets.study.selection import Selection, SelectionSettings


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 every study can be read, 1 some cannot, 2 unusable input or configuration."""
    return run("series", argv, _list_series)


def _list_series(config: "DictConfig") -> int:
    from hydra.utils import instantiate

    from spinemets.errors import InputError, UnreadableFileError
    from spinemets.study.discovery import read_studies
    from spinemets.study.override import read_override

    source = Path(str(config.input)).absolute()
    settings = instantiate(config.selection)
    given = None if config.override is None else read_override(Path(str(config.override)))
    columns = config.width or shutil.get_terminal_size((100, 24)).columns
    total = usable = 0
    for study in read_studies(source, instantiate(config.archive)):
        total += 1
        try:
            selection = _selected(study, source, settings, given)
        except InputError as error:
            _show_failure(study, str(error), config.json, columns)
        else:
            usable += selection.usable
            _show(selection, config.json, columns)
    if total == 0:
        raise UnreadableFileError(
            "holds no study", file=source, remedy="name a folder with DICOM, NIfTI or MetaImage files"
        )
    if not config.json:
        print(f"{total} {'study' if total == 1 else 'studies'}, {usable} can be read")
    return 0 if usable == total else 1


def _selected(
    study: "Study", source: Path, settings: "SelectionSettings", given: "Override | None"
) -> "Selection":
    from spinemets.study.override import find_override, read_override
    from spinemets.study.selection import select_series

    override = given
    if override is None and (path := find_override(study, source)) is not None:
        override = read_override(path)
    return select_series(study, settings, override)


def _show(selection: "Selection", as_json: bool, columns: int) -> None:
    from spinemets.commands.series_table import study_json, study_text

    _emit(
        json.dumps(study_json(selection), ensure_ascii=False)
        if as_json
        else f"{study_text(selection, columns)}\n"
    )


def _show_failure(study: "Study", reason: str, as_json: bool, columns: int) -> None:
    from spinemets.commands.series_table import failure_json, failure_text

    _emit(
        json.dumps(failure_json(study, reason), ensure_ascii=False)
        if as_json
        else f"{failure_text(study, reason, columns)}\n"
    )


def _emit(text: str) -> None:
    # A terminal that cannot show a letter of a description still gets the table.
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), flush=True)
