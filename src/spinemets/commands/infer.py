"""``spinemets infer``: studies in, assessed studies out."""

import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spinemets.commands.hydra_entry import run

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from spinemets.commands.infer_job import StudyJob
    from spinemets.inference.archive.spool import StudySpool
    from spinemets.report.archive_lists import Tally
    from spinemets.study.visits import EarlierVisits


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 done, 1 some studies failed, 2 unusable input or configuration."""
    return run("infer", argv, _infer)


def _infer(config: "DictConfig") -> int:
    from hydra.utils import instantiate

    from spinemets.commands.infer_progress import ArchiveProgress, StudyProgress
    from spinemets.commands.infer_text import archive_lines
    from spinemets.inference.archive.engine import Limits
    from spinemets.inference.archive.locks import remove_locks
    from spinemets.inference.archive.run import ArchiveRun, Inputs
    from spinemets.inference.archive.spool import StudySpool
    from spinemets.report.archive_lists import write_lists

    logging.getLogger("spinemets").setLevel(logging.INFO)
    job = study_job(config)
    limits = Limits(config.study_timeout_s, config.study_memory_gib)
    with instantiate(config.engine)(prepare=job, limits=limits) as engine, StudySpool() as studies:
        engine.warm_up()
        earlier = _scan(config, job, studies)
        inputs = Inputs(
            source=job.source,
            studies=studies,
            earlier=earlier,
            weights_sha256=job.weights_sha256(),
            config_sha256=job.config_sha256,
        )
        progress = StudyProgress(job.output) if len(studies) == 1 else ArchiveProgress()
        run = ArchiveRun(inputs, job.output, engine, progress)
        try:
            run()
        finally:
            progress.close()
        tally = write_lists(studies, run.ledger, job.output)
        remove_locks(job.output)
        if len(studies) > 1:
            print("\n".join(archive_lines(tally, job.output)))
        return _status(tally)


def _status(tally: "Tally") -> int:
    """2 where every study was refused, which makes the input an unusable one."""
    if tally.refused and not tally.done and not tally.failed:
        return 2
    return 1 if tally.refused or tally.failed else 0


def _scan(config: "DictConfig", job: "StudyJob", spool: "StudySpool") -> "Mapping[str, EarlierVisits]":
    """Set down every study of the input; which of them are earlier ones of the same patient."""
    from hydra.utils import instantiate

    from spinemets.errors import UnreadableFileError
    from spinemets.inference.clinical import unused_studies
    from spinemets.study.discovery import read_studies
    from spinemets.study.visits import earlier_visits

    if sys.stderr.isatty():
        print(f"reading headers below {job.source}", file=sys.stderr, flush=True)
    earlier = earlier_visits(spool.keeping(read_studies(job.source, instantiate(config.archive))))
    if not len(spool):
        raise UnreadableFileError(
            "holds no study", file=job.source, remedy="name a folder with DICOM, NIfTI or MetaImage files"
        )
    for name in unused_studies(job.clinical, spool):
        print(f"spinemets infer: {config.clinical}: no study is called {name!r}", file=sys.stderr)
    return earlier


def study_job(config: "DictConfig") -> "StudyJob":
    """What the settings ask to be done with a study."""
    from hydra.utils import instantiate

    from spinemets.commands.infer_job import StudyJob
    from spinemets.findings.level_evidence import parse_anchor
    from spinemets.inference.clinical import NO_TABLE, read_clinical_table
    from spinemets.networks.bundled import weights_file
    from spinemets.study.override import read_override

    named, grader = config.weights.segmentation, config.weights.escc
    override = None if config.override is None else Path(str(config.override)).absolute()
    if override is not None:
        # Each worker reads it again; here it is looked at before anything is done.
        read_override(override)
    names = ("selection", "alignment", "segmenting", "grading", "change", "marrow")
    anchor = None if config.anchor is None else parse_anchor(str(config.anchor))
    return StudyJob(
        source=Path(str(config.input)).absolute(),
        output=Path(str(config.output)).absolute(),
        segmentation=tuple(
            weights_file(str(name), "segmentation") for name in ([named] if isinstance(named, str) else named)
        ),
        escc=None if grader is None else weights_file(str(grader), "escc"),
        device=str(config.device),
        settings={name: instantiate(config[name]) for name in names} | {"anchor": anchor},
        clinical=NO_TABLE if config.clinical is None else read_clinical_table(Path(str(config.clinical))),
        override=override,
    )
