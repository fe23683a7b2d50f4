"""The location item of SINS: which class a level belongs to (Fisher et al. 2010, Spine 35:E1221)."""

from functools import lru_cache

from spinemets.anatomy import STANDARD_NUMBERING, Level, Numbering, Region
from spinemets.scoring.sins_items import Location

_JUNCTIONAL_BY_NAME = frozenset(
    {
        Level.OCCIPUT,
        Level.C1,
        Level.C2,
        Level.C7,
        Level.T1,
        Level.T2,
        Level.T11,
        Level.T12,
        Level.T13,
        Level.L1,
        Level.L5,
        Level.L6,
        Level.S1,
    }
)
_BETWEEN_JUNCTIONS = {
    Region.CERVICAL: Location.MOBILE,
    Region.THORACIC: Location.SEMIRIGID,
    Region.LUMBAR: Location.MOBILE,
    Region.SACRAL: Location.RIGID,
}


@lru_cache(maxsize=512)
def location_of(level: Level, numbering: Numbering = STANDARD_NUMBERING) -> Location:
    """The location class of a level; every level has exactly one.

    The original knows 12 thoracic and 5 lumbar vertebrae. For others the junctions keep what they are:
    T13 lies within the thoracolumbar junction and L6 within the lumbosacral one, and where L5 is missing L4
    is the vertebra above the sacrum and junctional in its stead. This extension is ours.

    Args:
        level: The level.
        numbering: The person's count of vertebrae.

    Raises:
        ValueError: If the person has no such level.
    """
    if level not in numbering.levels:
        raise ValueError(
            f"{level} does not occur with {numbering.thoracic_count} thoracic and "
            f"{numbering.lumbar_count} lumbar vertebrae"
        )
    if level in _JUNCTIONAL_BY_NAME or numbering.below(level) is Level.S1:
        return Location.JUNCTIONAL
    return _BETWEEN_JUNCTIONS[level.region]
