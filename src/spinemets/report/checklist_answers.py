"""What a run of an evaluation knows of the items of reporting checklists."""

from collections.abc import Iterator

from spinemets.evaluation.evaluation import Evaluation
from spinemets.report.evaluation_words import policies

_METRICS = (
    "Lesions: FROC, sensitivity and average precision by three matchings. Masks: Dice, NSD, HD95, volume. "
    "Levels: identification rate. ESCC: kappas, balanced accuracy, both cuts, calibration, decision curve. "
    "SINS: items, totals, classes. Definitions: docs/evaluation.md."
)
_CLUSTERS = (
    "Intervals draw whole patients. Whether training data shared patients with these is for the authors."
)


def answers(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    """Answers by checklist (C or T) and number."""
    for numbers, answer in (
        (("C7", "T5a"), _data(evaluation)),
        (("C12", "T11"), _missing(evaluation)),
        (("C23", "T18f"), _software(evaluation)),
        (("C22",), _model(evaluation)),
        (("C28", "T12e"), _METRICS),
        (("C29",), _intervals(evaluation)),
        (("C20",), _CLUSTERS),
        (("C35", "T20a"), _flow(evaluation)),
        (("C36", "T20b"), _subgroup_counts(evaluation)),
        (("C37", "C38", "T23a"), _results(evaluation)),
        (("C39",), _failures()),
        (("T12d", "T23b", "T14"), _heterogeneity(evaluation)),
        (("T21",), _counts(evaluation)),
        (("C9", "T7"), _preparation(evaluation)),
        (("T12g",), _model(evaluation)),
    ):
        if answer:
            yield from ((number, answer) for number in numbers)


def _data(evaluation: Evaluation) -> str:
    one = evaluation.reference
    simulated = ""
    if one.simulated:
        some = "all" if one.simulated == one.studies else f"{one.simulated}"
        simulated = f" Of these, {some} are simulated and no patients."
    return (
        f"Reference {one.name} (SHA-256 {one.sha256[:16]}...): {one.studies} studies of {one.patients} "
        f"patients.{simulated} How they were collected is for the authors."
    )


def _missing(evaluation: Evaluation) -> str:
    return policies(evaluation.settings)[0]


def _software(evaluation: Evaluation) -> str:
    made = "; ".join(evaluation.predictions.made_with) or "the predictions do not tell what made them"
    return f"Evaluated with SpineMets {evaluation.spinemets_version}. Predictions: {made}."


def _model(evaluation: Evaluation) -> str:
    made = "; ".join(evaluation.predictions.made_with)
    return f"Predictions ({evaluation.predictions.kind}) made with {made}." if made else ""


def _intervals(evaluation: Evaluation) -> str:
    compared = (
        " Two sets of predictions were compared by paired permutation of patients: "
        f"{len(evaluation.comparison)} figures, without correction for their number."
        if evaluation.comparison
        else ""
    )
    return policies(evaluation.settings)[-1] + compared


def _flow(evaluation: Evaluation) -> str:
    cases = evaluation.predictions.cases
    statuses = list(dict.fromkeys(case.status for case in cases))
    parts = (f"{sum(case.status is status for case in cases)} {status}" for status in statuses)
    extra = len(evaluation.predictions.extra)
    return (
        f"{len(cases)} studies of the reference: {', '.join(parts)}; "
        f"{sum(case.counted for case in cases)} counted. Predictions without a study: {extra}. "
        "Each is listed in rows/cases.csv and rows/extra_predictions.csv."
    )


def _subgroup_counts(evaluation: Evaluation) -> str:
    counted = [case for case in evaluation.predictions.cases if case.counted]
    columns = dict.fromkeys(column for case in counted for column in case.subgroups)
    parts = []
    for column in columns:
        values = [case.subgroups.get(column) or "not stated" for case in counted]
        counts = ", ".join(f"{value} {values.count(value)}" for value in sorted(set(values)))
        parts.append(f"{column}: {counts}")
    return f"Studies by what the manifest states. {'; '.join(parts)}. Anything else is for the authors."


def _results(evaluation: Evaluation) -> str:
    count = len(evaluation.predictions.headlines)
    return f"{count} headline figures with intervals: tables/headlines.csv; every figure: tables/."


def _failures() -> str:
    return (
        "Every missed lesion, false alarm, wrong grade and failed study is a row in rows/; "
        "reading their images is for the authors."
    )


def _heterogeneity(evaluation: Evaluation) -> str:
    columns = list(dict.fromkeys(one.figure.by for one in evaluation.subgroups))
    if not columns:
        return ""
    return f"Headlines by {', '.join(columns)} with intervals: tables/subgroups.csv."


def _counts(evaluation: Evaluation) -> str:
    parts = []
    if (lesions := evaluation.families.lesions) is not None:
        first = lesions.matchings[0]
        parts.append(
            f"{first.lesions} lesions in {first.cases} studies, {first.lesion_free_cases} without any"
        )
    parts += [f"{int(one.evaluation.table.sum())} graded {one.place}s" for one in evaluation.families.escc]
    if (sins := evaluation.families.sins) is not None:
        parts.append(f"{sins.not_scored.n} levels with a reference score")
    return "; ".join(parts) and f"{'; '.join(parts)}."


def _preparation(evaluation: Evaluation) -> str:
    return policies(evaluation.settings)[1]
