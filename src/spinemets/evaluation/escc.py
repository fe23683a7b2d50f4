"""ESCC grades against a reference: six grades, both cuts, the worst level of each study."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import EsccGrade
from spinemets.evaluation.binary import BinaryRows, binary_figures
from spinemets.evaluation.calibration import Forecasts
from spinemets.evaluation.figure import Figure
from spinemets.evaluation.pairs import EsccPair
from spinemets.evaluation.ratings import Ratings, agreement_figures, kappa_figures
from spinemets.evaluation.ratios import proportion, ratio
from spinemets.evaluation.resampling import Bootstrap, Numbers, Patients, Quantity
from spinemets.evaluation.thresholds import auc_statistic
from spinemets.scoring.escc import ALTERNATIVE_FROM, HIGH_FROM

GRADES = tuple(EsccGrade)
CUTS = (ALTERNATIVE_FROM, HIGH_FROM)


@dataclass(frozen=True, slots=True)
class CutFigures:
    """How well grades from a cut upwards are told from those below it.

    Args:
        cut: The lowest grade that counts as positive.
        figures: Sensitivity, specificity, predictive values, accuracy, AUC, kappa and AC1.
    """

    cut: EsccGrade
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class EsccEvaluation:
    """What was graded and what was not.

    Args:
        table: Counts (true, found) of the six grades, of all that was graded.
        not_gradable: Counts of each true grade that the prediction called "not gradable".
        not_gradable_share: Of all places.
        grades: Agreement on six grades; see ``ratings``.
        cuts: At 1c, and at 2, from which compression is high grade.
        worst_levels: Agreement on the worst grade of each study.
        probabilities: Ranked probability score; of conformal sets coverage, mean size, share of one grade.
    """

    table: npt.NDArray[np.intp]
    not_gradable: npt.NDArray[np.intp]
    not_gradable_share: Figure
    grades: tuple[Figure, ...]
    cuts: tuple[CutFigures, ...]
    worst_levels: tuple[Figure, ...]
    probabilities: tuple[Figure, ...]


def evaluate_escc(pairs: Sequence[EsccPair], bootstrap: Bootstrap) -> EsccEvaluation:
    """Compare grades; what was "not gradable" is counted apart and never as grade 0.

    A study's worst grade is the highest of its places; studies in which none could be graded are left out of
    it, and in the others the places that could not be graded count in the reference.
    """
    ratings = escc_ratings(pairs)
    graded = np.array([pair.predicted is not None for pair in pairs], dtype=bool)
    true = np.array([pair.reference.rank for pair in pairs], dtype=np.intp)
    patients = Patients.of([pair.patient for pair in pairs])
    return EsccEvaluation(
        table=ratings.table,
        not_gradable=np.bincount(true[~graded], minlength=len(GRADES)),
        not_gradable_share=proportion(
            Quantity("not gradable"), patients.sums(~graded), patients.sums(np.ones(len(pairs))), bootstrap
        ),
        grades=agreement_figures(ratings, bootstrap),
        cuts=tuple(CutFigures(cut, _cut_figures(pairs, cut, bootstrap)) for cut in CUTS),
        worst_levels=agreement_figures(escc_ratings(worst_levels(pairs)), bootstrap),
        probabilities=(_ranked_probability_score(pairs, bootstrap), *_conformal(pairs, bootstrap)),
    )


def escc_ratings(pairs: Sequence[EsccPair]) -> Ratings:
    """True and found grade of all that was graded."""
    graded = [(pair, pair.predicted) for pair in pairs if pair.predicted]
    ranks = np.array([(pair.reference.rank, found.rank) for pair, found in graded], dtype=np.intp)
    true, found = ranks.reshape(-1, 2).T
    return Ratings([pair.patient for pair, _ in graded], true, found, tuple(map(str, GRADES)))


def worst_levels(pairs: Sequence[EsccPair]) -> list[EsccPair]:
    """The highest grade of each study; "not gradable" where none of its places could be graded."""
    of_case = attrgetter("patient", "case")
    worst = []
    for (patient, case), group in groupby(sorted(pairs, key=of_case), of_case):
        places = list(group)
        true = max((pair.reference for pair in places), key=GRADES.index)
        found = max((pair.predicted for pair in places if pair.predicted), key=GRADES.index, default=None)
        worst.append(EsccPair(case, patient, "worst", true, found))
    return worst


def with_probabilities(pairs: Sequence[EsccPair]) -> list[EsccPair]:
    """What is graded with a probability for each grade."""
    return [pair for pair in pairs if pair.predicted and pair.probabilities is not None]


def escc_forecasts(pairs: Sequence[EsccPair], cut: EsccGrade) -> Forecasts:
    """Probability that the grade reaches the cut, and whether it does, of all graded with probabilities."""
    given = with_probabilities(pairs)
    return Forecasts(
        [pair.patient for pair in given],
        _probabilities(given)[:, cut.rank :].sum(axis=1).clip(0, 1),
        np.array([pair.reference.rank >= cut.rank for pair in given], dtype=bool),
    )


def ranked_probability_scores(probabilities: Numbers, ranks: npt.ArrayLike) -> Numbers:
    """Mean over the cuts between grades of (F - O)², F the probability of the grades up to it, O 1 or 0.

    Epstein 1969 (J Appl Meteorol 8:985), divided by the number of cuts as Murphy 1971 (10:155) has it: the
    Brier score averaged over the cuts, 0 for certainty of the true grade, 1 for certainty of the farthest.

    Args:
        probabilities: (row, grade).
        ranks: True grade (row,).

    Returns:
        (row,).
    """
    cuts = probabilities.shape[1] - 1
    reached = np.asarray(ranks)[:, None] <= np.arange(cuts)
    return np.asarray(((probabilities.cumsum(axis=1)[:, :-1] - reached) ** 2).mean(axis=1))


def _cut_figures(pairs: Sequence[EsccPair], cut: EsccGrade, bootstrap: Bootstrap) -> tuple[Figure, ...]:
    graded = escc_ratings(pairs)
    true, found = graded.true >= cut.rank, graded.found >= cut.rank
    halves = Ratings(
        graded.patient_of_row, true.astype(np.intp), found.astype(np.intp), ("below", f"{cut} or more")
    )
    return (
        *binary_figures(BinaryRows(graded.patient_of_row, true, found), bootstrap),
        _auc(escc_forecasts(pairs, cut), bootstrap),
        *kappa_figures(halves, bootstrap),
    )


def _auc(forecasts: Forecasts, bootstrap: Bootstrap) -> Figure:
    patients, n = Patients.of(forecasts.patient_of_row), len(forecasts.truth)
    why = "one class only in the reference" if n else "no probabilities are given"
    statistic = auc_statistic(forecasts.truth, forecasts.probability, patients)
    return bootstrap.estimate([Quantity("AUC", n=n, undefined=why)], statistic, patients.count, width=n)[0]


def _ranked_probability_score(pairs: Sequence[EsccPair], bootstrap: Bootstrap) -> Figure:
    given = with_probabilities(pairs)
    scores = ranked_probability_scores(_probabilities(given), [pair.reference.rank for pair in given])
    patients = Patients.of([pair.patient for pair in given])
    quantity = Quantity("ranked probability score", undefined="no probabilities are given")
    return ratio(quantity, patients.sums(scores), patients.sums(np.ones(len(given))), bootstrap)


def _conformal(pairs: Sequence[EsccPair], bootstrap: Bootstrap) -> tuple[Figure, ...]:
    given = [pair for pair in pairs if pair.predicted and pair.conformal]
    patients = Patients.of([pair.patient for pair in given])
    sizes = np.array([len(pair.conformal or ()) for pair in given])
    held = np.array([pair.reference in (pair.conformal or ()) for pair in given], dtype=bool)
    sets = patients.sums(np.ones(len(given)))

    def quantity(name: str) -> Quantity:
        return Quantity(name, undefined="no sets are given")

    return (
        proportion(quantity("conformal coverage"), patients.sums(held), sets, bootstrap),
        ratio(quantity("conformal set size"), patients.sums(sizes), sets, bootstrap),
        proportion(quantity("conformal sets of one grade"), patients.sums(sizes == 1), sets, bootstrap),
    )


def _probabilities(pairs: Sequence[EsccPair]) -> Numbers:
    rows = [pair.probabilities for pair in pairs]
    return np.array(rows, dtype=np.float64).reshape(-1, len(GRADES))
