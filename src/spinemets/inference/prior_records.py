"""What has changed since an earlier study of the same patient."""

from dataclasses import dataclass
from enum import StrEnum

from spinemets.anatomy import EsccGrade
from spinemets.findings.level_belief import LevelBelief
from spinemets.findings.measurement import Measurement


class LesionChangeKind(StrEnum):
    """What has become of a lesion."""

    NEW = "new"
    GROWN = "grown"
    STABLE = "stable"
    SHRUNK = "shrunk"
    GONE = "gone"
    NOT_COMPARABLE = "not comparable"


class Direction(StrEnum):
    """How a grade or a score has changed, the worst first."""

    WORSE = "worse"
    SAME = "same"
    IMPROVED = "improved"


class Involvement(StrEnum):
    """Whether a level had tumour then and has it now."""

    NEW = "new"
    BOTH = "then and now"
    ENDED = "no longer"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True, slots=True)
class LesionReference:
    """A lesion of one of the two studies.

    Args:
        station: Its name.
        number: Of the lesion in that station.
    """

    station: str
    number: int


@dataclass(frozen=True, slots=True)
class LesionChange:
    """A lesion now and then; several where lesions have merged or split.

    Args:
        kind: What has become of it.
        now: Of this study; empty for a lesion that is gone.
        then: Of the earlier study; empty for a new one.
        belief: Level of the vertebra that holds most of it; null where it lies at none.
        volume_now, volume_then: Sums of the lesions; null where there are none.
        change_percent: Of the volume, against then; null where the two cannot be compared.
        distance_mm: Between its centres now and then, in the vertebra's own axes.
        reason: What the answer rests on, or why there is none.
    """

    kind: LesionChangeKind
    now: tuple[LesionReference, ...]
    then: tuple[LesionReference, ...]
    belief: LevelBelief | None
    volume_now: Measurement | None
    volume_then: Measurement | None
    change_percent: float | None
    distance_mm: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class EsccChange:
    """How the grade of a level has changed.

    Args:
        directions: All that the two sets of grades allow; empty where they cannot be compared.
        then, now: Every possible grade.
        reason: Why they cannot be compared; "" otherwise.
    """

    directions: tuple[Direction, ...]
    then: tuple[EsccGrade, ...]
    now: tuple[EsccGrade, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Gain:
    """Points gained.

    Args:
        directions: All that are possible.
        minimum, maximum: Least and greatest gain; negative where points were lost.
    """

    directions: tuple[Direction, ...]
    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class SinsChange:
    """How the score of a level has changed.

    Args:
        total: Of all items but location, which is that of the same vertebra.
        image: Without pain as well, which no image shows.
    """

    total: Gain
    image: Gain


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A level that has tumour now, or had it then.

    Args:
        belief: Which level it may be; as now where it is seen now.
        involvement: Whether it had tumour then and has it now.
        level_now: Its place in the result's levels; null where it is not among them.
        station_then, vertebra_then: Where the earlier study shows it; "" and null where that is not certain.
        escc: Of the grade; null where the level has tumour in one study only.
        sins: Of the score; null in the same case.
        reason: Why it cannot be compared; "" otherwise.
    """

    belief: LevelBelief
    involvement: Involvement
    level_now: int | None
    station_then: str
    vertebra_then: int | None
    escc: EsccChange | None
    sins: SinsChange | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PriorComparison:
    """This study beside an earlier one of the same patient.

    Args:
        study: Pseudonym of the earlier study.
        days: From then to now; null where only the order is known.
        input_sha256: Of the earlier study's voxels and geometry.
        lesions: The worst first, then head to feet.
        levels: Head to feet.
        statements: What limits the comparison, in sentences.
    """

    study: str
    days: int | None
    input_sha256: str
    lesions: tuple[LesionChange, ...]
    levels: tuple[LevelChange, ...]
    statements: tuple[str, ...]
