"""Disease on a whole drawn spine: what was asked is what the voxels show."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from spinemets.anatomy import BoneLesionType, EsccGrade, Level
from spinemets.phantom.build import BoxRas, GridSettings, build_spine
from spinemets.phantom.chain import frames_of
from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.disease import draw_disease
from spinemets.phantom.disease_paint import paint_disease
from spinemets.phantom.disease_priors import DiseasePriors
from spinemets.phantom.disease_request import with_collapse, with_epidural, with_lesion, with_slip
from spinemets.phantom.healthy import draw_healthy_spec
from spinemets.phantom.spec import CollapseSpec, EpiduralSide, SpineSpec
from spinemets.phantom.truth import LevelTruth, measure_truth
from spinemets.scoring.sins_items import Alignment, Posterolateral

HEALTHY = draw_healthy_spec(np.random.default_rng(2))
GRID = GridSettings(near_spacing_mm=0.8, far_spacing_mm=4.0, near_half_width_mm=36.0)


def _built(spec: SpineSpec, first: Level, last: Level) -> DigitalSpine:
    """A slab of the spine around some levels: small enough for a test."""
    frames = frames_of(spec)
    low, high = frames[last].origin_ras_mm, frames[first].origin_ras_mm
    middle = (low + high) / 2
    box = BoxRas(
        (middle[0] - 80, middle[1] - 120, low[2] - 22), (middle[0] + 80, middle[1] + 80, high[2] + 22)
    )
    return build_spine(spec, box, GRID)


@cache
def _healthy(first: Level, last: Level) -> DigitalSpine:
    return _built(HEALTHY, first, last)


def _level(spec: SpineSpec, level: Level, first: Level, last: Level) -> LevelTruth:
    truth = measure_truth(paint_disease(_built(spec, first, last)))
    (own,) = [each for each in truth.levels if each.level is level]
    return own


@pytest.mark.parametrize(
    ("level", "first", "last"),
    [(Level.C5, Level.C4, Level.C6), (Level.T8, Level.T7, Level.T9), (Level.L3, Level.L2, Level.L4)],
)
@pytest.mark.parametrize(
    ("grade", "side"),
    [
        (EsccGrade.G1A, EpiduralSide.LEFT),
        (EsccGrade.G1B, EpiduralSide.VENTRAL),
        (EsccGrade.G1C, EpiduralSide.RIGHT),
        (EsccGrade.G2, EpiduralSide.VENTRAL),
        (EsccGrade.G3, EpiduralSide.CIRCUMFERENTIAL),
    ],
)
def test_grade_on_the_voxels_is_the_asked_one(
    level: Level, first: Level, last: Level, grade: EsccGrade, side: EpiduralSide
) -> None:
    # Epidural tumour does not change the shape of bone: one drawing serves all grades.
    spine = replace(_healthy(first, last), spec=with_epidural(HEALTHY, level, grade, side, seed=3))
    grades = {each.level: each.escc for each in measure_truth(paint_disease(spine)).levels}
    assert grades[level] is grade


def test_broken_body_with_bilateral_spread_has_its_sins_items() -> None:
    spec = with_lesion(
        HEALTHY,
        Level.T12,
        BoneLesionType.LYTIC,
        8.0,
        seed=3,
        spreads_to_left=True,
        spreads_to_right=True,
    )
    spec = with_collapse(spec, Level.T12, CollapseSpec(60.0, 45.0, 20.0))
    sins = _level(spec, Level.T12, Level.T11, Level.L1).sins
    losses = (sins.loss_anterior_percent, sins.loss_middle_percent, sins.loss_posterior_percent)
    assert losses == pytest.approx((60.0, 45.0, 20.0), abs=5.0)
    # A reader who knows only the neighbours finds nearly the same.
    assert sins.loss_by_neighbours_percent == pytest.approx(60.0, abs=12.0)
    assert sins.bone_type is BoneLesionType.LYTIC
    assert sins.posterolateral is Posterolateral.BILATERAL
    assert sins.alignment is Alignment.DEFORMITY


def test_slip_is_measured_as_translation() -> None:
    spec = with_lesion(HEALTHY, Level.L4, BoneLesionType.LYTIC, 2.0, seed=1)
    sins = _level(with_slip(spec, Level.L4, 6.0), Level.L4, Level.L3, Level.S1).sins
    assert sins.slip_mm == pytest.approx(6.0, abs=1.5)
    assert sins.alignment is Alignment.TRANSLATION


def test_intact_vertebra_is_neither_broken_nor_displaced() -> None:
    spec = with_lesion(HEALTHY, Level.L3, BoneLesionType.MIXED, 2.0, seed=1)
    sins = _level(spec, Level.L3, Level.L2, Level.L4).sins
    assert sins.collapse_percent == pytest.approx(0.0, abs=3.0)
    assert abs(sins.slip_mm or 0.0) < 2.0
    assert sins.alignment is Alignment.NORMAL
    assert sins.posterolateral is Posterolateral.NONE


@pytest.mark.parametrize("seed", [1, 2])
def test_drawn_patients_have_what_was_drawn(seed: int) -> None:
    station = (Level.T7, Level.T8, Level.T9, Level.T10)
    priors = DiseasePriors(lesion_free_chance=0.0, epidural_chance=1.0)
    spec = draw_disease(HEALTHY, np.random.default_rng(seed), priors, station)
    truth = measure_truth(paint_disease(_built(spec, Level.T6, Level.T11)))
    assert [lesion.code for lesion in truth.lesions] == list(range(1, len(spec.lesions) + 1))
    for asked, found in zip(spec.lesions, truth.lesions, strict=True):
        assert asked.level in found.levels
        assert found.bone_volume_ml <= 1.05 * asked.volume_ml
    for epidural in spec.epidurals:
        (own,) = [each for each in truth.levels if each.level is epidural.level]
        assert own.escc is epidural.grade


def test_same_specification_gives_the_same_bytes_and_leaves_the_healthy_spine_alone() -> None:
    spec = with_epidural(HEALTHY, Level.T8, EsccGrade.G2, EpiduralSide.VENTRAL, seed=3)
    spine = replace(_healthy(Level.T7, Level.T9), spec=spec)
    before = spine.tissue.copy()
    first, second = paint_disease(spine), paint_disease(spine)
    assert first.tissue.tobytes() == second.tissue.tobytes() != before.tobytes()
    assert first.lesion.tobytes() == second.lesion.tobytes()
    assert np.array_equal(spine.tissue, before)


def test_disease_outside_the_box_is_left_out() -> None:
    spec = with_lesion(HEALTHY, Level.L3, BoneLesionType.LYTIC, 2.0, seed=1)
    spine = replace(_healthy(Level.T7, Level.T9), spec=spec)
    assert not paint_disease(spine).lesion.any()
