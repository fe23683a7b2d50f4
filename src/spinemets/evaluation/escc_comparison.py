"""ESCC grades of two sets of predictions of the same places, compared by patient."""

from collections.abc import Iterator, Sequence

import numpy as np

from spinemets.errors import InputError
from spinemets.evaluation.agreement import (
    Weighting,
    agreement_weights,
    balanced_accuracy,
    kappa,
    observed_agreement,
)
from spinemets.evaluation.calibration import Forecasts, error_statistic
from spinemets.evaluation.escc import (
    CUTS,
    GRADES,
    escc_forecasts,
    escc_ratings,
    ranked_probability_scores,
    with_probabilities,
)
from spinemets.evaluation.headlines import ESCC
from spinemets.evaluation.paired import Column, PairedMetric, mean_metric, side_by_side
from spinemets.evaluation.pairs import EsccPair
from spinemets.evaluation.permutation import Comparison, compare
from spinemets.evaluation.resampling import Bootstrap, Numbers, Patients, Quantity, divided
from spinemets.evaluation.thresholds import auc_statistic

_NAMES = (
    "accuracy",
    "balanced accuracy",
    "kappa",
    "linear-weighted kappa",
    "quadratic-weighted kappa",
    *(f"{share} at {cut} and above" for cut in CUTS for share in ("sensitivity", "specificity")),
)


def compare_escc(
    first: Sequence[EsccPair], second: Sequence[EsccPair], bootstrap: Bootstrap
) -> tuple[Comparison, ...]:
    """Accuracy, kappas and both cuts of first less second, over the places that both graded.

    Raises:
        InputError: If both graded nothing, or the two have different references of a place.
    """
    graded = {_key(pair): pair for pair in first if pair.predicted}
    others = [pair for pair in second if pair.predicted and _key(pair) in graded]
    if not others:
        raise InputError("no place was graded by both", remedy="compare predictions of the same places")
    for pair in others:
        if pair.reference is not (true := graded[_key(pair)].reference):
            raise InputError(
                f"{pair.case} {pair.place} is {true} in one reference and {pair.reference} in the other",
                remedy="compare two sets of predictions by one reference",
            )
    one, other = (escc_ratings(each) for each in ([graded[_key(pair)] for pair in others], others))
    tables = np.concatenate([one.tables_of_patients, other.tables_of_patients])
    quantities = [Quantity(name, n=len(others), undefined="nothing that tells it apart") for name in _NAMES]

    def statistic(drawn: Numbers) -> Numbers:
        return _measures((drawn @ tables).reshape(-1, len(GRADES), len(GRADES)))

    return compare(quantities, statistic, len(tables) // 2, bootstrap, width=len(GRADES) ** 2)


def forecast_metrics(
    of: str, first: Sequence[EsccPair], second: Sequence[EsccPair]
) -> Iterator[PairedMetric]:
    """Calibration, Brier score and AUC at both cuts, of places to which both give probabilities.

    Args:
        of: What the places are.
        first, second: Grades of either set.
    """
    pairs = _of_both(with_probabilities(first), with_probabilities(second))
    names, every = [pair.patient for pair in pairs], np.ones(len(pairs), dtype=bool)
    forecasts = {cut: escc_forecasts(pairs, cut) for cut in CUTS}
    probabilities = np.array([pair.probabilities for pair in pairs]).reshape(-1, len(GRADES))
    scores = ranked_probability_scores(probabilities, [pair.reference.rank for pair in pairs])
    columns = [
        Column("ranked probability score", scores, every),
        *(
            Column(f"Brier score at {cut} and above", (one.probability - one.truth) ** 2, every)
            for cut, one in forecasts.items()
        ),
    ]
    yield from mean_metric(ESCC, of, names, columns)
    if pairs:
        yield from (_areas(of, f"at {cut} and above", one) for cut, one in forecasts.items())


def _areas(of: str, where: str, forecasts: Forecasts) -> PairedMetric:
    patients, n = Patients.of(forecasts.patient_of_row), len(forecasts.truth)
    error = error_statistic(forecasts, patients)
    area = auc_statistic(forecasts.truth, forecasts.probability, patients)

    def statistic(drawn: Numbers) -> Numbers:
        return np.stack([error(drawn), area(drawn)], axis=1)

    quantities = (
        Quantity(f"expected calibration error {where}", n=n // 2),
        Quantity(f"AUC {where}", n=n // 2, undefined="one class only in the reference"),
    )
    return PairedMetric(ESCC, of, quantities, statistic, patients.count // 2, width=n)


def set_metrics(of: str, first: Sequence[EsccPair], second: Sequence[EsccPair]) -> Iterator[PairedMetric]:
    """Coverage and size of conformal sets, of places to which both give one."""
    one, other = ([pair for pair in each if pair.predicted and pair.conformal] for each in (first, second))
    pairs = _of_both(one, other)
    every = np.ones(len(pairs), dtype=bool)
    held = np.array([pair.reference in (pair.conformal or ()) for pair in pairs], dtype=bool)
    sizes = np.array([len(pair.conformal or ()) for pair in pairs])
    columns = (Column("conformal coverage", held, every), Column("conformal set size", sizes, every))
    yield from mean_metric(ESCC, of, [pair.patient for pair in pairs], columns)


def ungraded_metrics(of: str, pairs: Sequence[EsccPair]) -> Iterator[PairedMetric]:
    """Share that is not graded, and sensitivity at both cuts where such places count as missed.

    Args:
        of: What the places are.
        pairs: Of both sets, see ``side_by_side``.
    """
    every = np.ones(len(pairs), dtype=bool)
    ungraded = np.array([pair.predicted is None for pair in pairs], dtype=bool)
    columns = [Column("not gradable", ungraded, every)]
    for cut in CUTS:
        reached = np.array([pair.reference.rank >= cut.rank for pair in pairs], dtype=bool)
        found = np.array([pair.predicted and pair.predicted.rank >= cut.rank for pair in pairs], dtype=bool)
        name = f"sensitivity at {cut} or more, not graded counted as missed"
        columns.append(Column(name, found, reached))
    yield from mean_metric(ESCC, of, [pair.patient for pair in pairs], columns)


def _of_both(first: Sequence[EsccPair], second: Sequence[EsccPair]) -> list[EsccPair]:
    """Places that are in both sets, side by side."""
    shared = set(map(_key, first)) & set(map(_key, second))
    one, other = ([pair for pair in each if _key(pair) in shared] for each in (first, second))
    return side_by_side(one, other)


def _key(pair: EsccPair) -> tuple[str, str, str]:
    return pair.patient, pair.case, pair.place


def _measures(tables: Numbers) -> Numbers:
    """In the order of ``_NAMES`` (table, measure)."""
    weights = [agreement_weights(len(GRADES), each) for each in Weighting]
    columns = [
        observed_agreement(tables, weights[0]),
        balanced_accuracy(tables),
        *(kappa(tables, each) for each in weights),
    ]
    for cut in CUTS:
        below, above = tables[:, : cut.rank], tables[:, cut.rank :]
        columns.append(divided(above[:, :, cut.rank :].sum(axis=(1, 2)), above.sum(axis=(1, 2))))
        columns.append(divided(below[:, :, : cut.rank].sum(axis=(1, 2)), below.sum(axis=(1, 2))))
    return np.stack(columns, axis=1)
