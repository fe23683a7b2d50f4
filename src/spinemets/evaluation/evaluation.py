"""One evaluation: what was compared with what, by which rules, and what came of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from spinemets import __version__
from spinemets.errors import ConfigurationError
from spinemets.evaluation.comparison import ComparedHeadline, compare_headlines
from spinemets.evaluation.families import Families, evaluate_families
from spinemets.evaluation.headlines import Headline, headlines
from spinemets.evaluation.reading import Evidence
from spinemets.evaluation.resampling import Bootstrap
from spinemets.evaluation.study_evidence import CaseRow, EvidenceSettings, StudyEvidence
from spinemets.evaluation.subgroups import parts_of
from spinemets.inference.provenance import settings_sha256
from spinemets.inference.records import RESEARCH_USE_ONLY
from spinemets.training.manifest_records import Manifest

SCHEMA_VERSION = "1.0"
# Columns with more values than these part the data into pieces of which nothing can be said.
_MOST_STRATA = 8


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """Everything that decides figures beside predictions and reference.

    Args:
        evidence: How studies are compared.
        bootstrap: How intervals are made.
        subgroups: Columns of the manifest to split by; None takes all with two to eight values.
    """

    evidence: EvidenceSettings
    bootstrap: Bootstrap
    subgroups: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Predictions:
    """One set of predictions.

    Args:
        name: Of its folder.
        kind: What it looks like.
        made_with: Programs and weights, as far as the predictions tell.
        sha256: Of its files.
        cases: Every study of the reference, and what became of it.
        extra: Predictions of no study of the reference.
        headlines: The figures that stand for each family.
    """

    name: str
    kind: str
    made_with: tuple[str, ...]
    sha256: str
    cases: tuple[CaseRow, ...]
    extra: tuple[str, ...]
    headlines: tuple[Headline, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference.

    Args:
        name: Of the manifest.
        sha256: Of its content.
        studies, patients: How many it has.
        simulated: How many of the studies are no real patients.
    """

    name: str
    sha256: str
    studies: int
    patients: int
    simulated: int


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Predictions against a reference.

    Args:
        reference: What is taken for true.
        predictions: What is judged.
        settings: By which rules.
        config_sha256: Of these.
        families: Every figure.
        subgroups: Headlines of each part of the data; the figure says which part.
        second: The predictions compared with; None without.
        comparison: Headlines of both sets, the first less the second.
        evidence: Study by study, what the figures were made of.
        schema_version, note, spinemets_version: Of this record.
    """

    reference: Reference
    predictions: Predictions
    settings: EvaluationSettings
    config_sha256: str
    families: Families
    subgroups: tuple[Headline, ...]
    second: Predictions | None
    comparison: tuple[ComparedHeadline, ...]
    evidence: Evidence
    schema_version: str = SCHEMA_VERSION
    note: str = RESEARCH_USE_ONLY
    spinemets_version: str = __version__

    @property
    def complete(self) -> bool:
        """Whether every study of the reference was compared, in both sets."""
        sets = [self.predictions, *([self.second] if self.second is not None else [])]
        return all(case.status.is_compared for one in sets for case in one.cases)


def evaluate(
    manifest: Manifest, evidence: Evidence, second: Evidence | None, settings: EvaluationSettings
) -> Evaluation:
    """Every figure.

    Args:
        manifest: The reference.
        evidence: What the predictions give against it.
        second: The same of predictions to compare with; None without.
        settings: By which rules.

    Raises:
        ConfigurationError: If a subgroup is no column of the manifest.
    """
    columns = _columns(evidence.counted, settings.subgroups)
    families = evaluate_families(evidence.counted, settings.bootstrap)
    comparison: tuple[ComparedHeadline, ...] = ()
    if second is not None:
        comparison = compare_headlines(evidence.counted, second.counted, settings.bootstrap)
    return Evaluation(
        reference=_reference(manifest),
        predictions=_predictions(evidence, headlines(families)),
        settings=settings,
        config_sha256=settings_sha256(settings),
        families=families,
        subgroups=tuple(
            headline for column in columns for headline in _by(column, evidence.counted, settings.bootstrap)
        ),
        second=None if second is None else _second(second, settings.bootstrap),
        comparison=comparison,
        evidence=evidence,
    )


def _reference(manifest: Manifest) -> Reference:
    return Reference(
        name=manifest.path.name,
        sha256=manifest.sha256,
        studies=len(manifest.studies),
        patients=len({study.patient for study in manifest.studies}),
        simulated=sum(study.simulated for study in manifest.studies),
    )


def _predictions(evidence: Evidence, of_families: tuple[Headline, ...]) -> Predictions:
    digest = hashlib.sha256()
    for one in evidence.studies:
        digest.update(f"{one.case.study} {one.case.sha256}\n".encode())
    return Predictions(
        name=evidence.predictions,
        kind=evidence.kind,
        made_with=evidence.made_with,
        sha256=digest.hexdigest(),
        cases=tuple(one.case for one in evidence.studies),
        extra=evidence.extra,
        headlines=of_families,
    )


def _second(evidence: Evidence, bootstrap: Bootstrap) -> Predictions:
    families = evaluate_families(evidence.counted, bootstrap, curves=False)
    return _predictions(evidence, headlines(families))


def _columns(evidence: Sequence[StudyEvidence], asked: tuple[str, ...] | None) -> tuple[str, ...]:
    values: dict[str, set[str]] = {}
    for one in evidence:
        for column, value in one.case.subgroups.items():
            values.setdefault(column, set()).add(value)
    if asked is None:
        return tuple(column for column, own in values.items() if 2 <= len(own) <= _MOST_STRATA)
    if unknown := [column for column in asked if column not in values]:
        raise ConfigurationError(
            "is no column of the manifest",
            field=f"subgroups: {unknown[0]}",
            remedy=f"its columns: {', '.join(values)}",
        )
    return asked


def _by(column: str, evidence: Sequence[StudyEvidence], bootstrap: Bootstrap) -> list[Headline]:
    parts = parts_of(evidence, lambda one: one.case.subgroups.get(column))
    return [
        replace(headline, figure=replace(headline.figure, by=column, stratum=stratum))
        for stratum, own in parts.items()
        for headline in headlines(evaluate_families(own, bootstrap, curves=False))
    ]
