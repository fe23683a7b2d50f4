"""``spinemets infer``: studies in, assessed studies out."""

import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spinemets.commands.hydra_entry import run

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from spinemets.inference.assess import AssessmentSettings
    from spinemets.inference.models import Models
    from spinemets.study.override import Override
    from spinemets.study.records import Study


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 done, 1 some studies failed, 2 unusable input or configuration."""
    return run("infer", argv, _infer)


def _infer(config: "DictConfig") -> int:
    from hydra.utils import instantiate

    from spinemets.commands.infer_text import study_lines
    from spinemets.errors import InputError, UnreadableFileError
    from spinemets.inference.assess import assess_study
    from spinemets.inference.clinical import NO_TABLE, read_clinical_table, unused_studies
    from spinemets.report.outputs import write_outputs
    from spinemets.study.discovery import read_studies

    source, output = Path(str(config.input)).absolute(), Path(str(config.output)).absolute()
    table = NO_TABLE if config.clinical is None else read_clinical_table(Path(str(config.clinical)))
    settings = _settings(config)
    studies = list(read_studies(source, instantiate(config.archive)))
    if not studies:
        raise UnreadableFileError(
            "holds no study", file=source, remedy="name a folder with DICOM, NIfTI or MetaImage files"
        )
    for name in unused_studies(table, (one.key for one in studies)):
        print(f"spinemets infer: {config.clinical}: no study is called {name!r}", file=sys.stderr)
    models = _models(config)
    failures: list[str] = []
    for study in studies:
        began = time.monotonic()
        try:
            override = _override(study, source, config.override)
            assessment = assess_study(study, models, settings, table, override, _Stages(study.key))
            folder = write_outputs(assessment, study, output)
        except InputError as error:
            failures.append(f"{study.key}: {error}")
            print(f"spinemets infer: {error}", file=sys.stderr)
            continue
        print("\n".join(study_lines(assessment.result, folder, time.monotonic() - began)), flush=True)
    if not failures:
        return 0
    return 2 if len(failures) == len(studies) else 1


class _Stages:
    """Says on standard error what is being done, so that nobody waits before a silent terminal."""

    def __init__(self, study: str) -> None:
        self._study = study

    def __call__(self, stage: str) -> None:
        print(f"{self._study}: {stage}", file=sys.stderr, flush=True)


def _settings(config: "DictConfig") -> "AssessmentSettings":
    from hydra.utils import instantiate

    from spinemets.findings.level_evidence import parse_anchor
    from spinemets.inference.assess import AssessmentSettings

    logging.getLogger("spinemets").setLevel(logging.INFO)
    return AssessmentSettings(
        selection=instantiate(config.selection),
        alignment=instantiate(config.alignment),
        segmenting=instantiate(config.segmenting),
        grading=instantiate(config.grading),
        change=instantiate(config.change),
        anchor=None if config.anchor is None else parse_anchor(str(config.anchor)),
    )


def _models(config: "DictConfig") -> "Models":
    from spinemets.inference.bundled import weights_file
    from spinemets.inference.models import load_models

    named = config.weights.segmentation
    files = [named] if isinstance(named, str) else list(named)
    grader = config.weights.escc
    return load_models(
        [weights_file(str(name), "segmentation") for name in files],
        None if grader is None else weights_file(str(grader), "escc"),
        str(config.device),
    )


def _override(study: "Study", source: Path, given: object) -> "Override | None":
    from spinemets.study.override import find_override, read_override

    path = find_override(study, source) if given is None else Path(str(given))
    return None if path is None else read_override(path)
