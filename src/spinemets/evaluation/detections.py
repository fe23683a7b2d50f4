"""All lesions and false alarms of many cases, under one matching."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.evaluation.lesion_cases import LesionCase
from spinemets.evaluation.lesion_matching import Matching, match
from spinemets.evaluation.resampling import Numbers, Patients

Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Rows of lesions and of predictions; every patient counts, with or without either.

    Args:
        names: Of the patients.
        cases, free_cases: How many cases each patient has, and how many of them hold no lesion (patient,).
        lesions: Whose each lesion is.
        found_at: Highest score that finds each lesion, -inf where none does (lesion,).
        strata: What is known of each lesion.
        split: Whether several predictions lie in a lesion for the most part (lesion,).
        predictions: Whose each prediction is.
        scores: Of each prediction (prediction,); 1 where there are none.
        false: Whether a prediction finds no lesion (prediction,).
        in_free_case: Whether its case holds no lesion (prediction,).
        merged: Whether several lesions lie in a prediction for the most part (prediction,).
        scored: Whether predictions carry scores.
    """

    names: tuple[str, ...]
    cases: Numbers
    free_cases: Numbers
    lesions: Patients
    found_at: Numbers
    strata: tuple[Mapping[str, str], ...]
    split: Truths
    predictions: Patients
    scores: Numbers
    false: Truths
    in_free_case: Truths
    merged: Truths
    scored: bool

    @property
    def found(self) -> Truths:
        """Whether each lesion is found by any prediction (lesion,)."""
        return np.greater(self.found_at, -np.inf)

    @property
    def false_alarms(self) -> Patients:
        """Whose each false prediction is."""
        return Patients(self.names, self.predictions.row[self.false])


def gather_detections(cases: Sequence[LesionCase], matching: Matching) -> Detections:
    """Match the lesions of every case.

    Several images of one case, of one name and patient, count as one case.
    """
    names = tuple(sorted({each.patient for each in cases}))
    lesion_free = _lesion_free(cases)
    matches = [match(each.overlap, matching) for each in cases]
    predicted = [len(each.overlap.predicted) for each in cases]
    return Detections(
        names=names,
        cases=_patients(names, [patient for patient, _ in lesion_free]).sums(np.ones(len(lesion_free))),
        free_cases=_patients(names, [patient for patient, _ in lesion_free]).sums(list(lesion_free.values())),
        lesions=_patients(names, _repeated(cases, [len(each.lesions) for each in cases])),
        found_at=_numbers(
            [one.score_of_found(case.scores) for one, case in zip(matches, cases, strict=True)]
        ),
        strata=tuple(lesion.strata for each in cases for lesion in each.lesions),
        split=_truths([each.overlap.parts_of_reference > 1 for each in cases]),
        predictions=_patients(names, _repeated(cases, predicted)),
        scores=_numbers([_scores(each) for each in cases]),
        false=_truths([each.false for each in matches]),
        in_free_case=np.repeat(
            np.array([lesion_free[each.patient, each.case] for each in cases], dtype=bool), predicted
        ),
        merged=_truths([each.overlap.lesions_in_prediction > 1 for each in cases]),
        scored=all(each.scores is not None for each in cases if len(each.overlap.predicted)),
    )


def _lesion_free(cases: Sequence[LesionCase]) -> dict[tuple[str, str], bool]:
    """Whether each case, by patient and name, has no lesion in any of its images."""
    free: dict[tuple[str, str], bool] = {}
    for each in cases:
        key = each.patient, each.case
        free[key] = free.get(key, True) and not each.lesions
    return free


def _patients(names: tuple[str, ...], of_row: Sequence[str]) -> Patients:
    place = {name: index for index, name in enumerate(names)}
    return Patients(names, np.array([place[name] for name in of_row], dtype=np.intp))


def _repeated(cases: Sequence[LesionCase], counts: Sequence[int]) -> list[str]:
    return [each.patient for each, count in zip(cases, counts, strict=True) for _ in range(count)]


def _scores(case: LesionCase) -> Numbers:
    return np.ones(len(case.overlap.predicted)) if case.scores is None else case.scores


def _numbers(parts: Sequence[Numbers]) -> Numbers:
    return np.concatenate([np.empty(0), *parts])


def _truths(parts: Sequence[Truths]) -> Truths:
    return np.concatenate([np.empty(0, bool), *parts])
