"""What ``evaluation.html`` shows: headlines, family by family, then what was compared and by which rules."""

import base64
from collections.abc import Iterator, Sequence

from spinemets.evaluation.comparison import ComparedHeadline
from spinemets.evaluation.evaluation import Evaluation, Predictions
from spinemets.evaluation.figure import Figure
from spinemets.evaluation.headlines import ESCC, LESIONS, LEVELS, MASKS, SINS, Headline
from spinemets.evaluation.mask_figures import MaskFigures
from spinemets.evaluation.study_evidence import Status
from spinemets.findings.measurement import Unit
from spinemets.report.evaluation_page_records import (
    Card,
    ComparedRow,
    EvaluationPage,
    FigureRow,
    Flow,
    MaskRow,
    Picture,
    Section,
    Subgroup,
)
from spinemets.report.evaluation_words import (
    count_words,
    in_percent,
    interval_words,
    meaning,
    number_words,
    p_words,
    policies,
    value_words,
)
from spinemets.report.plot_style import Plot

_TITLES = {
    LESIONS: "Lesions",
    MASKS: "Masks",
    LEVELS: "Levels",
    ESCC: "Epidural compression (ESCC)",
    SINS: "Instability (SINS)",
}
# What a reader looks for first: family, what of it, figure.
_CARDS = (
    (LESIONS, "each lesion, any overlap", "sensitivity", "lesions found"),
    (LESIONS, "each lesion, any overlap", "false positives per case", "false alarms per study"),
    (MASKS, "lesions together", "mean Dice", "mean Dice of an image's lesions"),
    (LEVELS, "vertebrae", "identification rate", "vertebrae named rightly"),
    (ESCC, "each level, six grades", "quadratic-weighted kappa", "ESCC of levels, quadratic-weighted kappa"),
    (SINS, "classes", "accuracy, open counted as wrong", "SINS classes right, open ones counted as wrong"),
)
# With fewer patients 95 % intervals of the bootstrap hold the truth in 90 % or less (docs/evaluation.md).
_FEW_PATIENTS = 20
MASK_COLUMNS = ("mean Dice", "mean NSD", "median HD95", "mean volume error")
# Of these a reader thinks in per cent.
_SHARES = frozenset({"sensitivity", "identification rate", "accuracy, open counted as wrong"})
_PLOTS = {
    LESIONS: ("froc", "sensitivity_by_lesion"),
    MASKS: ("dice",),
    ESCC: ("escc_confusion", "calibration", "decision"),
    SINS: ("sins_confusion", "sins_bland_altman"),
}


def evaluation_page(evaluation: Evaluation, plots: Sequence[Plot]) -> EvaluationPage:
    """The page of an evaluation."""
    headlines = evaluation.predictions.headlines
    sets = [evaluation.predictions, *([] if evaluation.second is None else [evaluation.second])]
    return EvaluationPage(
        evaluation=evaluation,
        simulated=simulated_words(evaluation),
        few=few_words(evaluation),
        size=_size(evaluation),
        cards=tuple(_cards(headlines)),
        sections=tuple(_sections(evaluation, plots)),
        flows=tuple(map(_flow, sets)),
        policies=policies(evaluation.settings),
        subgroups=tuple(_subgroups(evaluation.subgroups)),
        comparison=tuple(map(_compared, evaluation.comparison)),
    )


def simulated_words(evaluation: Evaluation) -> str:
    """The notice that the reference is simulated, in whole or in part; "" where it is not."""
    one = evaluation.reference
    if not one.simulated:
        return ""
    studies = count_words(one.studies, "study", "studies")
    verb = "is" if one.simulated == 1 else "are"
    return (
        f"Of {studies} of the reference {one.simulated:,} {verb} simulated, and no patients. Figures say how "
        "the predictions do on simulated images and not how they do on patients; they are never to be quoted "
        "beside figures of patients without saying so."
    )


def few_words(evaluation: Evaluation) -> str:
    """The notice that intervals of few patients are too narrow; "" where there are enough."""
    if evaluation.reference.patients >= _FEW_PATIENTS:
        return ""
    patients = count_words(evaluation.reference.patients, "patient", "patients")
    return (
        f"{patients.capitalize()}: too few for bootstrap intervals, which hold the truth less often than "
        "they say, or are not there at all. Read the figures as a trial run."
    )


