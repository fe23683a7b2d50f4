"""What figures are called and mean, for the readers of an evaluation."""

from dataclasses import replace

from spinemets.evaluation.case_images import Grids
from spinemets.evaluation.evaluation import EvaluationSettings
from spinemets.evaluation.figure import Figure
from spinemets.evaluation.study_evidence import LevelsBy, Missing
from spinemets.findings.measurement import Unit

# By the figure's name; in a sentence, for somebody who reads images and not statistics.
MEANINGS = {
    "sensitivity": "share of what is there that was found",
    "specificity": "share of what is free that was called free",
    "false positives per case": "false alarms in a study, on average; fewer are better",
    "sensitivity at 0.5 false positives per case": "share found at one false alarm in two studies",
    "average precision": "found lesions against false alarms over all thresholds; 1 is perfect",
    "AUC": "chance that a diseased one scores above a healthy one; 0.5 is a coin",
    "mean Dice": "overlap of masks; 1 is perfect, missed masks count 0",
    "identification rate": "share of vertebrae with the right name",
    "off by one": "share named as their neighbour",
    "every level right": "share of studies without a wrong name",
    "quadratic-weighted kappa": "agreement beyond chance, near misses counted in part; 1 is perfect",
    "kappa": "agreement beyond chance; 1 is perfect, 0 is chance",
    "balanced accuracy": "mean share right over the grades, rare ones as important as common ones",
    "accuracy": "share right; common grades weigh most",
    "conformal coverage": "share of stated sets of grades that hold the true one",
    "not gradable": "share of reference places without a predicted grade",
    "not scored": "share of reference levels without a predicted score",
    "ICC(2,1)": "absolute agreement of totals; 1 is perfect",
    "mean error": "prediction less reference; 0 is no bias",
    "left as an interval": "share of totals that are more than one number",
    "interval holds the truth": "share of totals, single or interval, that hold the true one",
    "accuracy, open counted as wrong": "share with the one right class",
    "left open": "share with more than one class possible",
    "set holds the truth": "share whose possible classes hold the true one",
}
_DIGITS = {Unit.PERCENT: 1, Unit.MILLIMETRE: 1, Unit.MILLILITRE: 2}
_MISSED = "share of such levels that the prediction as a whole found"


def meaning(figure: Figure) -> str:
    """What a figure says, in plain words; "" where the name is enough."""
    if figure.name.endswith("not graded counted as missed"):
        return _MISSED
    return MEANINGS.get(figure.name, "")


def value_words(figure: Figure) -> str:
    """The value with its unit, or why there is none."""
    return figure.reason if figure.value is None else number_words(figure.value, figure.unit)


def in_percent(figure: Figure) -> Figure:
    """A share as per cent."""
    value, low, high = (None if one is None else 100 * one for one in (figure.value, figure.low, figure.high))
    return replace(figure, value=value, low=low, high=high, unit=Unit.PERCENT)


def interval_words(figure: Figure) -> str:
    """The interval, or why there is none."""
    if figure.value is None:
        return ""
    if figure.low is None or figure.high is None:
        return figure.reason
    low = number_words(figure.low, figure.unit).split("\u00a0")[0]
    return f"{low} to {number_words(figure.high, figure.unit)}"


def number_words(value: float, unit: Unit = Unit.ONE) -> str:
    """As many digits as mean something, with a true minus, and the unit behind."""
    digits = _DIGITS.get(unit, 1 if abs(value) >= 10 else 3)
    # Rounded first, and zero added, so that nothing becomes minus nothing.
    text = f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "\u2212")
    return text if unit is Unit.ONE else f"{text}\u00a0{unit.value}"


def count_words(count: int, one: str, many: str) -> str:
    """Such as ``1 study`` and ``2 studies``."""
    return f"{count:,} {one if count == 1 else many}"


def p_words(p_value: float | None) -> str:
    """A p-value as journals write it."""
    if p_value is None:
        return "not tested"
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def policies(settings: EvaluationSettings) -> tuple[str, ...]:
    """The rules that were declared, in sentences."""
    evidence, bootstrap = settings.evidence, settings.bootstrap
    images, masks = evidence.images, evidence.images.masks
    missing = {
        Missing.MISS: (
            "counts as a miss: its lesions are missed, its masks empty, its levels not graded and not scored"
        ),
        Missing.LEFT_OUT: "is left out of every figure, which flatters predictions that fail on hard studies",
    }[evidence.missing]
    grids = {
        Grids.STRICT: "makes the prediction of its study unusable",
        Grids.NEAREST: "is resampled to it, each voxel taking the nearest one's value, and noted",
    }[evidence.grids]
    smallest = (
        f"Lesions below {images.least_lesion_ml:g} mL are dropped from reference and predictions alike."
        if images.least_lesion_ml
        else "Lesions of every size count."
    )
    return (
        f"A study whose prediction is missing or cannot be used {missing}.",
        f"A mask that does not lie on its image's grid {grids}.",
        "What the predictions never tell (for example grades, where they are masks) is not compared.",
        f"Grades and scores are of the level {_LEVELS_BY[evidence.levels_by]}.",
        smallest,
        f"A vertebra has a lesion where at least {images.least_in_vertebra_ml:g} mL of one lie in it.",
        f"Surfaces within {masks.tolerance_mm:g} mm count as the same (NSD).",
        f"Where reference and prediction are both empty, the mask is {_BOTH_EMPTY[masks.both_empty.value]}; "
        f"where one is, Dice and NSD are 0 and the distance is {_ONE_EMPTY[masks.one_empty.value]}.",
        "A lesion is found by any prediction that shares a voxel with it, unless a table says otherwise.",
        f"Intervals are of {100 * bootstrap.level:g} %: {bootstrap.kind} bootstrap of patients, "
        f"{bootstrap.resamples:,} resamples, seed {bootstrap.seed}; Wilson's where nobody counts twice.",
    )


_LEVELS_BY = {
    LevelsBy.PLACE: (
        "whose vertebra lies there, whatever the prediction calls it; where masks do not tell, of that named"
    ),
    LevelsBy.NAME: "that they name, so that a wrong name costs the grade and the score as well",
}
_BOTH_EMPTY = {"left out": "left out", "perfect": "counted as perfect"}
_ONE_EMPTY = {"undefined": "undefined, and counted apart", "image diagonal": "the image's diagonal"}
