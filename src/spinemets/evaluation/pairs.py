"""What is compared: grades, scores and levels of a prediction, each beside its reference."""

from dataclasses import dataclass

from spinemets.anatomy import EsccGrade, Level
from spinemets.scoring.sins import SinsClass
from spinemets.scoring.sins_items import Item


@dataclass(frozen=True, slots=True)
class EsccPair:
    """The grade of one place, such as a level or an axial slice.

    Args:
        case: Study that the place is in.
        patient: Whose study it is; studies and places of one patient are drawn together.
        place: Names the place in its case, such as ``T8`` or ``axial_t2:12``.
        reference: The true grade.
        predicted: The grade given; None where the prediction says "not gradable".
        probabilities: Of the six grades, in order; None where the prediction states none.
        conformal: Its conformal set of grades; None where the prediction states none.

    Raises:
        ValueError: If probabilities are not six that add up to 1.
    """

    case: str
    patient: str
    place: str
    reference: EsccGrade
    predicted: EsccGrade | None
    probabilities: tuple[float, ...] | None = None
    conformal: tuple[EsccGrade, ...] | None = None

    def __post_init__(self) -> None:
        given = self.probabilities
        if given is not None and (len(given) != len(EsccGrade) or abs(sum(given) - 1) > 1e-3):
            raise ValueError(
                f"{self.case} {self.place}: probabilities must be six that add up to 1, got {given}"
            )


@dataclass(frozen=True, slots=True)
class SinsItemPair:
    """One item of SINS at a level.

    Args:
        item: Which.
        reference: The true finding, in the words of ``scoring.sins_items``.
        predicted: Findings that the prediction holds possible, in the same words; one where it is certain.
    """

    item: Item
    reference: str
    predicted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SinsPair:
    """The instability score of one level.

    Args:
        case: Study that the level is in.
        patient: Whose study it is.
        level: The true level.
        items: Those that both reference and prediction state; may be none.
        reference_total: None where the reference states the class only.
        reference_class: Of the total.
        minimum, maximum: Interval of totals of the prediction, both or neither; None where it states none.
        classes: Classes that the prediction holds possible; empty where it scored nothing at the level.
    """

    case: str
    patient: str
    level: Level
    items: tuple[SinsItemPair, ...]
    reference_total: int | None
    reference_class: SinsClass
    minimum: int | None
    maximum: int | None
    classes: tuple[SinsClass, ...]


@dataclass(frozen=True, slots=True)
class LevelPair:
    """One vertebra of the reference, beside the predicted vertebra that lies there.

    Args:
        case: Study that the vertebra is in.
        patient: Whose study it is.
        reference: Its true level.
        most_likely: Level of the predicted vertebra at its place; None where there is none.
        credible: All levels that that vertebra may be; empty where there is none.
        distance_mm: From its centre to that of the predicted vertebra of the same name, wherever this lies;
            None where no predicted vertebra has the name.
    """

    case: str
    patient: str
    reference: Level
    most_likely: Level | None
    credible: tuple[Level, ...]
    distance_mm: float | None
