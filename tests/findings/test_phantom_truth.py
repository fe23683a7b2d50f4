"""Measurements on true masks of diseased phantoms stay within the project's limits of the truth."""

from dataclasses import replace

import numpy as np
import pytest

from findings.phantom_station import healthy_spec, piece_of_spine
from spinemets.anatomy import BoneLesionType, EsccGrade, Level
from spinemets.findings.records import WallShape
from spinemets.findings.usual_heights import usual_height_mm
from spinemets.phantom.disease_request import with_collapse, with_epidural, with_lesion, with_slip
from spinemets.phantom.spec import CollapseSpec, EpiduralSide
from spinemets.scoring.escc import grade_escc

# What the project asks of its measurements on true masks.
LOSS_POINTS, INVOLVED_POINTS, KYPHOSIS_DEG, OFFSET_MM, VOLUME_SHARE = 5.0, 5.0, 3.0, 1.5, 0.10


@pytest.fixture(scope="module")
def broken():
    """T12 has lost 45 % of its front and bulges backwards, with tumour; oblique slices, from the left."""
    spec = with_lesion(healthy_spec(11), Level.T12, BoneLesionType.LYTIC, 7.0, seed=1, spreads_to_left=True)
    spec = with_collapse(spec, Level.T12, CollapseSpec(45.0, 35.0, 15.0, convex_bulge_mm=2.0))
    return piece_of_spine(spec, Level.T8, Level.L3, (4.0, -5.0, 6.0), from_left=True)


@pytest.fixture(scope="module")
def compressed():
    """Tumour of T6 compresses the cord; the upper thoracic spine is tilted by half a right angle."""
    spec = with_lesion(healthy_spec(3), Level.T6, BoneLesionType.LYTIC, 4.0, seed=2)
    spec = with_epidural(spec, Level.T6, EsccGrade.G3, EpiduralSide.VENTRAL, seed=2)
    return piece_of_spine(
        replace(spec, curve=replace(spec.curve, thoracic_kyphosis_deg=50.0)), Level.T2, Level.T9
    )


@pytest.fixture(scope="module")
def slipped():
    """L3 stands before L4; a small lesion lies in L2."""
    spec = with_lesion(healthy_spec(8), Level.L2, BoneLesionType.BLASTIC, 1.6, seed=4)
    return piece_of_spine(with_slip(spec, Level.L3, 6.0), Level.T11, Level.L5, (0.0, 6.0, -4.0))


@pytest.fixture(scope="module", params=["broken", "compressed", "slipped"])
def piece(request):
    return request.getfixturevalue(request.param)


def measured(piece):
    """(level, what was found, what is true) of the vertebrae that are wholly seen."""
    for own in piece.found.vertebrae:
        level = piece.station.levels[own.number - 1]
        if own.whole and level in piece.vertebrae:
            yield level, own, piece.vertebrae[level]


def heights(truth, level):
    return np.array(truth[level].heights_mm) / usual_height_mm(level)


def test_height_loss_against_the_same_neighbours(piece):
    for level, own, _ in measured(piece):
        numbers = own.body.references
        table = np.array([heights(piece.vertebrae, piece.station.levels[one - 1]) for one in numbers])
        intact = [np.interp(own.number, numbers, table[:, third]) for third in range(3)]
        true = 100.0 * (1.0 - heights(piece.vertebrae, level) / intact)
        losses = [own.body.loss_anterior, own.body.loss_middle, own.body.loss_posterior]
        assert np.array([one.value for one in losses]) == pytest.approx(true, abs=LOSS_POINTS), level


def test_alignment(piece):
    found = 0
    for level, own, truth in measured(piece):
        if own.alignment.kyphosis.value is not None:
            assert own.alignment.kyphosis.value == pytest.approx(truth.kyphosis_deg, abs=KYPHOSIS_DEG), level
            if truth.wall_offset_mm is not None:
                assert own.body.wall_offset.value == pytest.approx(truth.wall_offset_mm, abs=OFFSET_MM), level
            found += 1
    assert found >= 2


def test_lesions(piece):
    truth = {one.code: one for one in piece.truth.lesions}
    for lesion in piece.found.lesions:
        own = truth[lesion.number]
        volume_ml = own.bone_volume_ml + own.soft_tissue_volume_ml + own.epidural_volume_ml
        assert volume_ml > 1.0
        assert lesion.volume.value == pytest.approx(volume_ml, rel=VOLUME_SHARE)
        assert lesion.largest_diameter.value == pytest.approx(own.diameter_mm, abs=4.0)
    for level in piece.truth.levels:
        involved = piece.vertebra(level.level).body.involved.value
        assert involved == pytest.approx(level.sins.involved_percent, abs=INVOLVED_POINTS)


def test_posterolateral_item_holds_the_truth(piece):
    for level in piece.truth.levels:
        sins = piece.vertebra(level.level).sins
        if sins is not None:
            assert level.sins.posterolateral in sins.posterolateral.values


def test_canal(piece):
    for level, own, truth in measured(piece):
        wanted = truth.canal.narrowing_by_neighbours_percent
        if own.canal.narrowing.value is not None and wanted is not None:
            assert own.canal.narrowing.value == pytest.approx(wanted, abs=10.0), level
        if not own.canal.epidural_tumour.at_least:
            assert own.canal.epidural_tumour.value == pytest.approx(truth.canal.epidural_ml, abs=0.4), level


def test_grade_of_the_geometry_holds_the_truth(piece):
    true = {level.level: level.escc for level in piece.truth.levels}
    for level, own, _ in measured(piece):
        grades = grade_escc(piece.escc[own.number]).grades
        assert true.get(level, EsccGrade.G0) in grades, level


def test_the_broken_body(broken):
    own = broken.vertebra(Level.T12)
    assert own.body.loss_anterior.value == pytest.approx(45.0, abs=LOSS_POINTS)
    assert own.body.loss_middle.value == pytest.approx(35.0, abs=LOSS_POINTS)
    assert own.body.wall_shape is WallShape.CONVEX
    assert broken.vertebra(Level.L1).body.wall_shape is WallShape.STRAIGHT


def test_the_compressed_cord(compressed):
    assert grade_escc(compressed.escc[compressed.vertebra(Level.T6).number]).grades == (EsccGrade.G3,)
    assert compressed.vertebra(Level.T6).canal.narrowing.value > 50.0


def test_the_slip(slipped):
    assert slipped.vertebra(Level.L3).alignment.slip.value == pytest.approx(6.0, abs=OFFSET_MM)
