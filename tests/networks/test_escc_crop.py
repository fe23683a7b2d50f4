import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from spinemets.errors import GeometryError
from spinemets.networks.escc_crop import CropSettings, canal_centres, canal_crop
from spinemets.volume import Volume

# Slices to the feet, rows to the back, columns to the left: the crops' own order.
STANDARD = np.array([[0, 0, -0.5, 20], [0, -0.5, 0, 30], [-4.0, 0, 0, 50], [0, 0, 0, 1]])
SHAPE = (5, 80, 80)
CROP = CropSettings(slices=3, size=32, spacing_mm=0.5)
SAGITTAL = np.array([[-4.0, 0, 0, 16], [0, 0, -1.0, 60], [0, -1.0, 0, 40], [0, 0, 0, 1]])


def grid(shape, order, signs, angles_deg, spacing_mm=(4.0, 0.5, 0.5)):
    """An affine whose slices are axial but for a tilt, centred on the world's origin."""
    axes = np.array([[0, 0, -1], [0, -1, 0], [-1, 0, 0]], float).T[:, [0, *order]] * signs
    affine = np.eye(4)
    turned = Rotation.from_euler("zxy", angles_deg, degrees=True).as_matrix()
    affine[:3, :3] = turned @ axes * spacing_mm
    affine[:3, 3] = -affine[:3, :3] @ (np.array(shape) - 1) / 2
    return affine


def world_image(affine, shape=SHAPE):
    """Something smooth that looks the same from no two sides."""
    voxels = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    x, y, z = np.moveaxis(voxels @ affine[:3, :3].T + affine[:3, 3], -1, 0)
    signal = 3 * np.exp(-((x + 3) ** 2 + y**2) / 30) + np.exp(-(x**2 + (y + 5) ** 2) / 12) + 0.1 * z
    return Volume(100 * signal.astype(np.float32), affine)


def test_a_crop_of_slices_in_its_own_grid_is_a_piece_of_them():
    array = np.random.default_rng(0).random(SHAPE, dtype=np.float32)
    volume = Volume(array, STANDARD)
    crop = canal_crop(volume, volume.voxel_to_world([2, 39.5, 39.5]), CROP).array
    piece = array[1:4, 24:56, 24:56]
    low, high = np.percentile(piece, (0.5, 99.5))
    clipped = np.clip(piece, low, high)
    np.testing.assert_allclose(crop, (clipped - clipped.mean()) / clipped.std(), atol=1e-4)


@given(
    order=st.permutations([1, 2]),
    signs=st.tuples(*[st.sampled_from([-1.0, 1.0])] * 3),
    angles_deg=st.tuples(st.floats(-50, 50), st.floats(-30, 30), st.floats(-20, 20)),
)
def test_a_crop_shows_the_same_however_the_slices_were_acquired(order, signs, angles_deg):
    tilt_alone = grid(SHAPE, (1, 2), (1, 1, 1), (0, *angles_deg[1:]))
    turned = np.eye(4)
    # A turn within the slices, a swap and flips change what the array holds, and nothing of the plane.
    turned[:3, :3] = tilt_alone[:3, :3] @ Rotation.from_euler("x", angles_deg[0], degrees=True).as_matrix()
    turned[:3, 1:3] = turned[:3, 1:3][:, np.array(order) - 1]
    turned[:3, :3] *= signs
    turned[:3, 3] = -turned[:3, :3] @ (np.array(SHAPE) - 1) / 2
    wanted = canal_crop(world_image(tilt_alone), (0, 0, 0), CROP)
    crop = canal_crop(world_image(turned), (0, 0, 0), CROP)
    np.testing.assert_allclose(crop.affine_ras, wanted.affine_ras, atol=1e-6)
    np.testing.assert_allclose(crop.array, wanted.array, atol=0.08)


@pytest.mark.parametrize("signs", list(itertools.product((-1.0, 1.0), repeat=3)))
def test_slices_run_to_the_feet_rows_to_the_back_columns_to_the_left(signs):
    volume = world_image(grid(SHAPE, (2, 1), signs, (12, 20, 0)))
    axes = canal_crop(volume, (0, 0, 0), CROP).affine_ras[:3, :3]
    assert axes[2, 0] < 0
    assert axes[1, 1] < 0
    assert axes[0, 2] < 0
    assert abs(axes[0, 1]) < 0.01 * abs(axes[1, 1])


def test_the_point_is_the_centre_of_the_middle_slice():
    volume = world_image(grid(SHAPE, (2, 1), (-1, 1, -1), (25, 15, 10)))
    point = volume.voxel_to_world([3, 44.0, 37.0])
    crop = canal_crop(volume, point, CROP)
    np.testing.assert_allclose(crop.voxel_to_world([1, 15.5, 15.5]), point, atol=1e-9)


