"""What is known of a station's levels beside its image: a user's anchor, the body part that DICOM names."""

import re
from dataclasses import dataclass

from spinemets.anatomy import Level, Region
from spinemets.errors import ConfigurationError

# Places of an anchor that are no number.
ABOVE_SACRUM, TOP = "sacrum", "top"

_REMEDY = "write LEVEL:PLACE, such as L5:sacrum, T12:3 or C2:top"
_MOST_VERTEBRAE = 26

# Regions of the spine in DICOM's Body Part Examined (PS3.16 annex L) and in what scanners write in its place.
_EVERYWHERE = "WHOLE|TOTAL"
_WORDS: dict[Region, str] = {
    Region.CERVICAL: rf"^C(T|TL)?SPINE|CERVI|NECK|{_EVERYWHERE}",
    Region.THORACIC: rf"^C?(T|D)L?SPINE|THORA|DORSAL|{_EVERYWHERE}",
    Region.LUMBAR: rf"^(CT|T|D)?LS?SPINE|LUMB|SACR|{_EVERYWHERE}",
}


@dataclass(frozen=True, slots=True)
class Anchor:
    """A user's statement that a vertebra, named by its place in the station, has a level.

    Args:
        level: That it has.
        place: ``"sacrum"`` for the vertebra above the sacrum, ``"top"`` for the uppermost one seen, or the
            vertebra's number from the head, from 1.
    """

    level: Level
    place: str | int

    @property
    def words(self) -> str:
        """For readers, such as ``L5 is the vertebra above the sacrum``."""
        if self.place == ABOVE_SACRUM:
            return f"{self.level} is the vertebra above the sacrum"
        if self.place == TOP:
            return f"{self.level} is the uppermost vertebra"
        return f"{self.level} is vertebra {self.place} from the head"


@dataclass(frozen=True, slots=True)
class LevelEvidence:
    """What is known of levels beside the image; none of it is trusted against the image without a warning.

    Args:
        anchor: Of the user; None without.
        body_parts: As the headers of the series name them.
    """

    anchor: Anchor | None = None
    body_parts: tuple[str, ...] = ()


def parse_anchor(text: str) -> Anchor:
    """The anchor that a user wrote: ``L5:sacrum``, ``T12:3`` (third vertebra from the head) or ``C2:top``.

    Raises:
        ConfigurationError: If the text is none of these, or names a level that no anchor can have.
    """
    name, separator, place = text.strip().partition(":")
    if not separator:
        raise ConfigurationError(f"is {text!r}", field="anchor", remedy=_REMEDY)
    try:
        level = Level.parse(name)
    except ValueError as error:
        raise ConfigurationError(str(error), field="anchor", remedy=_REMEDY) from None
    if level.region in (Region.OCCIPITAL, Region.SACRAL):
        raise ConfigurationError(
            f"names {level}, which is no single vertebra", field="anchor", remedy="anchor C1 to L6"
        )
    return Anchor(level, _place(place.strip().casefold(), level, text))


def _place(place: str, level: Level, text: str) -> str | int:
    if place == TOP:
        return TOP
    if place == ABOVE_SACRUM:
        if level.region is not Region.LUMBAR:
            raise ConfigurationError(
                f"is {text!r}: {level} does not lie above the sacrum",
                field="anchor",
                remedy="give L4, L5 or L6, or another place",
            )
        return ABOVE_SACRUM
    if place.isascii() and place.isdecimal() and 1 <= int(place) <= _MOST_VERTEBRAE:
        return int(place)
    raise ConfigurationError(f"is {text!r}", field="anchor", remedy=_REMEDY)


def regions_of(body_part: str) -> frozenset[Region]:
    """Regions of the spine that a body part names; empty where it names none, or just ``SPINE``."""
    plain = re.sub(r"[^A-Z]", "", body_part.upper())
    return frozenset(region for region, words in _WORDS.items() if re.search(words, plain))
