"""Values and findings in the words of a report: nothing more certain than the record says."""

from collections.abc import Iterable
from enum import StrEnum

from spinemets.findings.level_belief import LevelBelief
from spinemets.findings.measurement import Measurement, Unit
from spinemets.inference.records import EsccResult
from spinemets.scoring.possible import Source
from spinemets.scoring.sins_items import Item

NOT_MEASURED = "–"
# Of other units whole numbers are enough.
_DECIMALS = {Unit.MILLIMETRE: 1, Unit.MILLILITRE: 1, Unit.ONE: 2}
# Units follow after a space that does not break, degrees at once; some have a word that readers know better.
_SUFFIX = {
    Unit.DEGREE: "°",
    Unit.ONE: "",
    Unit.DIFFUSION: "\N{NO-BREAK SPACE}µm²/s",
    Unit.HOUNSFIELD: "\N{NO-BREAK SPACE}HU",
}
_NO_BREAK, _MINUS = "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"
# Below this many millilitres a second decimal is needed.
_SMALL_ML = 1.0

ITEM_NAMES = {
    Item.LOCATION: "Location",
    Item.PAIN: "Pain",
    Item.BONE: "Bone lesion",
    Item.ALIGNMENT: "Alignment",
    Item.COLLAPSE: "Body collapse",
    Item.POSTEROLATERAL: "Posterolateral elements",
}
SOURCE_NAMES = {
    Source.MEASURED: "measured on the images",
    Source.CLINICAL: "clinical table",
    Source.CT: "CT",
    Source.STATED: "stated",
    Source.ASSUMED: "assumed",
    Source.UNKNOWN: "not known",
}


def number(value: float, decimals: int) -> str:
    """A number with a real minus sign, and no negative zero."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", _MINUS)


def amount(measurement: Measurement) -> str:
    """The value without its unit, for a column that names it: ``18.0``, ``≥ 3.2`` or a dash."""
    value = measurement.value
    if value is None:
        return NOT_MEASURED
    small = measurement.unit is Unit.MILLILITRE and abs(value) < _SMALL_ML
    text = number(value, 2 if small else _DECIMALS.get(measurement.unit, 0))
    return f"≥{_NO_BREAK}{text}" if measurement.at_least else text


def quantity(measurement: Measurement) -> str:
    """The value with its unit, ``≥ 3.2 mL``, or why there is none."""
    if measurement.value is None:
        return f"not measured: {measurement.note}"
    unit = measurement.unit
    return amount(measurement) + _SUFFIX.get(unit, f"{_NO_BREAK}{unit.value}")


def percent(share: float) -> str:
    """A probability: ``45 %``; what is not 0 or 1 is never written as if it were."""
    if 0.0 < share < 0.01:
        return f"<{_NO_BREAK}1{_NO_BREAK}%"
    if 0.99 < share < 1.0:
        return f">{_NO_BREAK}99{_NO_BREAK}%"
    return f"{share * 100:.0f}{_NO_BREAK}%"


def either(words: Iterable[StrEnum | str]) -> str:
    """Everything that is possible: ``1c or 2``, ``1b, 1c or 2``."""
    *others, last = (str(word) for word in words)
    return f"{', '.join(others)} or {last}" if others else last


def interval(minimum: int, maximum: int) -> str:
    """A total, or the least and greatest that it may be: ``7 to 10``."""
    return str(minimum) if minimum == maximum else f"{minimum} to {maximum}"


def levels_with_probability(belief: LevelBelief) -> str:
    """Every level that a vertebra may be: ``T12 70 %, L1 30 %``."""
    return ", ".join(
        f"{one.level} {percent(one.probability)}" for one in belief.levels if one.probability > 0
    )


def escc_words(escc: EsccResult) -> str:
    """``ESCC 1c or 2``, or ``not gradable: no axial T2 at this level``."""
    grades = escc.assessment.grades
    return f"ESCC {either(grades)}" if grades else f"ESCC {escc.assessment.reason}"


def sentence(text: str) -> str:
    """The text with a capital and a full stop."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")
