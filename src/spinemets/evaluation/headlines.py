"""The few figures that stand for each family."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spinemets.evaluation.escc import EsccEvaluation
from spinemets.evaluation.families import EsccFigures, Families, LesionFigures
from spinemets.evaluation.figure import Figure
from spinemets.evaluation.sins import SinsEvaluation

LESIONS, MASKS, LEVELS, ESCC, SINS = "lesions", "masks", "levels", "ESCC", "SINS"

_DETECTION = (
    "sensitivity",
    "false positives per case",
    "sensitivity at 0.5 false positives per case",
    "average precision",
)
_YES_OR_NO = ("sensitivity", "specificity", "AUC")
_NAMES_OF_LEVELS = ("identification rate", "off by one", "every level right")
_SIX_GRADES = ("quadratic-weighted kappa", "kappa", "balanced accuracy", "accuracy")
_CUT = ("sensitivity", "specificity", "positive predictive value", "AUC", "kappa")
_SETS = ("conformal coverage",)
_TOTALS = ("ICC(2,1)", "mean error")
_CLASSES = ("accuracy, open counted as wrong", "left open", "set holds the truth")


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure that stands for its family.

    Args:
        family: Which.
        of: What of it, such as ``each lesion`` or ``disc``.
        figure: The figure.
    """

    family: str
    of: str
    figure: Figure


def headlines(families: Families) -> tuple[Headline, ...]:
    """In the order of a report: detection, masks, levels, compression, instability."""
    return tuple(_headlines(families))


def _headlines(families: Families) -> Iterator[Headline]:
    if families.lesions is not None:
        yield from _lesions(families.lesions)
    for one in families.masks:
        yield from _of(MASKS, one.structure, one.figures, ("mean Dice",))
    yield from _of(LEVELS, "vertebrae", families.levels, _NAMES_OF_LEVELS)
    for escc in families.escc:
        yield from _escc(escc)
    if families.sins is not None:
        yield from _sins(families.sins)


def _lesions(lesions: LesionFigures) -> Iterator[Headline]:
    yield from _of(LESIONS, "each lesion, any overlap", lesions.matchings[0].figures, _DETECTION)
    yield from _of(LESIONS, "each vertebra", lesions.vertebrae, _YES_OR_NO)
    yield from _of(LESIONS, "each patient", lesions.patients, _YES_OR_NO)


def _escc(escc: EsccFigures) -> Iterator[Headline]:
    found: EsccEvaluation = escc.evaluation
    of = f"each {escc.place}"
    yield from _of(ESCC, f"{of}, six grades", found.grades, _SIX_GRADES)
    for cut in found.cuts:
        yield from _of(ESCC, f"{of}, {cut.cut} or more", cut.figures, _CUT)
    yield from _of(ESCC, f"{of}, set of grades", found.probabilities, _SETS)
    if escc.place == "level":
        yield from _of(ESCC, "worst level of each study", found.worst_levels, _SIX_GRADES[:1])
        yield Headline(ESCC, of, found.not_gradable_share)
        yield from (Headline(ESCC, of, figure) for figure in escc.missed)


def _sins(sins: SinsEvaluation) -> Iterator[Headline]:
    yield Headline(SINS, "each level", sins.not_scored)
    yield from _of(SINS, "classes", sins.classes_open, _CLASSES)
    yield from _of(SINS, "totals, intervals as their middle", sins.middle_totals, _TOTALS)
    yield from _of(SINS, "totals", sins.totals_open, ("left as an interval", "interval holds the truth"))
    for item in sins.items:
        yield from _of(SINS, f"item {item.item}", item.figures, ("kappa",))


def _of(family: str, of: str, figures: Sequence[Figure], names: Sequence[str]) -> Iterator[Headline]:
    """The figures of these names, in this order; those that are not there are left out."""
    by_name = {figure.name: figure for figure in figures}
    yield from (Headline(family, of, by_name[name]) for name in names if name in by_name)
