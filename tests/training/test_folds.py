"""Folds: patients whole, and every fold like the others."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifest_files import LESION_SET, mask_array, series_row, study_row, write_nifti
from spinemets.anatomy import EsccGrade, Level
from spinemets.errors import ConfigurationError
from spinemets.training.folds import StudyTraits, assign_folds, traits_of
from spinemets.training.label_sets import LabelSet
from spinemets.training.lesion_count import count_lesions

_PLAIN = StudyTraits("here", None, None)


def _dealt(traits, patients=None, folds=5, seed=0):
    names = patients or [f"p{number}" for number in range(len(traits))]
    studies = [study_row(f"s{number}", patient=name) for number, name in enumerate(names)]
    return assign_folds(studies, traits, folds, np.random.default_rng(seed))


def _spread(dealt, traits, belongs):
    """Smallest and largest number of studies of a kind in a fold."""
    counts = Counter(study.fold for study, each in zip(dealt, traits, strict=True) if belongs(each))
    values = [counts[fold] for fold in {study.fold for study in dealt}]
    return min(values), max(values)


@given(
    patients=st.lists(st.integers(0, 12), min_size=1, max_size=40),
    folds=st.integers(1, 5),
    seed=st.integers(0, 3),
)
def test_no_patient_is_in_two_folds_and_no_fold_is_empty(patients, folds, seed):
    folds = min(folds, len(set(patients)))
    dealt = _dealt([_PLAIN] * len(patients), [str(each) for each in patients], folds, seed)
    assert len({(study.patient, study.fold) for study in dealt}) == len(set(patients))
    assert {study.fold for study in dealt} == set(range(folds))


@given(count=st.integers(5, 40), seed=st.integers(0, 3))
def test_folds_of_single_studies_differ_by_one_at_most(count, seed):
    dealt = _dealt([_PLAIN] * count, seed=seed)
    low, high = _spread(dealt, [_PLAIN] * count, lambda _: True)
    assert high - low <= 1


@pytest.mark.parametrize("seed", range(5))
def test_sites_lesions_and_grades_are_spread_evenly(seed):
    rng = np.random.default_rng(seed)
    traits = [
        StudyTraits(str(rng.choice(["a", "b"])), int(rng.choice([0, 1, 3, 9])), rng.choice(list(EsccGrade)))
        for _ in range(100)
    ]
    dealt = _dealt(traits, seed=seed)
    for belongs in (
        lambda each: True,
        lambda each: each.site == "a",
        lambda each: each.lesions == 0,
        lambda each: each.lesions == 9,
        lambda each: each.worst_grade == EsccGrade.G3,
    ):
        low, high = _spread(dealt, traits, belongs)
        assert high - low <= 3


def test_a_rare_kind_is_not_dealt_to_one_fold():
    rare = StudyTraits("here", 3, EsccGrade.G3)
    traits = [rare] * 5 + [StudyTraits("here", 0, EsccGrade.G0)] * 20
    assert _spread(_dealt(traits), traits, lambda each: each is rare) == (1, 1)


def test_the_seed_decides():
    assert _dealt([_PLAIN] * 20, seed=1) == _dealt([_PLAIN] * 20, seed=1)
    assert _dealt([_PLAIN] * 20, seed=1) != _dealt([_PLAIN] * 20, seed=2)


@pytest.mark.parametrize("folds", [0, 4])
def test_more_folds_than_patients_are_refused(folds):
    with pytest.raises(ConfigurationError, match=f"folds: is {folds}, with 3 patients"):
        _dealt([_PLAIN] * 3, folds=folds)


def test_the_worst_grade_is_over_levels_and_slices(tmp_path):
    series = series_row(tmp_path / "x", escc_by_slice=(EsccGrade.G2, None))
    assert traits_of(study_row("a", [series], escc={Level.T1: EsccGrade.G1A}), 2).worst_grade is EsccGrade.G2
    assert traits_of(study_row("a", escc={Level.T1: None}), 2).worst_grade is None


def test_lesions_are_counted_as_connected_parts(tmp_path):
    image = write_nifti(tmp_path / "t2.nii.gz")
    # Two boxes that touch are one lesion, whatever their values.
    mask = write_nifti(tmp_path / "m.nii.gz", mask_array(slice(2, 5), slice(5, 7), slice(10, 12)))
    study = study_row("a", [series_row(image, (mask, "lesions"))])
    assert count_lesions(study, {"lesions": LESION_SET}) == 2
    levels = LabelSet("lesions", levels={1: Level.L1})
    assert count_lesions(study, {"lesions": levels}) is None
