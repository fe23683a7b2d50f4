"""The tissue table: complete, physical, and as published where it says so."""

import numpy as np
import pytest

from spinemets.phantom.relaxation import TABLE, TissueParameters, tissue_parameters
from spinemets.phantom.spec import HabitusSpec
from spinemets.phantom.tissue import Tissue

HABITUS = HabitusSpec(320.0, 220.0, 120.0, 130.0, 20.0, muscle_fat_fraction=0.1, marrow_fat_fraction=0.5)


def _parameters(field_strength_t: float, seed: int | None = None) -> TissueParameters:
    return tissue_parameters(field_strength_t, HABITUS, None if seed is None else np.random.default_rng(seed))


def test_every_tissue_has_a_row() -> None:
    assert set(TABLE) == set(Tissue)


@pytest.mark.parametrize("tissue", list(Tissue))
def test_t2_is_shorter_than_t1(tissue: Tissue) -> None:
    row = TABLE[tissue]
    assert all(t2 < t1 for t1, t2 in zip(row.t1_ms, row.t2_ms, strict=True))


@pytest.mark.parametrize("tissue", list(Tissue))
def test_t1_does_not_shrink_with_the_field(tissue: Tissue) -> None:
    low, high = TABLE[tissue].t1_ms
    assert high >= low


def test_muscle_at_three_tesla_is_as_stanisz_measured() -> None:
    assert _parameters(3.0).t1_ms[Tissue.MUSCLE] == pytest.approx(1412.0)


def test_t2_star_is_shorter_than_t2() -> None:
    parameters = _parameters(1.5)
    assert (parameters.t2_star_ms <= parameters.t2_ms).all()


def test_marrow_t2_star_is_as_le_ster_measured() -> None:
    assert 10.0 < _parameters(1.5).t2_star_ms[Tissue.BODY_MARROW] < 18.0


def test_habitus_gives_the_fat_of_marrow_and_muscle() -> None:
    fat = _parameters(1.5).fat_fraction
    assert fat[Tissue.BODY_MARROW] == pytest.approx(0.5)
    assert fat[Tissue.MUSCLE] == pytest.approx(0.1)


def test_posterior_elements_hold_more_fat_than_bodies() -> None:
    fat = _parameters(1.5).fat_fraction
    assert fat[Tissue.POSTERIOR_MARROW] > fat[Tissue.BODY_MARROW]


def test_people_differ() -> None:
    assert _parameters(1.5, seed=1).t1_ms[Tissue.MUSCLE] != _parameters(1.5, seed=2).t1_ms[Tissue.MUSCLE]


def test_a_person_differs_from_the_mean_alike_at_both_fields() -> None:
    low = _parameters(1.5, seed=1).t1_ms / _parameters(1.5).t1_ms
    high = _parameters(3.0, seed=1).t1_ms / _parameters(3.0).t1_ms
    np.testing.assert_allclose(low, high, rtol=1e-5)


def test_an_unknown_field_strength_is_refused() -> None:
    with pytest.raises(ValueError, match=r"field_strength_t is 7\.0"):
        _parameters(7.0)
