"""What the names of labels stand for, as data sets use them."""

import re
from collections.abc import Iterable, Mapping

from spinemets.anatomy import Anatomy, Level, Region
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


def label_set_of(name: str, meanings: Mapping[int, LabelMeaning], given: Iterable[int] = ()) -> LabelSet:
    """The label set of a mask whose labels have these meanings.

    What no label covers is background: a voxel of the background may be any class that has no label. A class
    that has a label of its own is taken out of the wider ones, such as the cord out of the canal.

    Args:
        name: Name of the label set.
        meanings: By value; 0 is background where it is not listed.
        given: Values whose meaning the user gave, from which nothing is taken out.

    Raises:
        ConfigurationError: If no label says anything.
    """
    meanings = {0: LabelMeaning(background=True), **meanings}
    narrowed = _narrowed({value: one.anatomy for value, one in meanings.items() if one.anatomy}, set(given))
    covered = frozenset[Anatomy]().union(*narrowed.values())
    lesions = any(one.lesion for one in meanings.values())
    ignored = frozenset(value for value, one in meanings.items() if one == LabelMeaning())
    background = {value: frozenset(Anatomy) - covered for value, one in meanings.items() if one.background}
    levels = {value: one.level for value, one in meanings.items() if one.level is not None}
    return LabelSet(
        name=name,
        anatomy={**background, **narrowed} if narrowed else None,
        lesion={value: one.lesion for value, one in meanings.items() if value not in ignored}
        if lesions
        else None,
        levels=levels or None,
        ignored=ignored,
    )


def _narrowed(classes: Mapping[int, frozenset[Anatomy]], given: set[int]) -> dict[int, frozenset[Anatomy]]:
    alone = frozenset[Anatomy]().union(*(one for one in classes.values() if len(one) == 1))
    return {
        value: one if value in given or len(one) == 1 else (one - alone) or one
        for value, one in classes.items()
    }
