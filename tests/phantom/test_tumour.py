"""Bone metastases on a digital spine: volume, place, spread, breach."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage

from spinemets.anatomy import Anatomy, BoneLesionType, Element
from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.spec import LesionShape, LesionSpec
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue
from spinemets.phantom.tumour import paint_lesion

BuildSpine = Callable[[str], DigitalSpine]


def _lesion(spine: DigitalSpine, **changes: object) -> LesionSpec:
    values: dict[str, object] = {
        "level": spine.frames[1].level,
        "bone_type": BoneLesionType.LYTIC,
        "shape": LesionShape.FOCAL,
        "centre_body": (0.2, -0.4, 0.1),
        "volume_ml": 2.0,
        "elongation": (1.0, 1.0, 1.0),
        "spreads_to_left": False,
        "spreads_to_right": False,
        "breaches_cortex": False,
        "paravertebral": False,
        "halo": False,
        "seed": 11,
    }
    return LesionSpec(**(values | changes))  # type: ignore[arg-type]


def _paint(spine: DigitalSpine, spec: LesionSpec) -> SpineMaps:
    maps = SpineMaps.of(spine).copy()
    paint_lesion(maps, spine.frame(spec.level), spec, code=1)
    return maps


def _in_bone_ml(maps: SpineMaps) -> float:
    return float(np.count_nonzero((maps.lesion > 0) & (maps.level > 0))) * maps.voxel_ml


@pytest.mark.parametrize("region", ["cervical", "thoracic", "lumbar"])
@pytest.mark.parametrize("volume_ml", [0.1, 0.5, 2.0])
def test_volume_is_the_asked_one(straight_spine: BuildSpine, region: str, volume_ml: float) -> None:
    spine = straight_spine(region)
    maps = _paint(spine, _lesion(spine, volume_ml=volume_ml))
    assert _in_bone_ml(maps) == pytest.approx(volume_ml, rel=0.05)


def test_contained_lesion_stays_in_the_marrow_of_its_body(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    maps = _paint(spine, _lesion(spine, volume_ml=6.0, shape=LesionShape.DIFFUSE))
    lesion = maps.lesion > 0
    assert set(np.unique(spine.tissue[lesion])) == {Tissue.BODY_MARROW}
    assert set(np.unique(spine.level[lesion])) == {spine.frames[1].level.code}
    assert ndimage.label(lesion)[1] == 1


def test_tumour_follows_the_pedicle_into_the_arch_on_the_asked_side(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    maps = _paint(spine, _lesion(spine, volume_ml=5.0, spreads_to_right=True))
    shares = {
        element: (maps.lesion[maps.element == element] > 0).mean()
        for element in (Element.RIGHT_PEDICLE, Element.LEFT_PEDICLE, Element.LEFT_LAMINA)
    }
    assert shares[Element.RIGHT_PEDICLE] > 0.25 / 3  # of three vertebrae one is diseased
    assert shares[Element.LEFT_PEDICLE] == shares[Element.LEFT_LAMINA] == 0
    assert ndimage.label(maps.lesion > 0, structure=np.ones((3, 3, 3)))[1] == 1


def test_breach_with_paravertebral_mass_grows_beside_the_body(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    spec = _lesion(spine, centre_body=(0.8, 0.0, 0.0), breaches_cortex=True, paravertebral=True)
    maps = _paint(spine, spec)
    outside = (maps.lesion > 0) & (maps.level == 0)
    right_mm = np.argwhere(outside)[:, 0] * maps.affine_ras[0, 0] + maps.affine_ras[0, 3]
    assert np.count_nonzero(outside) * maps.voxel_ml > 1.0
    assert right_mm.mean() > spine.frames[1].half_size_mm[0]
    assert set(np.unique(maps.tissue[outside])) == {Tissue.SOFT_TISSUE_TUMOUR}
    assert set(np.unique(spine.anatomy[outside])) == {Anatomy.BACKGROUND}
    assert ndimage.label(maps.lesion > 0, structure=np.ones((3, 3, 3)))[1] == 1


def test_lesion_never_crosses_disc_or_canal(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    spec = _lesion(spine, volume_ml=9.0, breaches_cortex=True, centre_body=(0.0, -0.8, -0.8))
    maps = _paint(spine, spec)
    spared = np.isin(spine.anatomy, (Anatomy.DISC, Anatomy.CORD, Anatomy.THECAL_SAC, Anatomy.EPIDURAL_SPACE))
    assert not (maps.lesion[spared] > 0).any()


def test_lesion_of_the_posterior_elements_spares_the_body(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    maps = _paint(spine, _lesion(spine, centre_body=(0.0, -3.0, -0.3), volume_ml=0.5))
    elements = set(np.unique(maps.element[maps.lesion > 0]).tolist())
    assert Element.SPINOUS_PROCESS in elements
    assert Element.BODY not in elements


@pytest.mark.parametrize(
    ("bone_type", "tissues"),
    [
        (BoneLesionType.LYTIC, {Tissue.LYTIC_TUMOUR}),
        (BoneLesionType.BLASTIC, {Tissue.BLASTIC_TUMOUR}),
        (BoneLesionType.MIXED, {Tissue.LYTIC_TUMOUR, Tissue.MIXED_TUMOUR, Tissue.BLASTIC_TUMOUR}),
    ],
)
def test_bone_type_gives_the_tissue(
    straight_spine: BuildSpine, bone_type: BoneLesionType, tissues: set[Tissue]
) -> None:
    spine = straight_spine("thoracic")
    maps = _paint(spine, _lesion(spine, bone_type=bone_type))
    assert set(np.unique(maps.tissue[maps.lesion > 0])) == tissues


def test_halo_is_the_rim_of_the_lesion(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    maps = _paint(spine, _lesion(spine, volume_ml=3.0, halo=True))
    depth = ndimage.distance_transform_edt(maps.lesion > 0)
    assert depth[maps.tissue == Tissue.TUMOUR_HALO].max() < depth[maps.tissue == Tissue.LYTIC_TUMOUR].min()


def test_same_specification_gives_the_same_voxels(straight_spine: BuildSpine) -> None:
    spine = straight_spine("thoracic")
    spec = _lesion(spine, bone_type=BoneLesionType.MIXED, breaches_cortex=True, paravertebral=True)
    first, second = _paint(spine, spec), _paint(spine, spec)
    assert all(one.tobytes() == two.tobytes() for one, two in zip(first.arrays, second.arrays, strict=True))
