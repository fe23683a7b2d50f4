"""What the names of labels stand for, as data sets use them."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from spinemets.anatomy import STANDARD_NUMBERING, Anatomy, Level, Region
from spinemets.errors import ConfigurationError
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest_sources.records import LabelMeaning

_VERTEBRA = frozenset({Anatomy.VERTEBRAL_BODY, Anatomy.POSTERIOR_ELEMENTS})
_CANAL = frozenset({Anatomy.THECAL_SAC, Anatomy.CORD, Anatomy.EPIDURAL_SPACE})
_SAC = frozenset({Anatomy.THECAL_SAC, Anatomy.CORD})

# Names in small letters, without underscores, dashes and plural endings. A sac or canal holds the cord as
# long as no other label takes it out.
_CLASSES_OF_NAME: Mapping[str, frozenset[Anatomy]] = {
    "vertebra": _VERTEBRA,
    "vertebrae": _VERTEBRA,
    "bone": _VERTEBRA | {Anatomy.SACRUM},
    "spine": _VERTEBRA | {Anatomy.SACRUM},
    "vertebral body": frozenset({Anatomy.VERTEBRAL_BODY}),
    "vertebra body": frozenset({Anatomy.VERTEBRAL_BODY}),
    "vertebral bodie": frozenset({Anatomy.VERTEBRAL_BODY}),
    "corpus": frozenset({Anatomy.VERTEBRAL_BODY}),
    "posterior element": frozenset({Anatomy.POSTERIOR_ELEMENTS}),
    "vertebral arch": frozenset({Anatomy.POSTERIOR_ELEMENTS}),
    "posterior arch": frozenset({Anatomy.POSTERIOR_ELEMENTS}),
    "arcus": frozenset({Anatomy.POSTERIOR_ELEMENTS}),
    "disc": frozenset({Anatomy.DISC}),
    "disk": frozenset({Anatomy.DISC}),
    "ivd": frozenset({Anatomy.DISC}),
    "intervertebral disc": frozenset({Anatomy.DISC}),
    "intervertebral disk": frozenset({Anatomy.DISC}),
    "vertebra disc": frozenset({Anatomy.DISC}),
    "sacrum": frozenset({Anatomy.SACRUM}),
    "canal": _CANAL,
    "spinal canal": _CANAL,
    "vertebral canal": _CANAL,
    "thecal sac": _SAC,
    "dural sac": _SAC,
    "csf": frozenset({Anatomy.THECAL_SAC}),
    "cord": frozenset({Anatomy.CORD}),
    "spinal cord": frozenset({Anatomy.CORD}),
    "sc": frozenset({Anatomy.CORD}),
    "epidural space": frozenset({Anatomy.EPIDURAL_SPACE}),
    "epidural fat": frozenset({Anatomy.EPIDURAL_SPACE}),
}
_LESION = frozenset(
    {"lesion", "metastasis", "metastase", "met", "tumor", "tumour", "bone lesion", "bone metastasis"}
)
_BACKGROUND = frozenset({"background", "other"})
IGNORE = "ignore"
_EVERY_VERTEBRA = tuple(
    level
    for level in STANDARD_NUMBERING.levels
    if level.region in (Region.CERVICAL, Region.THORACIC, Region.LUMBAR)
)
_LEVEL = re.compile(r"(?:vertebrae? )?((?:th|[ctdls])[0-9]{1,2})")
_DISC_AT_LEVEL = re.compile(r"(?:intervertebral )?dis[ck] .+")


def plain_name(name: str) -> str:
    """A label's name in small letters with single spaces."""
    return re.sub(r"[\s_-]+", " ", name).strip().casefold()


def meaning_of_name(name: str) -> LabelMeaning | None:
    """What a label of this name stands for; None where the name tells nothing."""
    plain = plain_name(name)
    if plain in _BACKGROUND:
        return LabelMeaning(background=True)
    if plain == IGNORE:
        return LabelMeaning()
    if {plain, plain.removesuffix("s")} & _LESION:
        return LabelMeaning(lesion=True)
    for spelt in (plain, plain.removesuffix("s")):
        if spelt in _CLASSES_OF_NAME:
            return LabelMeaning(anatomy=_CLASSES_OF_NAME[spelt])
    return _of_level(plain)


