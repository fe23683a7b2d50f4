"""What is true of every vertebra: of a straight spine, and of one that was changed."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np
import pytest

from spinemets.anatomy import Anatomy, BoneLesionType, EsccGrade, Level
from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.disease_paint import paint_disease
from spinemets.phantom.disease_request import with_epidural, with_lesion
from spinemets.phantom.spec import EpiduralSide
from spinemets.phantom.vertebra_truth import VertebraTruth, measure_vertebrae

BuildSpine = Callable[[str], DigitalSpine]


def of_level(spine: DigitalSpine, level: Level = Level.T8) -> VertebraTruth:
    (own,) = [one for one in measure_vertebrae(spine) if one.level is level]
    return own


def test_a_straight_spine(straight_spine: BuildSpine) -> None:
    own = of_level(straight_spine("thoracic"))
    assert own.heights_mm == pytest.approx((20.0, 20.0, 20.0), abs=0.8)
    assert own.is_reference
    assert own.kyphosis_deg == pytest.approx(0.0, abs=0.1)
    assert own.wall_offset_mm == pytest.approx(0.0, abs=0.8)
    assert own.canal is not None
    assert own.canal.narrowing_percent == pytest.approx(0.0, abs=8.0)
    assert own.canal.epidural_ml == own.canal.epidural_extent_mm == 0.0


def test_tumour_makes_a_body_no_reference(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    spec = with_lesion(spine.spec, Level.T8, BoneLesionType.LYTIC, 2.0, seed=1)
    painted = paint_disease(replace(spine, spec=spec))
    assert {one.level for one in measure_vertebrae(painted) if not one.is_reference} == {Level.T8}


def test_a_body_behind_its_neighbours(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    own = spine.level == Level.T8.code
    level = np.where(own, 0, spine.level)
    back = np.roll(own, -4, axis=1)
    level[back] = Level.T8.code
    element = np.where(own, 0, spine.element)
    element[back] = np.roll(np.where(own, spine.element, 0), -4, axis=1)[back]
    moved = of_level(replace(spine, level=level.astype(np.uint8), element=element.astype(np.uint8)))
    assert moved.wall_offset_mm == pytest.approx(4 * 0.75, abs=0.8)


def test_epidural_tumour_narrows_the_canal(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    spec = with_epidural(spine.spec, Level.T8, EsccGrade.G3, EpiduralSide.VENTRAL, seed=1)
    painted = paint_disease(replace(spine, spec=spec))
    canal = of_level(painted).canal
    assert canal is not None
    assert canal.narrowing_percent is not None
    assert canal.narrowing_percent > 40.0
    tumour = (painted.lesion > 0) & (painted.anatomy == Anatomy.EPIDURAL_SPACE)
    every = [one.canal.epidural_ml for one in measure_vertebrae(painted) if one.canal is not None]
    assert sum(every) == pytest.approx(np.count_nonzero(tumour) * 0.75**3 / 1000.0, rel=0.02)
    assert 15.0 < canal.epidural_extent_mm < 30.0


def test_where_the_maps_end_a_canal_is_not_judged(straight_spine: BuildSpine) -> None:
    canal = of_level(straight_spine("thoracic"), Level.T7).canal
    assert canal is None or canal.narrowing_percent is None


def test_records_are_json(straight_spine: BuildSpine) -> None:
    for one in measure_vertebrae(straight_spine("lumbar")):
        assert json.loads(json.dumps(asdict(one), allow_nan=False))["level"] == one.level.value