def _size(evaluation: Evaluation) -> str:
    one = evaluation.reference
    studies = count_words(one.studies, "study", "studies")
    return f"{studies} of {count_words(one.patients, 'patient', 'patients')}"


def _cards(headlines: Sequence[Headline]) -> Iterator[Card]:
    by_name = {(one.family, one.of, one.figure.name): one.figure for one in headlines}
    for family, of, name, about in _CARDS:
        figure = by_name.get((family, of, name))
        if figure is not None and figure.value is not None:
            shown = in_percent(figure) if name in _SHARES else figure
            yield Card(value_words(shown), interval_words(shown), about)


def _sections(evaluation: Evaluation, plots: Sequence[Plot]) -> Iterator[Section]:
    for family, title in _TITLES.items():
        rows = tuple(_figure_row(one) for one in evaluation.predictions.headlines if one.family == family)
        own = [plot for prefix in _PLOTS.get(family, ()) for plot in plots if plot.name.startswith(prefix)]
        masks = tuple(map(_mask_row, evaluation.families.masks)) if family == MASKS else ()
        if rows:
            yield Section(family.lower(), title, rows, masks, tuple(map(_picture, own)))


def _mask_row(figures: MaskFigures) -> MaskRow:
    by_name = {one.name: one for one in figures.figures}
    counts = {
        "prediction": figures.predicted_empty,
        "reference": figures.reference_empty,
        "both": figures.both_empty,
    }
    return MaskRow(
        figures.structure,
        tuple(_with_interval(by_name[name]) for name in MASK_COLUMNS),
        figures.masks,
        ", ".join(f"{what} {count}" for what, count in counts.items() if count),
    )


def _with_interval(figure: Figure) -> str:
    if figure.value is None:
        return "\u2013"
    interval = "" if figure.low is None else f" ({interval_words(figure)})"
    return f"{value_words(figure)}{interval}"


def _figure_row(headline: Headline) -> FigureRow:
    one = headline.figure
    return FigureRow(
        headline.of, one.name, value_words(one), interval_words(one), one.n, one.patients, meaning(one)
    )


def _picture(plot: Plot) -> Picture:
    encoded = base64.b64encode(plot.svg.encode()).decode("ascii")
    return Picture(plot.title, f"data:image/svg+xml;base64,{encoded}")


def _flow(predictions: Predictions) -> Flow:
    cases = predictions.cases
    counts = ((status.value, sum(case.status is status for case in cases)) for status in Status)
    return Flow(
        predictions,
        tuple(each for each in counts if each[1]),
        tuple(case for case in cases if not case.status.is_compared or case.notes),
        sum(case.counted for case in cases),
    )


def _subgroups(headlines: Sequence[Headline]) -> Iterator[Subgroup]:
    for by in dict.fromkeys(one.figure.by for one in headlines):
        own = [one for one in headlines if one.figure.by == by]
        strata = tuple(dict.fromkeys(one.figure.stratum for one in own))
        found = {(one.family, one.of, one.figure.name, one.figure.stratum): one.figure for one in own}
        rows = dict.fromkeys((one.family, one.of, one.figure.name) for one in own)
        yield Subgroup(
            by,
            strata,
            tuple(
                (
                    f"{key[0]}: {key[1]}: {key[2]}",
                    tuple(_in_stratum(found.get((*key, one))) for one in strata),
                )
                for key in rows
            ),
        )


def _in_stratum(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return "\u2013"
    value = value_words(figure)
    if figure.low is None or figure.high is None:
        return f"{value} (n = {figure.n})"
    return f"{value} ({interval_words(figure)}; n = {figure.n})"


def _compared(headline: ComparedHeadline) -> ComparedRow:
    found = headline.comparison
    unit = found.difference.unit
    return ComparedRow(
        name=f"{headline.family}: {headline.of}: {found.name}",
        first=_number(found.first, unit),
        second=_number(found.second, unit),
        difference=" ".join(
            part
            for part in (value_words(found.difference), _in_brackets(interval_words(found.difference)))
            if part
        ),
        p_value=p_words(found.p_value),
    )


def _number(value: float | None, unit: Unit) -> str:
    return "\u2013" if value is None else number_words(value, unit)


def _in_brackets(text: str) -> str:
    return f"({text})" if text else ""
