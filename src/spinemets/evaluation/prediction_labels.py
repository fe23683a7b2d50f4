"""What the values of predicted masks stand for: as the user says, as ``dataset.json`` names them, or ours."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spinemets.anatomy import Anatomy, Level
from spinemets.errors import ConfigurationError
from spinemets.study.nnunet import DESCRIPTION
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest_sources.label_words import (
    check_all_used,
    label_set_of,
    meanings_of_names,
)
from spinemets.training.manifest_sources.nnunet import read_label_names
from spinemets.training.manifest_sources.user_words import label_sets_of, meanings_of

_NAME = "prediction_labels"
_PARTS_OF_A_SET = frozenset({"anatomy", "lesion", "levels", "every_other_is_lesion", "ignored"})

# Masks that spinemets infer writes, by the last word of the file's name; anyone may write the same.
OUR_MASKS: Mapping[str, LabelSet] = {
    "anatomy": LabelSet("anatomy", anatomy={each.value: frozenset({each}) for each in Anatomy}),
    "levels": LabelSet("levels", levels={level.code: level for level in Level}),
    "lesions": LabelSet("lesions", lesion={0: False}, every_other_is_lesion=True),
}


def prediction_label_set(folder: Path, given: Mapping[Any, Any]) -> LabelSet | None:
    """What the values of the label maps in a folder stand for; None where nothing tells.

    Args:
        folder: May hold nnU-Net's ``dataset.json``.
        given: The user's word, which wins: by value (``{1: vertebral body, 2: [cord, thecal sac]}``), by the
            names of ``dataset.json``, or a whole label set as manifests have it.

    Raises:
        ConfigurationError: If a word is not known, or a name is not explained.
    """
    words = {str(key): value for key, value in given.items()}
    if words and _is_label_set(words):
        return label_sets_of({_NAME: words})[_NAME]
    if words and all(key.isdigit() for key in words):
        meanings = meanings_of(words)
        return label_set_of(_NAME, {int(value): meanings[value] for value in words})
    description = folder / DESCRIPTION
    if description.is_file():
        return _named_labels(description, words)
    if words:
        raise ConfigurationError(
            f"names labels, and there is no {DESCRIPTION} that has them",
            file=folder,
            field=_NAME,
            remedy="give values in place of names, such as {1: lesion}",
        )
    return None


def _is_label_set(words: Mapping[str, Any]) -> bool:
    """A label of nnU-Net may be called lesion as well; what it means is no mapping of values."""
    maps = (words.get(name, {}) for name in ("anatomy", "lesion", "levels"))
    return words.keys() <= _PARTS_OF_A_SET and all(isinstance(each, Mapping) for each in maps)


def _named_labels(description: Path, words: Mapping[str, Any]) -> LabelSet:
    names = read_label_names(description)
    given = meanings_of(words)
    check_all_used(given, names.values())
    try:
        return label_set_of(_NAME, meanings_of_names(names, given, description))
    except ConfigurationError as error:
        remedy = (error.remedy or "").replace("labels.", f"{_NAME}.")
        raise ConfigurationError(error.problem, file=error.file, field=error.field, remedy=remedy) from None
