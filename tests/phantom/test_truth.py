"""The truth is what is on the voxels, also where the specification says otherwise."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from spinemets.anatomy import BoneLesionType, Element, EsccGrade, Level
from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.disease_paint import paint_disease
from spinemets.phantom.disease_request import with_epidural, with_lesion
from spinemets.phantom.spec import EpiduralSide, LesionSpec, LookalikeKind, LookalikeSpec, SpineSpec
from spinemets.phantom.truth import SpineTruth, measure_truth, truth_of_slices
from spinemets.scoring.sins_items import Alignment, Posterolateral

BuildSpine = Callable[[str], DigitalSpine]


def _painted(spine: DigitalSpine, spec: SpineSpec) -> DigitalSpine:
    return paint_disease(replace(spine, spec=spec))


def _truth(spine: DigitalSpine, spec: SpineSpec) -> SpineTruth:
    return measure_truth(_painted(spine, spec))


def test_healthy_spine_has_nothing(straight_spine: BuildSpine) -> None:
    assert measure_truth(straight_spine("thoracic")) == SpineTruth((), ())


def test_lookalikes_are_not_truth(straight_spine: BuildSpine) -> None:
    spine = straight_spine("lumbar")
    lookalikes = tuple(LookalikeSpec(Level.L3, kind, 7.0, 1) for kind in LookalikeKind)
    assert _truth(spine, replace(spine.spec, lookalikes=lookalikes)) == SpineTruth((), ())


def test_lesion_is_measured(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    spec = with_lesion(spine.spec, Level.T8, BoneLesionType.BLASTIC, 1.5, seed=3)
    truth = _truth(spine, spec)
    (lesion,) = truth.lesions
    assert lesion.bone_volume_ml == pytest.approx(1.5, rel=0.05)
    assert lesion.bone_type is BoneLesionType.BLASTIC
    assert lesion.levels == (Level.T8,)
    assert lesion.elements == (Element.BODY,)
    assert not lesion.breaches_cortex
    assert not lesion.touches_border
    # A sphere of 1.5 mL is 14 mm across; a lobulated one is longer.
    assert 13.0 < lesion.diameter_mm < 26.0


@pytest.mark.parametrize("bone_type", BoneLesionType)
def test_bone_type_agrees_with_the_specification(
    straight_spine: BuildSpine, bone_type: BoneLesionType
) -> None:
    spine = straight_spine("thoracic")
    truth = _truth(spine, with_lesion(spine.spec, Level.T8, bone_type, 3.0, seed=3))
    assert truth.levels[0].sins.bone_type is bone_type


@pytest.mark.parametrize(
    ("left", "right", "finding"),
    [
        (False, False, Posterolateral.NONE),
        (True, False, Posterolateral.UNILATERAL),
        (False, True, Posterolateral.UNILATERAL),
        (True, True, Posterolateral.BILATERAL),
    ],
)
def test_posterolateral_involvement_agrees_with_the_specification(
    straight_spine: BuildSpine, left: bool, right: bool, finding: Posterolateral
) -> None:
    spine = straight_spine("lumbar")
    spec = with_lesion(
        spine.spec, Level.L3, BoneLesionType.LYTIC, 6.0, seed=2, spreads_to_left=left, spreads_to_right=right
    )
    sins = _truth(spine, spec).levels[0].sins
    assert sins.posterolateral is finding
    assert (sins.left_replaced_share > 0) is left
    assert (sins.right_replaced_share > 0) is right


def test_involved_share_is_that_of_the_body(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    body = (spine.element == Element.BODY) & (spine.level == Level.T8.code)
    body_ml = np.count_nonzero(body) * 0.75**3 / 1000
    truth = _truth(spine, with_lesion(spine.spec, Level.T8, BoneLesionType.LYTIC, 3.0, seed=2))
    assert truth.levels[0].sins.involved_percent == pytest.approx(100 * 3.0 / body_ml, rel=0.05)


def test_intact_body_has_no_collapse_and_normal_alignment(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    sins = _truth(spine, with_lesion(spine.spec, Level.T8, BoneLesionType.LYTIC, 1.0, seed=2)).levels[0].sins
    assert sins.collapse_percent == pytest.approx(0.0, abs=3.0)
    assert sins.alignment is Alignment.NORMAL


def test_removed_bone_is_measured_as_collapse(straight_spine: BuildSpine) -> None:
    """The front of the body loses 8 of 20 mm: 40 % at the anterior third."""
    spine = straight_spine("thoracic")
    painted = _painted(spine, with_lesion(spine.spec, Level.T8, BoneLesionType.LYTIC, 1.0, seed=2))
    index = np.indices(spine.tissue.shape)[1:] * 0.75 + spine.near_affine_ras[1:3, 3, None, None, None]
    removed = (painted.level == Level.T8.code) & (index[0] > 4.0) & (index[1] > 2.0)
    level, element = painted.level.copy(), painted.element.copy()
    level[removed], element[removed] = 0, 0
    sins = measure_truth(replace(painted, level=level, element=element)).levels[0].sins
    assert sins.loss_anterior_percent == pytest.approx(40.0, abs=5.0)
    assert sins.loss_posterior_percent == pytest.approx(0.0, abs=3.0)
    assert sins.collapse_percent == sins.loss_anterior_percent


def _moved_forwards(spine: DigitalSpine, levels: tuple[Level, ...], voxels: int) -> DigitalSpine:
    codes = [level.code for level in levels]
    own = np.isin(spine.level, codes)
    level, element = np.where(own, 0, spine.level), np.where(own, 0, spine.element)
    moved_level, moved_element = (
        np.roll(np.where(own, codes_of, 0), voxels, axis=1) for codes_of in (spine.level, spine.element)
    )
    level[moved_level > 0], element[moved_level > 0] = (
        moved_level[moved_level > 0],
        moved_element[moved_level > 0],
    )
    return replace(spine, level=level, element=element)


def test_slip_with_all_that_lies_above_is_translation(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    painted = _painted(spine, with_lesion(spine.spec, Level.T8, BoneLesionType.LYTIC, 1.0, seed=2))
    sins = measure_truth(_moved_forwards(painted, (Level.T7, Level.T8), 6)).levels[0].sins
    assert sins.slip_mm == pytest.approx(6 * 0.75, abs=0.8)
    assert sins.alignment is Alignment.TRANSLATION


def test_body_out_of_line_between_aligned_neighbours_is_no_translation(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    painted = _painted(spine, with_lesion(spine.spec, Level.T8, BoneLesionType.LYTIC, 1.0, seed=2))
    sins = measure_truth(_moved_forwards(painted, (Level.T8,), 6)).levels[0].sins
    assert sins.alignment is Alignment.NORMAL


def test_worst_grade_of_the_level_and_what_reaches_the_neighbours(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    spec = with_epidural(spine.spec, Level.T8, EsccGrade.G2, EpiduralSide.VENTRAL, seed=1, extent_mm=38.0)
    grades = {level.level: level.escc for level in _truth(spine, spec).levels}
    assert grades[Level.T8] is EsccGrade.G2
    assert set(grades) == {Level.T7, Level.T8, Level.T9}
    assert all(grade.rank < EsccGrade.G2.rank for level, grade in grades.items() if level is not Level.T8)


def test_below_the_conus_the_cauda_equina_is_marked(straight_spine: BuildSpine) -> None:
    spine = straight_spine("lumbar")
    spec = with_epidural(spine.spec, Level.L3, EsccGrade.G3, EpiduralSide.VENTRAL, seed=1)
    (level,) = [each for each in _truth(spine, spec).levels if each.level is Level.L3]
    assert level.escc is EsccGrade.G3
    assert not level.has_cord


def _axial_series(spacing_mm: float = 4.0, count: int = 15, tilt_deg: float = 0.0) -> np.ndarray:
    """Index (slice, row, column) of axial slices from head to feet, rows to the back, columns to the left."""
    rotation = Rotation.from_euler("x", tilt_deg, degrees=True).as_matrix()
    affine = np.eye(4)
    affine[:3, 0] = rotation @ (0, 0, -spacing_mm)
    affine[:3, 1] = rotation @ (0, -0.6, 0)
    affine[:3, 2] = rotation @ (-0.6, 0, 0)
    affine[:3, 3] = -affine[:3, :3] @ ((count - 1) / 2, 64, 64) + (0.0, -22.0, 0.0)
    return affine


@pytest.mark.parametrize("tilt_deg", [0.0, 15.0, -12.0])
@pytest.mark.parametrize("grade", [EsccGrade.G1B, EsccGrade.G3])
def test_slices_rise_to_the_grade_and_fall_again(
    straight_spine: BuildSpine, grade: EsccGrade, tilt_deg: float
) -> None:
    spine = straight_spine("thoracic")
    painted = _painted(spine, with_epidural(spine.spec, Level.T8, grade, EpiduralSide.VENTRAL, seed=1))
    grades = truth_of_slices(painted, _axial_series(tilt_deg=tilt_deg), (15, 128, 128))
    ranks = [each.rank for each in grades if each is not None]
    peak = int(np.argmax(ranks))
    assert max(ranks) == grade.rank
    assert ranks[:peak] == sorted(ranks[:peak])
    assert ranks[0] == ranks[-1] == 0


def test_flipped_series_has_the_same_grades_in_reverse(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    painted = _painted(spine, with_epidural(spine.spec, Level.T8, EsccGrade.G2, EpiduralSide.LEFT, seed=1))
    affine = _axial_series()
    reverse = affine.copy()
    reverse[:3, 0], reverse[:3, 3] = -affine[:3, 0], affine[:3, 3] + 14 * affine[:3, 0]
    shape = (15, 128, 128)
    assert truth_of_slices(painted, reverse, shape) == truth_of_slices(painted, affine, shape)[::-1]


def test_slices_that_do_not_cut_across_the_canal_have_no_grade(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    sagittal = _axial_series()[:, [2, 1, 0, 3]]
    assert set(truth_of_slices(spine, sagittal, (128, 128, 15))) == {None}
    away = _axial_series()
    away[2, 3] += 500
    assert set(truth_of_slices(spine, away, (15, 128, 128))) == {None}
    beside = _axial_series()
    beside[0, 3] += 200
    assert set(truth_of_slices(spine, beside, (15, 128, 128))) == {None}


def test_record_is_json_with_units(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    spec = with_epidural(spine.spec, Level.T8, EsccGrade.G1C, EpiduralSide.RIGHT, seed=1)
    record = json.loads(json.dumps(_truth(spine, spec).as_json(), allow_nan=False))
    (own,) = [each for each in record["levels"] if each["sins"]["level"] == "T8"]
    assert own["escc"] == "1c"
    assert own["sins"]["location"] == "semirigid"
    assert own["sins"]["bone_type"] == "lytic"
    assert own["sins"]["collapse_percent"] == pytest.approx(0.0, abs=3.0)
    assert record["lesions"][0]["elements"] == ["body"]
    assert record["lesions"][0]["bone_volume_ml"] == pytest.approx(2.5, rel=0.05)


def test_epidural_tumour_without_any_lesion_is_refused(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    spec = with_epidural(spine.spec, Level.T8, EsccGrade.G2, EpiduralSide.LEFT, seed=1)
    no_lesions: tuple[LesionSpec, ...] = ()
    with pytest.raises(ValueError, match="bone lesion"):
        _painted(spine, replace(spec, lesions=no_lesions))


def test_requests_are_checked(straight_spine: BuildSpine) -> None:
    spec = straight_spine("thoracic").spec
    with pytest.raises(ValueError, match="no L3"):
        with_lesion(spec, Level.L3, BoneLesionType.LYTIC, 1.0, seed=1)
    with pytest.raises(ValueError, match="volume_ml"):
        with_lesion(spec, Level.T8, BoneLesionType.LYTIC, 0.0, seed=1)
    with pytest.raises(ValueError, match="extent_mm"):
        with_epidural(spec, Level.T8, EsccGrade.G2, EpiduralSide.LEFT, seed=1, extent_mm=0.0)
