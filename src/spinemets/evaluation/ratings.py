"""Two ratings of the same things on one ordered scale: how far they agree, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.evaluation.agreement import Weighting, agreement_weights, balanced_accuracy, gwet, kappa
from spinemets.evaluation.figure import Figure
from spinemets.evaluation.ratios import proportion
from spinemets.evaluation.resampling import Bootstrap, Numbers, Patients, Quantity

Ranks = npt.NDArray[np.intp]

_ONE_CATEGORY = "nothing was rated, or all of it one and the same"


@dataclass(frozen=True, slots=True)
class Ratings:
    """Rows rated twice, by the reference and by the prediction.

    Args:
        patient_of_row: Whose each row is.
        true, found: Place on the scale (row,).
        scale: Words of the scale, in order; at least two.
    """

    patient_of_row: Sequence[str]
    true: Ranks
    found: Ranks
    scale: tuple[str, ...]

    @property
    def table(self) -> npt.NDArray[np.intp]:
        """Counts (true, found)."""
        size = len(self.scale)
        return np.bincount(self._cell, minlength=size**2).reshape(size, size)

    @property
    def tables_of_patients(self) -> Numbers:
        """Counts (patient, true x found)."""
        cells = self._cell[:, None] == np.arange(len(self.scale) ** 2)
        return Patients.of(self.patient_of_row).sums(cells)

    @property
    def _cell(self) -> Ranks:
        return self.true * len(self.scale) + self.found


def agreement_figures(ratings: Ratings, bootstrap: Bootstrap) -> tuple[Figure, ...]:
    """Accuracy, share off by one place, recall of each category, and what ``kappa_figures`` gives."""
    apart = np.abs(ratings.found - ratings.true)
    everything = np.ones_like(apart, dtype=bool)
    shares = [
        ("accuracy", apart == 0, everything, "nothing was rated"),
        ("off by one", apart == 1, everything, "nothing was rated"),
        *(
            (f"recall of {word}", apart == 0, ratings.true == rank, f"no {word} in the reference")
            for rank, word in enumerate(ratings.scale)
        ),
    ]
    patients = Patients.of(ratings.patient_of_row)
    figures = [
        proportion(Quantity(name, undefined=why), patients.sums(hits & of), patients.sums(of), bootstrap)
        for name, hits, of, why in shares
    ]
    return (*figures, *kappa_figures(ratings, bootstrap))


def kappa_figures(ratings: Ratings, bootstrap: Bootstrap) -> tuple[Figure, ...]:
    """Balanced accuracy, kappas, and beside them AC1 and AC2, which prevalence inflates.

    On a scale of two there is one kappa, and AC1.
    """
    size = len(ratings.scale)
    plain, linear, quadratic = (agreement_weights(size, each) for each in Weighting)
    measures = [
        ("balanced accuracy", balanced_accuracy),
        ("kappa", lambda tables: kappa(tables, plain)),
        ("AC1", lambda tables: gwet(tables, plain)),
    ]
    if size > 2:
        measures += [
            ("linear-weighted kappa", lambda tables: kappa(tables, linear)),
            ("quadratic-weighted kappa", lambda tables: kappa(tables, quadratic)),
            ("quadratic-weighted AC2", lambda tables: gwet(tables, quadratic)),
        ]
    quantities = [Quantity(name, n=len(ratings.true), undefined=_ONE_CATEGORY) for name, _ in measures]
    of_patients = ratings.tables_of_patients

    def statistic(drawn: Numbers) -> Numbers:
        tables = (drawn @ of_patients).reshape(-1, size, size)
        return np.stack([measure(tables) for _, measure in measures], axis=1)

    return bootstrap.estimate(quantities, statistic, len(of_patients), width=size**2)