def _of_level(plain: str) -> LabelMeaning | None:
    if _DISC_AT_LEVEL.fullmatch(plain):
        return LabelMeaning(anatomy=frozenset({Anatomy.DISC}))
    match = _LEVEL.fullmatch(plain)
    if match is None:
        return None
    try:
        level = Level.parse(match[1])
    except ValueError:
        return None
    sacral = level.region is Region.SACRAL
    return LabelMeaning(frozenset({Anatomy.SACRUM}) if sacral else _VERTEBRA, level=level)


def label_set_of(name: str, meanings: Mapping[int, LabelMeaning]) -> LabelSet:
    """The label set of a mask whose labels have these meanings.

    What no label covers is background: a voxel of the background may be any class that has no label. A class
    that has a label of its own is taken out of the wider ones, such as the cord out of the canal.

    Args:
        name: Name of the label set.
        meanings: By value; 0 is background where it is not listed.

    Raises:
        ConfigurationError: If no label says anything.
    """
    meanings = {0: LabelMeaning(background=True), **meanings}
    whole = _whole_classes(meanings)
    alone = frozenset[Anatomy]().union(*(classes for classes in whole if len(classes) == 1))
    uncovered = frozenset(Anatomy) - frozenset[Anatomy]().union(*whole)
    anatomy = {value: _without(one.anatomy, alone) for value, one in meanings.items() if one.anatomy}
    background = {value: uncovered for value, one in meanings.items() if one.background and anatomy}
    ignored = frozenset(value for value, one in meanings.items() if one == LabelMeaning())
    lesion = {value: one.lesion for value, one in meanings.items() if value not in ignored}
    levels = {value: one.level for value, one in meanings.items() if one.level is not None}
    return LabelSet(
        name=name,
        anatomy=background | anatomy or None,
        lesion=lesion if any(lesion.values()) else None,
        levels=levels or None,
        ignored=ignored,
    )


def _whole_classes(meanings: Mapping[int, LabelMeaning]) -> list[frozenset[Anatomy]]:
    """Classes of the labels that mark all that there is of them.

    Lesions are parts of bone. A vertebra that is named by its level leaves others unmarked, unless every
    level from C1 to L5 has its label.
    """
    named = {one.level for one in meanings.values()}
    every_level = named.issuperset(_EVERY_VERTEBRA)
    return [
        one.anatomy
        for one in meanings.values()
        if one.anatomy
        and not one.lesion
        and (one.level is None or (every_level and one.anatomy == _VERTEBRA))
    ]


def _without(classes: frozenset[Anatomy], alone: frozenset[Anatomy]) -> frozenset[Anatomy]:
    return classes if len(classes) == 1 else (classes - alone) or classes


def meanings_of_names(
    names: Mapping[int, str], given: Mapping[str, LabelMeaning], file: Path
) -> dict[int, LabelMeaning]:
    """What the labels of a data set stand for: as the user says, else as their names tell.

    Args:
        names: Name of each value.
        given: Meanings by name, from the user.
        file: Where the names are from, for messages.

    Raises:
        ConfigurationError: If neither tells of a label.
    """
    meanings: dict[int, LabelMeaning] = {}
    for value, name in names.items():
        meaning = given.get(plain_name(name)) or meaning_of_name(name)
        if meaning is None:
            raise ConfigurationError(
                f"what {name!r} stands for is not known",
                file=file,
                field="labels",
                remedy=f"say it with labels.{plain_name(name).replace(' ', '_')}=[vertebral body,disc,...]",
            )
        meanings[value] = meaning
    return meanings


def check_all_used(given: Mapping[str, LabelMeaning], names: Iterable[str]) -> None:
    """Refuse a meaning that the user gave for a label that no mask has: a slip of the pen.

    Raises:
        ConfigurationError: If there is one.
    """
    known = sorted(set(map(plain_name, names)))
    if unused := sorted(set(given) - set(known)):
        raise ConfigurationError(
            "is no label of this data set",
            field=f"labels.{unused[0]}",
            remedy=f"its labels: {', '.join(known)}",
        )
