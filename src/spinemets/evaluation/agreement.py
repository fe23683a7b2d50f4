"""Agreement of two raters from tables of counts: Cohen's kappa, and Gwet's AC1 and AC2 beside it."""

from enum import StrEnum

import numpy as np

from spinemets.evaluation.resampling import Numbers, divided

# Less disagreement than this is expected by chance only where all is one category.
_NOTHING_TO_TELL_APART = 1e-12


class Weighting(StrEnum):
    """How much of an agreement a disagreement still counts."""

    PLAIN = "plain"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


def agreement_weights(categories: int, weighting: Weighting) -> Numbers:
    """Weights (category, category): 1 for agreement, less the farther two categories lie apart.

    Linear is 1 - d/(K - 1) and quadratic 1 - d²/(K - 1)², d places apart on a scale of K (Fleiss and Cohen
    1973, Educ Psychol Meas 33:613).
    """
    rank = np.arange(categories)
    apart = np.abs(rank[:, None] - rank) / max(categories - 1, 1)
    if weighting is Weighting.PLAIN:
        return np.eye(categories)
    return np.asarray(1 - (apart if weighting is Weighting.LINEAR else apart**2))


def observed_agreement(tables: Numbers, weights: Numbers) -> Numbers:
    """Weighted share of agreement (...,) in tables (..., category, category); NaN where a table is empty."""
    return divided((tables * weights).sum(axis=(-2, -1)), tables.sum(axis=(-2, -1)))


def kappa(tables: Numbers, weights: Numbers) -> Numbers:
    """Cohen's kappa, weighted: (po - pe) / (1 - pe), pe from the product of both raters' margins.

    Cohen 1960 (Educ Psychol Meas 20:37) and 1968 (Psychol Bull 70:213).

    Args:
        tables: Counts (..., category, category), one rater in rows, the other in columns.
        weights: (category, category), see ``agreement_weights``.

    Returns:
        (...,); NaN where a table is empty, or both raters say one and the same category throughout.
    """
    count = tables.sum(axis=(-2, -1))
    rows, columns = tables.sum(axis=-1), tables.sum(axis=-2)
    by_chance = divided(np.einsum("...i,ij,...j->...", rows, weights, columns), count**2)
    return _beyond_chance(observed_agreement(tables, weights), by_chance)


def gwet(tables: Numbers, weights: Numbers) -> Numbers:
    """Gwet's AC1 (plain weights) or AC2: chance agreement from how evenly the categories are used.

    pe = T / (K (K - 1)) sum of q (1 - q), q the mean of both raters' shares of a category, T the sum of the
    weights (Gwet 2008, Br J Math Stat Psychol 61:29; 2014, Handbook of Inter-Rater Reliability, 4th ed.).
    It stays high where one category prevails, however little the others are told apart: never to be given
    without kappa.

    Args:
        tables: Counts (..., category, category). All K categories of the scale count, used or not.
        weights: (category, category).

    Returns:
        (...,); NaN where a table is empty.
    """
    categories = tables.shape[-1]
    count = tables.sum(axis=(-2, -1))
    share = divided(tables.sum(axis=-1) + tables.sum(axis=-2), 2 * count[..., None])
    spread = weights.sum() / (categories * (categories - 1))
    by_chance = spread * (share * (1 - share)).sum(axis=-1)
    return _beyond_chance(observed_agreement(tables, weights), by_chance)


def recalls(tables: Numbers) -> Numbers:
    """Share of each true category that was found (..., category); NaN where it does not occur.

    Args:
        tables: Counts (..., true, found).
    """
    return divided(np.diagonal(tables, axis1=-2, axis2=-1), tables.sum(axis=-1))


def balanced_accuracy(tables: Numbers) -> Numbers:
    """Mean of ``recalls`` over the categories that occur (...,), as scikit-learn has it."""
    found = recalls(tables)
    occurs = np.isfinite(found)
    return divided(np.where(occurs, found, 0).sum(axis=-1), occurs.sum(axis=-1))


def _beyond_chance(observed: Numbers, by_chance: Numbers) -> Numbers:
    possible = 1 - by_chance
    return divided(observed - by_chance, np.where(possible > _NOTHING_TO_TELL_APART, possible, 0))
