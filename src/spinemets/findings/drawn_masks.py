"""A station whose masks and levels are known, drawn by hand or by the phantom, made ready to be measured."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spinemets.anatomy import Level, Region
from spinemets.findings.level_belief import LevelBelief, LevelProbability
from spinemets.findings.maps import StationMaps
from spinemets.findings.records import StationFindings
from spinemets.findings.station import find
from spinemets.findings.vertebra_facts import vertebra_facts
from spinemets.study.selection import Channel
from spinemets.volume import Volume, reorient

_ORIENTATION = "LIP"


@dataclass(frozen=True, slots=True, eq=False)
class DrawnStation:
    """Maps of a station, and what a network would otherwise have to find out.

    Args:
        maps: With vertebrae numbered head to feet; all of the sacrum is one number.
        levels: Of vertebra 1, 2, ...; the sacrum is S1.
        whole: Whether the body of a vertebra lies wholly within the image, by number.
    """

    maps: StationMaps
    levels: tuple[Level, ...]
    whole: Mapping[int, bool]

    @property
    def findings(self) -> StationFindings:
        """All that is measured on it."""
        beliefs = tuple(LevelBelief((LevelProbability(level, 1.0),)) for level in self.levels)
        sacrum = {number: level is Level.S1 for number, level in enumerate(self.levels, start=1)}
        return find(self.maps, beliefs, self.whole, sacrum)


def drawn_station(
    anatomy: Volume,
    levels: Volume,
    lesions: Volume,
    images: Mapping[Channel, Volume],
    reference_series: str,
) -> DrawnStation:
    """Number the vertebrae of masks and see which are whole.

    Args:
        anatomy: Codes of ``Anatomy``, any orientation.
        levels: ``Level.code`` on bone, 0 elsewhere; same grid, as all that follows.
        lesions: A number for each lesion, 0 elsewhere.
        images: Of the channels that there are.
        reference_series: Key of the series whose grid it is.
    """
    anatomy, levels, lesions = (reorient(each, _ORIENTATION) for each in (anatomy, levels, lesions))
    present = [Level.from_code(code) for code in np.unique(levels.array).tolist() if code]
    sacral = [level for level in present if level.region is Region.SACRAL]
    mobile = sorted(set(present) - set(sacral), key=lambda level: level.coordinate)
    numbers = np.zeros(256, dtype=np.uint8)
    for number, level in enumerate(mobile, start=1):
        numbers[level.code] = number
    numbers[[level.code for level in sacral]] = len(mobile) + 1
    affine = anatomy.affine_ras
    vertebrae = Volume(numbers[levels.array.astype(np.uint8)], affine)
    facts = vertebra_facts(vertebrae, anatomy, Volume(levels.array.astype(np.float32), affine))
    maps = StationMaps(
        anatomy=anatomy,
        vertebrae=vertebrae,
        lesions=Volume(lesions.array.astype(np.uint16), affine),
        lesion_probability=Volume((lesions.array > 0).astype(np.float32), affine),
        images={channel: reorient(image, _ORIENTATION) for channel, image in images.items()},
        series=dict.fromkeys(images, reference_series),
        reference_series=reference_series,
    )
    named = (*mobile, *([Level.S1] if sacral else []))
    return DrawnStation(maps, named, {number: one.whole for number, one in enumerate(facts, start=1)})
