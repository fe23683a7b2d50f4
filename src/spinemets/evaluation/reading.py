"""Everything that predictions and reference give, study by study."""

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

from spinemets.errors import InputError
from spinemets.evaluation.case_matching import MatchedStudy, match_cases
from spinemets.evaluation.image_evidence import Told, told_by
from spinemets.evaluation.predicted import PredictionSet
from spinemets.evaluation.study_evidence import EvidenceSettings, StudyEvidence, study_evidence
from spinemets.study.pseudonym import Identifiers
from spinemets.training.manifest_records import Manifest


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one set of predictions gives against a reference.

    Args:
        predictions: Name of the folder.
        kind: What the predictions look like.
        made_with: Programs and weights, as far as the predictions tell.
        told: What they tell at all.
        studies: In the manifest's order.
        extra: Predictions of no study of the manifest.
    """

    predictions: str
    kind: str
    made_with: tuple[str, ...]
    told: Told
    studies: tuple[StudyEvidence, ...]
    extra: tuple[str, ...]

    @property
    def counted(self) -> tuple[StudyEvidence, ...]:
        """Studies that figures count."""
        return tuple(one for one in self.studies if one.case.counted)


def gather_evidence(
    manifest: Manifest,
    predictions: PredictionSet,
    identifiers: Identifiers,
    table: Mapping[str, str],
    settings: EvidenceSettings,
    progress: Callable[[str], None] = lambda study: None,
    workers: int = 1,
) -> Evidence:
    """Match, read and compare.

    Args:
        manifest: The reference.
        predictions: As found.
        identifiers: As ``spinemets infer`` had them.
        table: Studies by the names of predictions, where these do not tell.
        settings: How to compare.
        progress: Is told each study once it is compared.
        workers: Processes that read and compare; the evidence is the same whatever their number.

    Raises:
        InputError: If no prediction is of any study of the manifest.
    """
    matching = match_cases(manifest.studies, predictions, identifiers, table)
    if not any(one.predictions or one.unusable for one in matching.studies):
        raise InputError(
            f"no prediction has the name of a study: {matching.extra[0]} and {len(matching.extra) - 1} more, "
            f"where the manifest has {manifest.studies[0].study}",
            file=predictions.folder,
            remedy="name them alike, or name a table with the columns prediction and study as cases=FILE",
        )
    told = what_is_told(predictions)

    compare = partial(study_evidence, label_sets=manifest.label_sets, told=told, settings=settings)
    studies = []
    for one in _each(compare, matching.studies, workers):
        progress(one.case.study)
        studies.append(one)
    return Evidence(
        predictions=predictions.folder.name,
        kind=predictions.kind,
        made_with=predictions.made_with,
        told=told,
        studies=tuple(studies),
        extra=matching.extra,
    )


def _each(
    compare: Callable[[MatchedStudy], StudyEvidence], studies: Sequence[MatchedStudy], workers: int
) -> Iterator[StudyEvidence]:
    if workers == 1:
        yield from map(compare, studies)
        return
    # A fresh interpreter for each worker: forking a process that runs libraries' threads can hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(compare, studies)


def what_is_told(predictions: PredictionSet) -> Told:
    """What any of the predictions tells."""
    studies = predictions.studies
    return told_by(
        [file.label_set for one in studies for masks in one.masks for file in masks.files],
        slices=any(one.slices for one in studies),
        levels=any(one.levels or one.whole for one in studies),
        sins=any(one.sins or one.whole for one in studies),
    )
