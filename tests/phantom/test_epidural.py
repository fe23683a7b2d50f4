"""Epidural tumour has the asked grade on the voxels, for every grade, side and region."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spinemets.anatomy import Anatomy, EsccGrade
from spinemets.phantom.canal_curve import CanalCurve
from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.epidural import paint_epidural
from spinemets.phantom.escc_measure import SectionMeasure, measure_along_canal
from spinemets.phantom.spec import EpiduralSide, EpiduralSpec
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue

BuildSpine = Callable[[str], DigitalSpine]
TUMOUR_GRADES = tuple(EsccGrade)[1:]
REGIONS = ("cervical", "thoracic", "lumbar")


def _paint(
    spine: DigitalSpine,
    grade: EsccGrade,
    side: EpiduralSide,
    *,
    seed: int = 1,
    extent_mm: float = 24.0,
    curtain: bool = False,
) -> tuple[SpineMaps, CanalCurve]:
    maps, curve = SpineMaps.of(spine).copy(), CanalCurve.of(spine.canal)
    level = spine.frames[1].level
    paint_epidural(maps, curve, EpiduralSpec(level, grade, side, extent_mm, curtain, seed), lesion_code=1)
    return maps, curve


def _worst(maps: SpineMaps, curve: CanalCurve) -> SectionMeasure:
    middle = len(curve.levels) // 2
    measures = measure_along_canal(maps, curve, np.arange(middle - 15, middle + 16))
    return max(measures, key=lambda measure: measure.grade.rank)


@pytest.mark.parametrize(("region", "side", "grade"), [*product(REGIONS, EpiduralSide, TUMOUR_GRADES)])
def test_measured_grade_is_the_asked_one(
    straight_spine: BuildSpine, region: str, side: EpiduralSide, grade: EsccGrade
) -> None:
    assert _worst(*_paint(straight_spine(region), grade, side)).grade is grade


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    extent_mm=st.floats(8.0, 38.0),
    grade=st.sampled_from(TUMOUR_GRADES),
    side=st.sampled_from((EpiduralSide.VENTRAL, EpiduralSide.CIRCUMFERENTIAL)),
)
def test_grade_holds_for_any_seed_and_extent_with_a_spared_midline(
    straight_spine: BuildSpine, seed: int, extent_mm: float, grade: EsccGrade, side: EpiduralSide
) -> None:
    maps, curve = _paint(
        straight_spine("thoracic"), grade, side, seed=seed, extent_mm=extent_mm, curtain=True
    )
    assert _worst(maps, curve).grade is grade


def test_grade_0_changes_nothing(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    maps, _ = _paint(spine, EsccGrade.G0, EpiduralSide.VENTRAL)
    assert all(
        np.array_equal(ours, own) for ours, own in zip(maps.arrays, SpineMaps.of(spine).arrays, strict=True)
    )


def test_1a_leaves_sac_and_cord_as_they_are(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    maps, _ = _paint(spine, EsccGrade.G1A, EpiduralSide.LEFT)
    inside = np.isin(spine.anatomy, (Anatomy.THECAL_SAC, Anatomy.CORD))
    assert (maps.lesion > 0).any()
    assert np.array_equal(maps.tissue[inside], spine.tissue[inside])


def test_grade_3_leaves_no_csf_in_the_worst_section(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    maps, _ = _paint(spine, EsccGrade.G3, EpiduralSide.VENTRAL)
    height = round(-maps.affine_ras[2, 3] / maps.affine_ras[2, 2])
    assert (maps.anatomy[:, :, height] == Anatomy.CORD).any()
    assert not (maps.tissue[:, :, height] == Tissue.CEREBROSPINAL_FLUID).any()


@pytest.mark.parametrize(
    ("side", "axis", "sign"),
    [
        (EpiduralSide.RIGHT, 0, 1),
        (EpiduralSide.LEFT, 0, -1),
        (EpiduralSide.VENTRAL, 1, 1),
        (EpiduralSide.DORSAL, 1, -1),
    ],
)
def test_cord_moves_away_from_tumour(
    straight_spine: BuildSpine, side: EpiduralSide, axis: int, sign: int
) -> None:
    spine = straight_spine("thoracic")
    maps, curve = _paint(spine, EsccGrade.G2, side)
    tumour = np.argwhere(maps.lesion > 0) * maps.affine_ras[0, 0] + maps.affine_ras[:3, 3]
    middle = np.abs(tumour[:, 2]) < 2.0
    cord = np.argwhere(maps.anatomy == Anatomy.CORD) * maps.affine_ras[0, 0] + maps.affine_ras[:3, 3]
    at_tumour = np.abs(cord[:, 2]) < 2.0
    centre = curve.centre_ras_mm[0, axis]
    assert sign * (tumour[middle, axis].mean() - centre) > 2.0
    assert sign * (cord[at_tumour, axis].mean() - centre) < -0.5


def test_tumour_is_epidural_in_every_map(straight_spine: BuildSpine) -> None:
    maps, _ = _paint(straight_spine("thoracic"), EsccGrade.G2, EpiduralSide.VENTRAL)
    tumour = maps.lesion > 0
    assert set(np.unique(maps.tissue[tumour])) == {Tissue.SOFT_TISSUE_TUMOUR}
    assert set(np.unique(maps.anatomy[tumour])) == {Anatomy.EPIDURAL_SPACE}


def test_cord_tissue_lies_where_the_cord_is(straight_spine: BuildSpine) -> None:
    maps, _ = _paint(straight_spine("cervical"), EsccGrade.G2, EpiduralSide.RIGHT)
    in_cord = np.isin(maps.tissue, (Tissue.CORD_WHITE_MATTER, Tissue.CORD_GREY_MATTER))
    assert np.array_equal(in_cord, maps.anatomy == Anatomy.CORD)


def test_unknown_level_is_refused(straight_spine: BuildSpine) -> None:
    cervical, lumbar = straight_spine("cervical"), straight_spine("lumbar")
    spec = EpiduralSpec(lumbar.frames[1].level, EsccGrade.G2, EpiduralSide.LEFT, 20.0, False, 1)
    with pytest.raises(KeyError):
        paint_epidural(SpineMaps.of(cervical).copy(), CanalCurve.of(cervical.canal), spec, 1)
