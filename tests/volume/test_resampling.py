"""Resampling agrees with SimpleITK, with geometry, and with what labels are."""

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from geometry import affines
from spinemets.volume import ImageKind, Volume, resample_like, resample_to_grid, resample_to_spacing
from spinemets.volume.simpleitk import from_simpleitk, to_simpleitk


def _smooth(shape, seed=0):
    noise = np.random.default_rng(seed).normal(size=shape)
    return ndimage.gaussian_filter(noise, 1.5).astype(np.float32)


def _centred(affine, shape, centre_ras_mm=(0.0, 0.0, 0.0)):
    """The affine moved so that the grid's centre lies where asked: two grids then overlap."""
    moved = affine.copy()
    moved[:3, 3] = centre_ras_mm - affine[:3, :3] @ ((np.asarray(shape) - 1) / 2.0)
    return moved


@settings(max_examples=25, deadline=None)
@given(affines(), affines(), st.sampled_from(list(ImageKind)))
def test_agrees_with_simpleitk_on_oblique_and_flipped_grids(source_affine, target_affine, kind):
    source = Volume(_smooth((9, 14, 17)), _centred(source_affine, (9, 14, 17)))
    target = Volume(np.zeros((8, 11, 13)), _centred(target_affine, (8, 11, 13), (1.0, -2.0, 0.5)))
    step = np.linalg.inv(source_affine[:3, :3]) @ target_affine[:3, :3]
    # Where our image resampling smooths first, SimpleITK's does not: compared without that here.
    assume(kind is ImageKind.LABEL or np.abs(step).max() <= 1.0)
    if kind is ImageKind.LABEL:
        source = Volume((source.array * 20).astype(np.int16), source.affine_ras)
    ours = resample_like(source, target, kind, outside=-9)
    how = sitk.sitkNearestNeighbor if kind is ImageKind.LABEL else sitk.sitkLinear
    theirs = sitk.GetArrayFromImage(
        sitk.Resample(to_simpleitk(source), to_simpleitk(target), sitk.Transform(), how, -9.0)
    )
    index = source.world_to_voxel(target.voxel_to_world(np.moveaxis(np.indices(target.shape), 0, -1)))
    # At exact ties between two voxels, and on the border itself, either answer is right.
    clear = np.abs(index - np.floor(index) - 0.5).min(axis=-1) > 1e-3
    assert np.allclose(ours.array[clear], theirs[clear], atol=1e-4)


def test_smooths_before_thinning_out():
    stripes = Volume(np.tile([0.0, 1.0], 32)[None, None, :].repeat(4, 0).repeat(4, 1), np.eye(4))
    coarse = resample_to_spacing(stripes, (1.0, 1.0, 4.0), ImageKind.IMAGE)
    inner = coarse.array[..., 2:-2]
    # Without smoothing linear interpolation at a step of 4 would alias the stripes into a constant 0 or 1.
    assert np.abs(inner - 0.5).max() < 0.05


@given(affines(), st.tuples(*[st.floats(0.4, 7.0)] * 3))
def test_spacing_changes_but_the_centre_stays(affine, spacing):
    volume = Volume(np.zeros((6, 20, 30), dtype=np.float32), affine)
    other = resample_to_spacing(volume, spacing, ImageKind.IMAGE)
    assert np.allclose(other.spacing_mm, spacing)
    middles = [v.voxel_to_world((np.asarray(v.shape) - 1) / 2.0) for v in (volume, other)]
    assert np.allclose(*middles, atol=1e-6)
    extents = [np.asarray(v.shape) * np.asarray(v.spacing_mm) for v in (volume, other)]
    assert (np.abs(extents[0] - extents[1]) <= np.asarray(spacing) / 2 + 1e-6).all() or 1 in other.shape


@given(st.integers(0, 2**32 - 1), affines())
def test_labels_gain_no_new_values_and_keep_their_type(seed, affine):
    labels = np.random.default_rng(seed).choice([0, 3, 200], size=(5, 6, 7)).astype(np.uint8)
    volume = Volume(labels, _centred(affine, labels.shape))
    other = resample_to_grid(volume, np.eye(4), (6, 6, 6), ImageKind.LABEL)
    assert other.array.dtype == np.uint8
    assert set(np.unique(other.array)) <= {0, 3, 200}


def test_the_same_grid_changes_nothing():
    volume = Volume(_smooth((5, 6, 7)), np.diag([4.0, 0.5, 0.5, 1.0]))
    assert np.allclose(resample_like(volume, volume, ImageKind.IMAGE).array, volume.array, atol=1e-6)


def test_outside_has_the_value_that_was_asked_for():
    volume = Volume(np.ones((4, 4, 4), dtype=np.float32), np.eye(4))
    far = np.eye(4)
    far[0, 3] = 100.0
    assert (resample_to_grid(volume, far, (3, 3, 3), ImageKind.IMAGE, outside=-5).array == -5).all()


@pytest.mark.parametrize("spacing", [(0.0, 1.0, 1.0), (1.0, -1.0, 1.0)])
def test_refuses_spacings_that_are_none(spacing):
    with pytest.raises(ValueError, match="above 0"):
        resample_to_spacing(Volume(np.zeros((2, 2, 2)), np.eye(4)), spacing, ImageKind.IMAGE)


@given(affines())
def test_simpleitk_and_back_keeps_voxels_and_places(affine):
    volume = Volume(np.arange(24, dtype=np.int16).reshape(2, 3, 4), affine)
    image = to_simpleitk(volume)
    back = from_simpleitk(image)
    assert np.array_equal(back.array, volume.array)
    assert np.allclose(back.affine_ras, affine, atol=1e-6)
    lps = image.TransformIndexToPhysicalPoint((3, 2, 1))
    assert np.allclose(np.asarray(lps) * [-1, -1, 1], volume.voxel_to_world((1, 2, 3)), atol=1e-6)
