"""What a worker of ``spinemets infer`` does with a study: assess it and write its folder."""

import hashlib
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spinemets import __version__
from spinemets.inference.archive.work import Job, StudyWork
from spinemets.inference.clinical import ClinicalTable
from spinemets.inference.provenance import settings_sha256
from spinemets.study.override import find_override, read_override
from spinemets.study.records import Study

if TYPE_CHECKING:
    from spinemets.study.override import Override


@dataclass(frozen=True, slots=True)
class StudyJob:
    """All that decides the results of an archive, ready to be sent to workers; calling it loads the networks.

    Args:
        source: The archive.
        output: Folder of outputs.
        segmentation: Weights files of the segmenters.
        escc: Weights file of the grader; None grades nothing.
        device: That the networks run on.
        settings: Of ``AssessmentSettings``, by field; torch is not imported for them here.
        clinical: What no image tells.
        override: Override file for every study; None looks for one beside each.
    """

    source: Path
    output: Path
    segmentation: tuple[Path, ...]
    escc: Path | None
    device: str
    settings: Mapping[str, Any]
    clinical: ClinicalTable
    override: Path | None

    def __call__(self) -> Job:
        """Load the networks, and give back what assesses a study with them.

        Raises:
            SpineMetsError: If the weights or the device cannot be used.
        """
        from spinemets.inference.assess import AssessmentSettings, assess_study
        from spinemets.inference.models import load_models
        from spinemets.inference.prior_reading import read_earlier
        from spinemets.report.outputs import write_outputs

        models = load_models(self.segmentation, self.escc, self.device)
        settings = AssessmentSettings(**self.settings)

        def job(work: StudyWork) -> Path:
            study = work.study
            progress = _Stages(study.key) if work.alone else _silent
            assessment = assess_study(
                study,
                models,
                settings,
                self.clinical,
                self._override(study),
                progress,
                read_earlier(work.earlier, work.folders),
            )
            return write_outputs(assessment, study, self.output)

        return job

    def weights_sha256(self) -> str:
        """Of all weights files, in their order."""
        digest = hashlib.sha256()
        for path in (*self.segmentation, *(() if self.escc is None else (self.escc,))):
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()

    def config_sha256(self, study: Study) -> str:
        """Of settings, version, and what the user states of a study."""
        facts = self.clinical.facts
        own = {str(level): repr(fact) for (key, level), fact in facts.items() if key == study.key}
        stated = ""
        if (path := self._override_file(study)) is not None:
            with suppress(OSError):
                stated = hashlib.sha256(path.read_bytes()).hexdigest()
        return settings_sha256(__version__, *self.settings.values(), own, stated)

    def _override_file(self, study: Study) -> Path | None:
        return find_override(study, self.source) if self.override is None else self.override

    def _override(self, study: Study) -> "Override | None":
        path = self._override_file(study)
        return None if path is None else read_override(path)


class _Stages:
    """Says on standard error what is being done, so that nobody waits before a silent terminal."""

    def __init__(self, study: str) -> None:
        self._study = study

    def __call__(self, stage: str) -> None:
        print(f"{self._study}: {stage}", file=sys.stderr, flush=True)


def _silent(stage: str) -> None:
    """Of one study among many nothing is said until it is over."""
