"""CT settles the type where it is in register; Dixon and ADC speak for or against malignancy."""

from dataclasses import replace

import numpy as np
import pytest

from findings.block_spine import BODY_MM, ball, block_maps
from spinemets.anatomy import BoneLesionType
from spinemets.findings.lesions import measure_lesions
from spinemets.findings.marrow_evidence import MarrowSettings
from spinemets.scoring.bone_signal import Suggestion
from spinemets.scoring.possible import Source
from spinemets.study.extra_images import ExtraImage
from spinemets.study.records import Weighting
from spinemets.volume import Volume

_LESION = ball((0.0, 0.0, 0.0), 8.0)
_AFFINE = np.array([[2.0, 0, 0, -50], [0, 2.0, 0, -75], [0, 0, 2.0, -60], [0, 0, 0, 1]])
_SHAPE = (50, 55, 60)
_X, _Y, _Z = (np.moveaxis(np.indices(_SHAPE), 0, -1) @ _AFFINE[:3, :3].T + _AFFINE[:3, 3]).transpose(
    3, 0, 1, 2
)


def _image(weighting, values, affine=_AFFINE):
    return ExtraImage(weighting, str(weighting), Volume(np.asarray(values, np.float32), affine))


def _ct(of_lesion, bone=160.0):
    bodies = (np.abs(_X) < BODY_MM[0] / 2) & (np.abs(_Y) < BODY_MM[1] / 2)
    values = np.where(bodies, bone, 40.0)
    inside = _LESION(_X, _Y, _Z)
    return _image(Weighting.CT, np.where(inside, of_lesion, values))


def _lesion(*extras, settings=None):
    maps = replace(block_maps(_LESION), extras=extras)
    (lesion,) = measure_lesions(maps, settings=settings or MarrowSettings())
    return lesion


def _flat(weighting, value):
    return _image(weighting, np.full(_SHAPE, value))


@pytest.mark.parametrize(
    ("density", "kind"),
    [
        (30.0, BoneLesionType.LYTIC),
        (600.0, BoneLesionType.BLASTIC),
        (np.where(_X < 0, 30.0, 600.0), BoneLesionType.MIXED),
    ],
)
def test_ct_settles_the_type(density, kind):
    lesion = _lesion(_ct(density))
    assert lesion.bone.values == (kind,)
    assert lesion.bone.source is Source.CT
    assert lesion.bone.needs_confirmation
    likely = max(lesion.bone_probabilities, key=lambda one: one.probability)
    assert likely.type is kind
    assert sum(one.probability for one in lesion.bone_probabilities) == pytest.approx(1.0)


def test_ct_out_of_register_is_not_believed():
    away = _AFFINE.copy()
    away[0, 3] += 400.0
    ct = _ct(600.0)
    for one in (_flat(Weighting.CT, 0.0), _image(Weighting.CT, ct.volume.array, away)):
        assert _lesion(one).bone.source is not Source.CT


def test_the_types_are_given_with_probabilities_without_ct():
    shares = {one.type: one.probability for one in _lesion().bone_probabilities}
    assert set(shares) == set(BoneLesionType)
    assert sum(shares.values()) == pytest.approx(1.0)


def test_a_small_drop_in_opposed_phase_suggests_malignancy():
    kept = (_flat(Weighting.DIXON_IN, 100.0), _flat(Weighting.DIXON_OPPOSED, 95.0))
    lost = (_flat(Weighting.DIXON_IN, 100.0), _flat(Weighting.DIXON_OPPOSED, 40.0))
    assert [one.suggests for one in _lesion(*kept).marrow] == [Suggestion.MALIGNANT]
    (evidence,) = _lesion(*lost).marrow
    assert evidence.suggests is Suggestion.BENIGN
    assert evidence.measured.value == pytest.approx(60.0)
    assert evidence.measured.trace.series == ("Dixon-in", "Dixon-opposed")


def test_without_a_limit_of_the_user_fat_and_diffusion_judge_nothing():
    extras = (
        _flat(Weighting.DIXON_WATER, 90.0),
        _flat(Weighting.DIXON_FAT, 10.0),
        _flat(Weighting.ADC, 800.0),
    )
    assert {one.suggests for one in _lesion(*extras).marrow} == {Suggestion.UNDETERMINED}
    judged = _lesion(*extras, settings=MarrowSettings(fat_fraction=0.2, adc_um2_s=1000.0)).marrow
    assert {one.suggests for one in judged} == {Suggestion.MALIGNANT}
    assert [one.measured.value for one in judged] == pytest.approx([0.1, 800.0])


def test_maps_of_another_scale_and_images_elsewhere_are_not_measured():
    away = _AFFINE.copy()
    away[2, 3] += 300.0
    assert _lesion(_flat(Weighting.ADC, 0.0008)).marrow == ()
    assert _lesion(_image(Weighting.ADC, np.full(_SHAPE, 900.0), away)).marrow == ()


def test_blastic_tumour_is_dark_on_diffusion_and_lytic_bright():
    muscle = np.full(_SHAPE, 100.0)
    for value, kind in ((20.0, BoneLesionType.BLASTIC), (400.0, BoneLesionType.LYTIC)):
        image = _image(Weighting.DWI, np.where(_LESION(_X, _Y, _Z), value, muscle))
        shares = {
            one.type: one.probability
            for one in _lesion(replace(image, b_value_s_mm2=800.0)).bone_probabilities
        }
        plain = {
            one.type: one.probability for one in _lesion(replace(image, b_value_s_mm2=0.0)).bone_probabilities
        }
        assert shares[kind] > plain[kind]
