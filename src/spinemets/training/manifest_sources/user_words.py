"""What the user's config says of labels."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from spinemets.anatomy import Level
from spinemets.errors import ConfigurationError
from spinemets.study.yaml_file import first_problem
from spinemets.training.label_set_rows import LabelSetRow, anatomy_of_word
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest_sources.label_words import IGNORE, plain_name
from spinemets.training.manifest_sources.records import LabelMeaning


def meanings_of(labels: Mapping[str, Any]) -> dict[str, LabelMeaning]:
    """Meanings by the labels' names, of words such as ``[vertebral body, posterior elements]``.

    Raises:
        ConfigurationError: If a word is none that is known.
    """
    return {plain_name(str(name)): _meaning(str(name), words) for name, words in labels.items()}


def label_sets_of(settings: Mapping[str, Any]) -> dict[str, LabelSet]:
    """Label sets by name, as a manifest writes them.

    Raises:
        ConfigurationError: If one is wrong.
    """
    return {str(name): _label_set(str(name), content) for name, content in settings.items()}


def _meaning(name: str, words: str | Sequence[str]) -> LabelMeaning:
    listed = [words] if isinstance(words, str) else words
    try:
        plain = {plain_name(str(word)) for word in listed}
        anatomy = set()
        level = None
        for word in plain - {"lesion", IGNORE, "background"}:
            if (found := _level(word)) is not None:
                level = found
            else:
                anatomy.add(anatomy_of_word(word))
    except (ValueError, TypeError) as error:
        remedy = "or lesion, ignore, background, a level such as L5"
        raise ConfigurationError(str(error), field=f"labels.{name}", remedy=remedy) from None
    return LabelMeaning(frozenset(anatomy), "lesion" in plain, level, background="background" in plain)


def _level(word: str) -> Level | None:
    try:
        return Level.parse(word)
    except ValueError:
        return None


def _label_set(name: str, content: Any) -> LabelSet:
    try:
        return LabelSetRow.model_validate(content).label_set(name)
    except ValidationError as error:
        field, problem = first_problem(error)
        where = f"label_sets.{name}.{field}" if field else f"label_sets.{name}"
        raise ConfigurationError(problem, field=where, remedy="see docs/manifest.md") from None
