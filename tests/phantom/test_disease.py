"""Disease is drawn as the priors say, at the levels that will be imaged."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from spinemets.anatomy import BoneLesionType, EsccGrade, Level, Region
from spinemets.phantom.disease import body_volume_ml, draw_disease
from spinemets.phantom.disease_priors import DiseasePriors, LesionPriors
from spinemets.phantom.healthy import draw_healthy_spec
from spinemets.phantom.lookalike_draw import OF_A_DISC
from spinemets.phantom.spec import LookalikeKind, SpineSpec

ALL_LEVELS = tuple(Level)
EVERYONE_ILL = DiseasePriors(lesion_free_chance=0.0)
HEALTHY = draw_healthy_spec(np.random.default_rng(1))


def _draw(count: int, priors: DiseasePriors, levels: tuple[Level, ...] = ALL_LEVELS) -> list[SpineSpec]:
    rng = np.random.default_rng(5)
    return [draw_disease(HEALTHY, rng, priors, levels) for _ in range(count)]


def test_regions_and_types_follow_the_priors() -> None:
    lesions = [lesion for spec in _draw(600, EVERYONE_ILL) for lesion in spec.lesions]
    regions = Counter(lesion.level.region for lesion in lesions)
    types = Counter(lesion.bone_type for lesion in lesions)
    total = len(lesions)
    # Levels are drawn without repetition, which evens the regions out a little.
    assert regions[Region.THORACIC] / total == pytest.approx(0.70, abs=0.06)
    assert regions[Region.LUMBAR] / total == pytest.approx(0.20, abs=0.05)
    assert types[BoneLesionType.LYTIC] > types[BoneLesionType.MIXED] > 0
    assert types[BoneLesionType.BLASTIC] > 0


def test_many_lesions_are_small_and_none_is_smaller_than_asked() -> None:
    volumes = np.array([lesion.volume_ml for spec in _draw(400, EVERYONE_ILL) for lesion in spec.lesions])
    assert volumes.min() >= 0.1
    assert (volumes < 1.0).mean() > 0.3
    assert volumes.max() > 8.0


def test_nothing_is_drawn_at_levels_that_are_not_imaged() -> None:
    station = (Level.L1, Level.L2, Level.L3, Level.L4, Level.L5)
    for spec in _draw(100, replace(EVERYONE_ILL, lookalike_chance=1.0), station):
        drawn = (*spec.lesions, *spec.epidurals, *spec.lookalikes)
        assert {each.level for each in drawn} <= set(station)


def test_lookalikes_keep_clear_of_metastases() -> None:
    for spec in _draw(150, replace(EVERYONE_ILL, lookalike_chance=1.0, mean_lookalike_count=4.0)):
        diseased = {lesion.level for lesion in spec.lesions}
        for lookalike in spec.lookalikes:
            assert lookalike.level not in diseased
            if lookalike.kind in OF_A_DISC:
                assert spec.numbering.below(lookalike.level) not in diseased


def test_patients_without_lesions_have_no_metastatic_finding() -> None:
    for spec in _draw(50, replace(EVERYONE_ILL, lesion_free_chance=1.0)):
        assert spec.lesions == spec.epidurals == ()


def test_every_grade_occurs_when_epidural_tumour_is_oversampled() -> None:
    drawn = [
        each for spec in _draw(300, replace(EVERYONE_ILL, epidural_chance=1.0)) for each in spec.epidurals
    ]
    assert {each.grade for each in drawn} == set(EsccGrade)
    assert len(drawn) == 300


def test_several_epidural_tumours_keep_a_level_between_them() -> None:
    many = replace(EVERYONE_ILL, epidural_chance=1.0, mean_epidural_count=6.0, mean_lesion_count=9.0)
    counts = []
    for spec in _draw(60, many):
        places = sorted(spec.numbering.levels.index(each.level) for each in spec.epidurals)
        assert all(lower - upper > 1 for upper, lower in pairwise(places))
        counts.append(len(places))
    assert max(counts) > 3
    assert all(len(spec.epidurals) <= 1 for spec in _draw(60, replace(EVERYONE_ILL, epidural_chance=1.0)))


def test_epidural_tumour_comes_from_a_lesion_at_the_back_of_the_body() -> None:
    for spec in _draw(100, replace(EVERYONE_ILL, epidural_chance=1.0)):
        for epidural in spec.epidurals:
            source = [lesion for lesion in spec.lesions if lesion.level is epidural.level]
            assert source
            if epidural.grade is not EsccGrade.G0:
                assert source[0].centre_body[1] < -0.3


def test_only_large_lesions_break_the_body() -> None:
    broken = 0
    for spec in _draw(300, EVERYONE_ILL):
        volume = {lesion.level: lesion.volume_ml for lesion in spec.lesions}
        for vertebra, healthy in zip(spec.vertebrae, HEALTHY.vertebrae, strict=True):
            if vertebra.collapse is not None and vertebra.level in volume:
                broken += 1
                assert 100 * volume[vertebra.level] / body_volume_ml(healthy) >= 35.0
    assert broken > 5


def test_osteoporotic_fractures_have_a_shape_without_convex_wall() -> None:
    only_fractures = tuple(float(kind is LookalikeKind.OSTEOPOROTIC_FRACTURE) for kind in LookalikeKind)
    priors = DiseasePriors(lesion_free_chance=1.0, lookalike_chance=1.0, lookalike_weights=only_fractures)
    for spec in _draw(20, priors):
        fractured = {each.level for each in spec.lookalikes}
        collapsed = {each.level: each.collapse for each in spec.vertebrae if each.collapse is not None}
        assert fractured == set(collapsed)
        assert all(collapse.convex_bulge_mm == 0 for collapse in collapsed.values())


def test_same_seed_gives_the_same_patient() -> None:
    first, second = (
        draw_disease(HEALTHY, np.random.default_rng(9), EVERYONE_ILL, ALL_LEVELS) for _ in range(2)
    )
    assert first == second


def test_levels_without_a_body_are_refused() -> None:
    with pytest.raises(ValueError, match="vertebral body"):
        draw_disease(HEALTHY, np.random.default_rng(0), EVERYONE_ILL, (Level.C1, Level.OCCIPUT))


@pytest.mark.parametrize(
    "changes",
    [
        {"epidural_chance": 1.5},
        {"grade_weights": (1.0, 1.0)},
        {"mean_lesion_count": 0.5},
        {"thoracic_weight": -1.0},
    ],
)
def test_impossible_priors_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        DiseasePriors(**changes)  # type: ignore[arg-type]


def test_impossible_lesion_priors_are_refused() -> None:
    with pytest.raises(ValueError, match="smallest_ml"):
        LesionPriors(smallest_ml=0.0)
