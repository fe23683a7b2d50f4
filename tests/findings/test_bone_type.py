import numpy as np
import pytest

from findings.block_spine import ball, block_maps
from spinemets.anatomy import Anatomy, BoneLesionType
from spinemets.findings.bone_type import SignalLimits, bone_type, brightness, reference_tissue
from spinemets.scoring.bone_signal import Brightness
from spinemets.scoring.possible import Source
from spinemets.study.selection import Channel

_LYTIC = {Channel.T1: 70.0, Channel.T2: 230.0, Channel.FLUID: 200.0}
_BLASTIC = {Channel.T1: 40.0, Channel.T2: 40.0, Channel.FLUID: 30.0}
_MIDDLE = ball((0.0, 0.0, 0.0), 9.0)
_LIMITS = SignalLimits(0.8, 1.4, 0.1)


def _type(maps):
    return bone_type(maps, np.argwhere(maps.lesions.array > 0))


@pytest.mark.parametrize(
    ("signal", "expected"), [(_LYTIC, BoneLesionType.LYTIC), (_BLASTIC, BoneLesionType.BLASTIC)]
)
def test_plain_lesions(signal, expected):
    found = _type(block_maps(_MIDDLE, signals=[signal]))
    assert found.values == (expected,)
    assert found.source is Source.MEASURED
    assert found.needs_confirmation


def test_the_images_scale_does_not_matter():
    maps = block_maps(_MIDDLE, signals=[_LYTIC])
    for image in maps.images.values():
        image.array[:] *= 7.5
    assert _type(maps).values == (BoneLesionType.LYTIC,)


def test_dark_and_bright_parts_side_by_side_are_mixed():
    maps = block_maps(_MIDDLE, signals=[_BLASTIC])
    rows = np.arange(maps.lesions.shape[1])[None, :, None]
    bright = (maps.lesions.array > 0) & (rows % 6 < 3)
    for channel, image in maps.images.items():
        image.array[bright] = _LYTIC[channel]
    assert BoneLesionType.MIXED in _type(maps).values
    assert BoneLesionType.LYTIC not in _type(maps).values


def test_a_bright_halo_about_a_dark_core_leaves_blastic_possible():
    maps = block_maps([ball((0.0, 0.0, 0.0), 10.0), ball((0.0, 0.0, 0.0), 8.0)], signals=[_LYTIC, _BLASTIC])
    assert BoneLesionType.BLASTIC in _type(maps).values


def test_t1_alone_settles_no_type():
    maps = block_maps(_MIDDLE, signals=[_LYTIC])
    for channel in (Channel.T2, Channel.FLUID):
        del maps.images[channel]
    assert _type(maps).values == tuple(BoneLesionType)


def test_no_image_or_no_bone_is_unknown():
    maps = block_maps(_MIDDLE)
    maps.images.clear()
    assert _type(maps).source is Source.UNKNOWN
    canal = block_maps(ball((0.0, -24.0, 0.0), 4.0))
    assert "bone" in _type(canal).evidence


def test_without_muscle_the_disc_is_the_reference():
    maps = block_maps(_MIDDLE, signals=[_LYTIC])
    maps.anatomy.array[maps.anatomy.array == Anatomy.BACKGROUND] = Anatomy.SACRUM
    assert not reference_tissue(maps).muscle.any()
    assert _type(maps).values == (BoneLesionType.LYTIC,)


def test_muscle_lies_behind_the_canal_and_beside_the_midline_on_both_sides():
    maps = block_maps(tilt_deg=(5.0, 4.0, 10.0))
    muscle = np.argwhere(reference_tissue(maps).muscle)
    assert len(muscle) > 1000
    assert (maps.anatomy.array[tuple(muscle.T)] == Anatomy.BACKGROUND).all()
    sides = np.bincount((muscle[:, 0] > maps.anatomy.shape[0] / 2).astype(int))
    assert sides.min() > 300


@pytest.mark.parametrize(
    ("relative", "expected"),
    [
        (0.5, {Brightness.DARK}),
        (2.0, {Brightness.BRIGHT}),
        (1.1, {Brightness.INTERMEDIATE, Brightness.HETEROGENEOUS}),
        (0.82, {Brightness.DARK, Brightness.INTERMEDIATE, Brightness.HETEROGENEOUS}),
        (1.35, {Brightness.BRIGHT, Brightness.INTERMEDIATE, Brightness.HETEROGENEOUS}),
    ],
)
def test_names_of_even_signal(relative, expected):
    assert brightness(np.full(50, relative), _LIMITS) == expected


def test_names_of_patchy_signal():
    assert brightness(np.repeat([0.4, 2.0], 50), _LIMITS) == {Brightness.HETEROGENEOUS}
    few_dark = np.repeat([0.4, 2.0], [12, 88])
    assert brightness(few_dark, _LIMITS) == {Brightness.BRIGHT, Brightness.HETEROGENEOUS}
