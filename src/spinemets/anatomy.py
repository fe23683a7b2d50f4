"""Levels of the spine: names, order, regions, neighbours, and the codes of label maps."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache


class Region(StrEnum):
    """A region of the spine."""

    OCCIPITAL = "occipital"
    CERVICAL = "cervical"
    THORACIC = "thoracic"
    LUMBAR = "lumbar"
    SACRAL = "sacral"


class Level(StrEnum):
    """A level from the occiput to S5, in craniocaudal order; T13 and L6 exist in some people."""

    OCCIPUT = "occiput"
    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    C4 = "C4"
    C5 = "C5"
    C6 = "C6"
    C7 = "C7"
    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    T4 = "T4"
    T5 = "T5"
    T6 = "T6"
    T7 = "T7"
    T8 = "T8"
    T9 = "T9"
    T10 = "T10"
    T11 = "T11"
    T12 = "T12"
    T13 = "T13"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"
    L5 = "L5"
    L6 = "L6"
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"
    S5 = "S5"

    @property
    def region(self) -> Region:
        """The region, by the level's name."""
        return Region.OCCIPITAL if self is Level.OCCIPUT else _REGION_OF_LETTER[self.value[0]]

    @property
    def code(self) -> int:
        """The level's value in a label map of levels (0 is background there).

        C1-C7 are 1-7, T1-T12 8-19, L1-L5 20-24, S1-S5 25-29; the levels that only some people
        have follow, so that they shift nobody else's code: L6 is 30, T13 31; the occiput is 32.
        """
        return _CODE_OF_LEVEL[self]

    @property
    def coordinate(self) -> float:
        """Position along the spine, C1 = 1 to S5 = 29; T13 and L6 lie halfway between neighbours."""
        return _EXTRA_COORDINATES.get(self, float(self.code))

    @classmethod
    def from_code(cls, code: int) -> "Level":
        """The level with this code in a label map.

        Raises:
            ValueError: If no level has the code.
        """
        try:
            return _LEVEL_OF_CODE[code]
        except KeyError:
            raise ValueError(f"{code} is not the code of a level; codes are 1 to 32") from None

    @classmethod
    def parse(cls, text: str) -> "Level":
        """The level that a person wrote: case and zero padding do not matter (``t03``, ``D3``).

        ``Th`` and ``D`` (dorsal) are read as thoracic, ``Occ`` and ``C0`` as the occiput.

        Raises:
            ValueError: If the text names no level.
        """
        wanted = text.strip().casefold()
        if wanted in {"occiput", "occ", "c0"}:
            return cls.OCCIPUT
        letters = wanted.rstrip("0123456789")
        digits = wanted[len(letters) :].lstrip("0")
        letter = {"th": "t", "d": "t"}.get(letters, letters)
        try:
            return cls(f"{letter.upper()}{digits}")
        except ValueError:
            allowed = "occiput, C1-C7, T1-T13, L1-L6, S1-S5"
            raise ValueError(f"{text!r} is not a level; allowed: {allowed}") from None


_REGION_OF_LETTER = {
    "C": Region.CERVICAL,
    "T": Region.THORACIC,
    "L": Region.LUMBAR,
    "S": Region.SACRAL,
}
_SOME_PEOPLE_ONLY = (Level.L6, Level.T13, Level.OCCIPUT)
_USUAL_LEVELS = tuple(level for level in Level if level not in _SOME_PEOPLE_ONLY)
_CODE_OF_LEVEL = {level: code for code, level in enumerate((*_USUAL_LEVELS, *_SOME_PEOPLE_ONLY), start=1)}
_LEVEL_OF_CODE = {code: level for level, code in _CODE_OF_LEVEL.items()}
_EXTRA_COORDINATES = {Level.T13: 19.5, Level.L6: 24.5, Level.OCCIPUT: 0.0}


@dataclass(frozen=True, slots=True)
class Numbering:
    """How many thoracic and lumbar vertebrae a person has, which fixes the order of levels.

    Args:
        thoracic_count: 12 as a rule; 11 (T12 missing) or 13 occur.
        lumbar_count: 5 as a rule; 4 (L5 missing) or 6 occur.

    Raises:
        ValueError: If a count does not occur.
    """

    thoracic_count: int = 12
    lumbar_count: int = 5

    def __post_init__(self) -> None:
        if self.thoracic_count not in (11, 12, 13):
            raise ValueError(f"thoracic_count is {self.thoracic_count}; allowed: 11, 12, 13")
        if self.lumbar_count not in (4, 5, 6):
            raise ValueError(f"lumbar_count is {self.lumbar_count}; allowed: 4, 5, 6")

    @property
    def levels(self) -> tuple[Level, ...]:
        """Every level that the person has, occiput first."""
        return _levels_of(self.thoracic_count, self.lumbar_count)

    def above(self, level: Level) -> Level | None:
        """The next level towards the head, or None above the occiput.

        Raises:
            ValueError: If the person does not have the level.
        """
        index = self._index(level)
        return self.levels[index - 1] if index > 0 else None

    def below(self, level: Level) -> Level | None:
        """The next level towards the feet, or None below S5.

        Raises:
            ValueError: If the person does not have the level.
        """
        index = self._index(level)
        return self.levels[index + 1] if index + 1 < len(self.levels) else None

    def _index(self, level: Level) -> int:
        try:
            return self.levels.index(level)
        except ValueError:
            raise ValueError(
                f"{level} does not occur with {self.thoracic_count} thoracic "
                f"and {self.lumbar_count} lumbar vertebrae"
            ) from None


@cache
def _levels_of(thoracic_count: int, lumbar_count: int) -> tuple[Level, ...]:
    absent = {Level(f"T{number}") for number in range(thoracic_count + 1, 14)}
    absent |= {Level(f"L{number}") for number in range(lumbar_count + 1, 7)}
    return tuple(level for level in Level if level not in absent)


STANDARD_NUMBERING = Numbering()


class Anatomy(IntEnum):
    """Classes of the anatomy label map, as the segmentation network and ``anatomy.nii.gz`` use them."""

    BACKGROUND = 0
    VERTEBRAL_BODY = 1
    POSTERIOR_ELEMENTS = 2
    DISC = 3
    SACRUM = 4
    THECAL_SAC = 5
    CORD = 6
    EPIDURAL_SPACE = 7


class Element(IntEnum):
    """Parts of a vertebra in the map of elements; sides are the patient's."""

    NONE = 0
    BODY = 1
    LEFT_PEDICLE = 2
    RIGHT_PEDICLE = 3
    LEFT_FACET = 4
    RIGHT_FACET = 5
    LEFT_LAMINA = 6
    RIGHT_LAMINA = 7
    SPINOUS_PROCESS = 8
    LEFT_TRANSVERSE_PROCESS = 9
    RIGHT_TRANSVERSE_PROCESS = 10


class BoneLesionType(StrEnum):
    """How a lesion changes bone."""

    LYTIC = "lytic"
    MIXED = "mixed"
    BLASTIC = "blastic"


class EsccGrade(StrEnum):
    """Epidural spinal cord compression grade, in order of severity (Bilsky et al. 2010)."""

    G0 = "0"
    G1A = "1a"
    G1B = "1b"
    G1C = "1c"
    G2 = "2"
    G3 = "3"

    @property
    def rank(self) -> int:
        """Place in the order of severity, 0 to 5; for comparing, never for arithmetic."""
        return tuple(EsccGrade).index(self)
