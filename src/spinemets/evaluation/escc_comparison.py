"""ESCC grades of two sets of predictions of the same places, compared by patient."""

from collections.abc import Sequence

import numpy as np

from spinemets.errors import InputError
from spinemets.evaluation.agreement import (
    Weighting,
    agreement_weights,
    balanced_accuracy,
    kappa,
    observed_agreement,
)
from spinemets.evaluation.escc import CUTS, GRADES, escc_ratings
from spinemets.evaluation.pairs import EsccPair
from spinemets.evaluation.permutation import Comparison, compare
from spinemets.evaluation.resampling import Bootstrap, Numbers, Quantity, divided

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
