"""Makes a manifest of a data set: its studies, with folds."""

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from spinemets.errors import ConfigurationError, InputError
from spinemets.training.folds import assign_folds, traits_of
from spinemets.training.label_sets import LabelSet
from spinemets.training.lesion_count import count_lesions
from spinemets.training.manifest import new_manifest
from spinemets.training.manifest_records import Manifest, ManifestStudy
from spinemets.training.manifest_sources.records import SourceContent, SourceSettings

logger = logging.getLogger(__name__)


def build_manifest(
    path: Path, content: SourceContent, settings: SourceSettings, folds: int, seed: int
) -> Manifest:
    """The manifest of what a reader found; masks are read for their number of lesions, nothing is written.

    Args:
        path: Where it is going to be written.
        content: Studies and label sets.
        settings: As the reader had them; every label set in them must be one of the content's.
        folds: How many.
        seed: Decides between equals in dealing folds.

    Raises:
        ConfigurationError: If there are no studies, fewer patients than folds, or a label set is not used.
    """
    if not content.studies:
        reasons = [problem.message for problem in content.problems[:1]]
        raise ConfigurationError(
            f"holds no study{''.join(f' ({reason})' for reason in reasons)}",
            field="input",
            remedy="check the folder and the layout",
        )
    if unused := sorted(set(settings.label_sets) - set(content.label_sets)):
        raise ConfigurationError(
            "is no label set of this layout",
            field=f"label_sets.{unused[0]}",
            remedy=f"its label sets: {', '.join(content.label_sets)}",
        )
    traits = [traits_of(study, _lesions(study, content.label_sets)) for study in content.studies]
    dealt = assign_folds(content.studies, traits, folds, np.random.default_rng(seed))
    return new_manifest(path, dealt, content.label_sets)


def _lesions(study: ManifestStudy, label_sets: Mapping[str, LabelSet]) -> int | None:
    try:
        return count_lesions(study, label_sets)
    except InputError as error:
        # The check names it again, with its remedy; folds need no exact count.
        logger.warning("%s: lesions not counted: %s", study.study, error)
        return None
