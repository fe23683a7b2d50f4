"""Assigns studies to folds: all of a patient to one, and every fold like the whole."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import EsccGrade
from spinemets.errors import ConfigurationError
from spinemets.training.manifest_records import ManifestStudy

# Parts of the whole of each stratum.
Shares = npt.NDArray[np.float64]

# Studies are alike in lesions when their counts fall between the same bounds.
_LESION_BOUNDS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class StudyTraits:
    """What folds are balanced by.

    Args:
        site: Where the study was made.
        lesions: How many lesions are annotated; None where lesions are not.
        worst_grade: Worst ESCC grade; None where none is known.
    """

    site: str
    lesions: int | None
    worst_grade: EsccGrade | None

    def strata(self) -> tuple[tuple[str, object], ...]:
        """The groups that the study counts in, once each."""
        count = None if self.lesions is None else sum(self.lesions >= bound for bound in _LESION_BOUNDS)
        return (
            ("study", True),
            ("site", self.site),
            ("lesions", count),
            ("any lesion", bool(self.lesions)),
            ("ESCC", self.worst_grade),
        )


def traits_of(study: ManifestStudy, lesions: int | None) -> StudyTraits:
    """A study's traits; the worst grade over its levels and slices.

    Args:
        study: The study.
        lesions: How many lesions are annotated; None where lesions are not.
    """
    grades = [*study.escc.values(), *(grade for series in study.series for grade in series.escc_by_slice)]
    known = [grade for grade in grades if grade is not None]
    return StudyTraits(study.site, lesions, max(known, key=lambda grade: grade.rank, default=None))


def assign_folds(
    studies: Sequence[ManifestStudy], traits: Sequence[StudyTraits], folds: int, rng: np.random.Generator
) -> tuple[ManifestStudy, ...]:
    """The studies, each with its fold.

    Patients are dealt one by one, those of the rarest traits first, each to the fold that this makes most
    like the others: where the shares of every stratum differ least between folds (after scikit-learn's
    StratifiedGroupKFold and Sechidis et al. 2011, ECML PKDD, for several traits at once). A fold that holds
    its part of the studies takes no more, so that patients of one study each give folds of equal size.

    Args:
        studies: In any order; their own folds do not count.
        traits: One for each study.
        folds: How many; 1 puts all into fold 0.
        rng: Decides between equals.

    Raises:
        ConfigurationError: If there are fewer patients than folds.
    """
    by_patient: dict[str, list[int]] = defaultdict(list)
    for number, study in enumerate(studies):
        by_patient[study.patient].append(number)
    if not 1 <= folds <= len(by_patient):
        raise ConfigurationError(
            f"is {folds}, with {len(by_patient)} {'patient' if len(by_patient) == 1 else 'patients'}",
            field="folds",
            remedy="give at least 1, and no more folds than patients",
        )
    shares = _shares({name: [traits[each] for each in members] for name, members in by_patient.items()})
    sizes = {name: len(members) for name, members in by_patient.items()}
    chosen = _deal(shares, sizes, folds, rng)
    return tuple(replace(study, fold=chosen[study.patient]) for study in studies)


def _shares(traits: Mapping[str, Sequence[StudyTraits]]) -> dict[str, Shares]:
    """(strata,) for each patient: its part of all studies of each stratum."""
    counted = {
        name: Counter(stratum for each in members for stratum in each.strata())
        for name, members in traits.items()
    }
    totals = sum(counted.values(), Counter())
    strata = sorted(totals, key=str)
    return {
        name: np.array([counter[stratum] / totals[stratum] for stratum in strata])
        for name, counter in counted.items()
    }


def _deal(
    shares: Mapping[str, Shares], sizes: Mapping[str, int], folds: int, rng: np.random.Generator
) -> dict[str, int]:
    names = sorted(shares)
    names = [names[place] for place in rng.permutation(len(names))]
    # Many studies, then a large share of a stratum, make a patient hard to place later.
    names.sort(key=lambda name: (-sizes[name], -shares[name].max(), -shares[name].sum()))
    full = -(-sum(sizes.values()) // folds)
    held = np.zeros((folds, len(next(iter(shares.values())))))
    studies = np.zeros(folds, dtype=int)
    chosen: dict[str, int] = {}
    for name in names:
        room = np.flatnonzero(studies + sizes[name] <= full)
        open_folds = room if room.size else np.flatnonzero(studies == studies.min())
        spread = np.array([_spread(held, int(fold), shares[name]) for fold in open_folds])
        # Rounding alone must not decide between equals: the emptiest takes it.
        equals = open_folds[spread <= spread.min() + 1e-12]
        fold = int(equals[studies[equals].argmin()])
        chosen[name] = fold
        held[fold] += shares[name]
        studies[fold] += sizes[name]
    return chosen


def _spread(held: Shares, fold: int, share: Shares) -> float:
    """How unlike the folds are once this one has taken the share."""
    after = held.copy()
    after[fold] += share
    return float(after.var(axis=0).sum())