def test_slices_that_are_not_there_repeat_the_outermost():
    volume = world_image(STANDARD)
    crop = canal_crop(volume, volume.voxel_to_world([0, 39.5, 39.5]), CROP).array
    np.testing.assert_array_equal(crop[0], crop[1])
    assert np.abs(crop[1] - crop[2]).max() > 0.01


def test_a_margin_adds_to_a_crop_and_changes_nothing_of_it():
    volume = world_image(STANDARD)
    centre = volume.voxel_to_world([2, 39.5, 39.5])
    wide = canal_crop(volume, centre, CropSettings(3, 32, 0.5, margin=6)).array
    assert wide.shape == (3, 44, 44)
    np.testing.assert_allclose(wide[:, 6:-6, 6:-6], canal_crop(volume, centre, CROP).array, atol=1e-5)


def test_what_lies_beyond_the_slices_is_dark():
    volume = world_image(STANDARD)
    crop = canal_crop(volume, volume.voxel_to_world([2, 0, 39.5]), CROP).array
    assert (crop[:, :15] == crop.min()).all()


def test_a_flat_image_gives_zeros():
    crop = canal_crop(Volume(np.full(SHAPE, 7, np.int16), STANDARD), (0.25, 10.25, 42.0), CROP)
    assert crop.array.dtype == np.float32
    assert not crop.array.any()


@pytest.mark.parametrize("voxel", [(-1, 40, 40), (5, 40, 40), (2, 400, 40), (2, 40, -300)])
def test_a_point_outside_the_slices_is_refused(voxel):
    volume = world_image(STANDARD)
    with pytest.raises(GeometryError, match="the point lies"):
        canal_crop(volume, volume.voxel_to_world(voxel), CROP)


def test_slices_that_are_not_axial_are_refused():
    with pytest.raises(GeometryError, match="not axial"):
        canal_crop(world_image(SAGITTAL), (0, 0, 0), CROP)


def tube(affine, shape):
    """World points of the voxels of an oblique tube, 6 mm wide, that ends 6 mm below and above the origin."""
    voxels = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).reshape(-1, 3)
    points = voxels @ affine[:3, :3].T + affine[:3, 3]
    x, y, z = points.T
    return points[(np.hypot(x - 2, y - 0.3 * z + 1) < 6) & (np.abs(z) < 6)]


@pytest.mark.parametrize("turn_deg", [0, 30])
def test_the_canal_is_centred_by_masks_of_axial_and_of_sagittal_slices(turn_deg):
    axial = Volume(np.zeros((9, 80, 80)), grid((9, 80, 80), (2, 1), (1, -1, 1), (turn_deg, 0, 0)))
    fine_sagittal = grid((21, 80, 80), (2, 1), (1, 1, 1), (0, 0, 0), (1.0, 0.5, 0.5))[:, [2, 0, 1, 3]]
    for points in (tube(axial.affine_ras, axial.shape), tube(fine_sagittal, (80, 21, 80))):
        centres = canal_centres(points, axial)
        z = axial.voxel_to_world([[index, 0, 0] for index in range(9)])[:, 2]
        wanted = np.stack([np.full(9, 2.0), 0.3 * z - 1, z], axis=1)
        np.testing.assert_allclose(centres[3:6], wanted[3:6], atol=0.35)


def test_the_canals_place_is_kept_for_two_slices_and_unknown_beyond():
    axial = Volume(np.zeros((9, 80, 80)), grid((9, 80, 80), (1, 2), (1, 1, 1), (0, 0, 0)))
    centres = canal_centres(tube(axial.affine_ras, axial.shape), axial)
    assert np.isnan(centres[[0, 8]]).all()
    np.testing.assert_allclose(centres[[1, 2], :2], centres[[3, 3], :2])
    np.testing.assert_allclose(axial.world_to_voxel(centres[1:8])[:, 0], np.arange(1, 8), atol=1e-9)


def test_a_slice_that_shows_a_sliver_of_the_canal_takes_over_the_place_of_its_neighbour():
    axial = Volume(np.zeros((9, 80, 80)), grid((9, 80, 80), (1, 2), (1, 1, 1), (0, 0, 0)))
    points = tube(axial.affine_ras, axial.shape)
    places = axial.world_to_voxel(points)
    middle = places[:, 2].mean()
    sliver = (np.rint(places[:, 0]) == 5) & (places[:, 2] < middle + 3)
    centres = canal_centres(points[~sliver], axial)
    np.testing.assert_allclose(centres[5, :2], centres[4, :2], atol=1e-9)


def test_without_a_canal_no_slice_has_a_centre():
    axial = world_image(STANDARD)
    assert np.isnan(canal_centres(np.empty((0, 3)), axial)).all()
    assert np.isnan(canal_centres(np.array([[0.0, 0, 900]]), axial)).all()
