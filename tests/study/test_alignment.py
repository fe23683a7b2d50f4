"""Series are brought onto one grid, and movement is measured, undone or left alone, and said."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from hydra.utils import instantiate
from omegaconf import OmegaConf
from scipy import ndimage
from scipy.spatial.transform import Rotation

from spinemets.configuration import config_directory
from spinemets.errors import ConfigurationError, GeometryError
from spinemets.study.alignment import AlignmentSettings, align, measure_movement
from spinemets.volume import ImageKind, Volume, read_volume, reorient, resample_like, resample_to_grid

SETTINGS: AlignmentSettings = instantiate(
    OmegaConf.load(config_directory() / "study" / "alignment.yaml").alignment
)
_GRID = (16, 96, 80)


def _affine(tilt_deg=0.0):
    affine = np.eye(4)
    sagittal = np.array([[-1.0, 0, 0], [0, 0, -1.0], [0, -1.0, 0]])
    turn = Rotation.from_euler("xyz", [tilt_deg, tilt_deg / 2, -tilt_deg / 3], degrees=True).as_matrix()
    affine[:3, :3] = turn @ sagittal * [4.0, 2.0, 2.0]
    affine[:3, 3] = affine[:3, :3] @ -((np.asarray(_GRID) - 1) / 2.0)
    return affine


def _anatomy():
    """Blobs of several sizes on a fine grid, with air around them."""
    rng = np.random.default_rng(3)
    shape = (60, 150, 150)
    field = sum(
        weight * ndimage.gaussian_filter(rng.normal(size=shape), size) * size**1.5
        for weight, size in ((1.0, 6.0), (0.6, 3.0))
    )
    axes = [np.linspace(-1, 1, count) for count in shape]
    radius = axes[0][:, None, None] ** 2 + axes[1][:, None] ** 2 + axes[2] ** 2
    image = np.where(radius < 0.85, 400 + 300 * field, 0.0).clip(0)
    affine = np.diag([1.4, 1.4, 1.4, 1.0])
    affine[:3, 3] = -1.4 * (np.asarray(shape) - 1) / 2.0
    return Volume(image.astype(np.float32), affine)


_ANATOMY = _anatomy()


def _seen(affine, shift_mm=(0.0, 0.0, 0.0), turn_deg=0.0, contrast=lambda image: image, noise_seed=0):
    """The anatomy as a series shows it after the patient moved."""
    move = np.eye(4)
    move[:3, :3] = Rotation.from_euler("x", turn_deg, degrees=True).as_matrix()
    move[:3, 3] = shift_mm
    moved = Volume(_ANATOMY.array, move @ _ANATOMY.affine_ras)
    image = contrast(resample_to_grid(moved, affine, _GRID, ImageKind.IMAGE).array)
    noise = np.random.default_rng(noise_seed).normal(0.0, 8.0, _GRID)
    return Volume((image + noise).astype(np.float32), affine)


def _other_contrast(image):
    """Bright becomes dark and fluid bright, as from T1 to STIR."""
    return np.where(image > 0, 900.0 * np.exp(-image / 350.0), 0.0)


def test_without_movement_nothing_is_corrected():
    reference, moving = _seen(_affine()), _seen(_affine(), contrast=_other_contrast, noise_seed=1)
    aligned = align(reference, moving, SETTINGS)
    assert not aligned.corrected
    assert "No movement to correct" in aligned.statement
    plain = resample_like(moving, reference, ImageKind.IMAGE)
    assert np.array_equal(aligned.volume.array, plain.array)


@pytest.mark.parametrize("tilt_deg", [0.0, 20.0])
@pytest.mark.parametrize("shift_mm", [(0.0, 4.0, 0.0), (0.0, -3.0, 6.0), (3.0, 0.0, -4.0)])
def test_a_known_shift_is_found_and_undone(tilt_deg, shift_mm):
    reference = _seen(_affine())
    moving = _seen(_affine(tilt_deg), shift_mm, contrast=_other_contrast, noise_seed=1)
    aligned = align(reference, moving, SETTINGS)
    assert aligned.corrected, aligned.statement
    assert np.allclose(aligned.movement.translation_ras_mm, shift_mm, atol=0.8)
    assert "corrected" in aligned.statement
    still = _seen(_affine(), contrast=_other_contrast, noise_seed=1).array
    inner = (slice(4, -4), slice(20, -20), slice(20, -20))
    uncorrected = resample_like(moving, reference, ImageKind.IMAGE).array
    errors = [np.abs(image[inner] - still[inner]).mean() for image in (aligned.volume.array, uncorrected)]
    assert errors[0] < 0.6 * errors[1]


def test_a_rotation_is_found():
    moving = _seen(_affine(), turn_deg=4.0, contrast=_other_contrast)
    movement = measure_movement(_seen(_affine()), moving)
    assert movement.rotation_deg == pytest.approx(4.0, abs=0.7)


@pytest.mark.parametrize("codes", ["LIP", "RSA", "PIL"])
def test_the_order_and_direction_of_axes_do_not_matter(codes):
    reference = _seen(_affine())
    moving = _seen(_affine(), (0.0, 4.0, -3.0))
    aligned = align(reference, reorient(moving, codes), SETTINGS)
    assert np.allclose(aligned.movement.translation_ras_mm, (0.0, 4.0, -3.0), atol=0.8)


def test_movement_that_is_not_credible_is_said_and_left():
    strict = replace(SETTINGS, credible_mm=3.0)
    aligned = align(_seen(_affine()), _seen(_affine(), (0.0, 6.0, 0.0)), strict)
    assert not aligned.corrected
    assert "not credible" in aligned.statement


def test_noise_is_no_reason_to_move():
    noise = Volume(np.random.default_rng(9).uniform(0, 900, _GRID).astype(np.float32), _affine())
    aligned = align(_seen(_affine()), noise, SETTINGS)
    assert not aligned.corrected
    assert "nothing in common" in aligned.statement


def test_little_overlap_is_resampled_but_not_measured():
    affine = _affine()
    affine[2, 3] += 150.0
    aligned = align(_seen(_affine()), Volume(_seen(_affine()).array, affine), SETTINGS)
    assert aligned.movement is None
    assert "share" in aligned.statement


def test_no_overlap_is_refused():
    affine = _affine()
    affine[2, 3] += 900.0
    with pytest.raises(GeometryError, match="different stations"):
        align(_seen(_affine()), Volume(_seen(_affine()).array, affine), SETTINGS)


def test_sheared_series_are_refused():
    affine = _affine()
    affine[:3, 1] += 0.3 * affine[:3, 2]
    with pytest.raises(GeometryError, match="sheared"):
        align(_seen(_affine()), Volume(_seen(_affine()).array, affine), SETTINGS)


def test_different_frames_of_reference_are_said():
    aligned = align(_seen(_affine()), _seen(_affine()), SETTINGS, same_frame_of_reference=False)
    assert aligned.statement.startswith("The frames of reference differ.")


def test_the_same_images_give_the_same_bytes_on_any_number_of_threads():
    reference, moving = _seen(_affine()), _seen(_affine(), (0.0, 4.0, 0.0))
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    results = []
    for threads in (1, 2):
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
        results.append(align(reference, moving, SETTINGS).volume.array.tobytes())
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)
    assert results[0] == results[1]


@pytest.mark.parametrize("change", [{"credible_mm": 0.5}, {"least_gain": -1.0}])
def test_settings_that_make_no_sense_are_refused(change):
    with pytest.raises(ConfigurationError):
        replace(SETTINGS, **change)


@pytest.mark.real_data
def test_real_series_of_one_exam_lie_on_each_other_and_a_shift_is_found(real_data):
    t1 = read_volume(real_data / "VB1" / "DzZ_T1w.nii.gz")
    t2 = read_volume(real_data / "VB1" / "DzZ_T2w.nii.gz")
    still = align(t1, t2, SETTINGS)
    assert not still.corrected, still.statement
    shift = np.eye(4)
    shift[:3, 3] = (0.0, 5.0, -4.0)
    moved = align(t1, Volume(t2.array, shift @ t2.affine_ras), SETTINGS)
    assert moved.corrected, moved.statement
    found = np.subtract(moved.movement.translation_ras_mm, still.movement.translation_ras_mm)
    assert np.allclose(found[1:], (5.0, -4.0), atol=0.5)
