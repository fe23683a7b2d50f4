"""Masks as files: the grid of the series, stable bytes, refusal of any other grid."""

from dataclasses import replace

import nibabel
import numpy as np
import pytest

from report.small_assessment import small_assessment
from spinemets.anatomy import Level
from spinemets.errors import GeometryError
from spinemets.report.nifti_masks import write_masks
from spinemets.volume import Volume, read_volume


@pytest.fixture(scope="module")
def images():
    return small_assessment().stations[0]


def test_masks_are_written_on_the_series_own_oblique_grid(images, tmp_path):
    names = write_masks(images, tmp_path, "lumbar_")
    assert names == ("lumbar_anatomy.nii.gz", "lumbar_levels.nii.gz", "lumbar_lesions.nii.gz")
    for name, mask in zip(names, (images.anatomy, images.levels, images.lesions), strict=True):
        read = read_volume(tmp_path / name)
        np.testing.assert_array_equal(read.array, mask.array)
        np.testing.assert_allclose(read.affine_ras, images.reference.affine_ras, atol=1e-4)
        assert read.array.dtype == mask.array.dtype


def test_levels_lie_where_they_lie_in_the_patient(images, tmp_path):
    write_masks(images, tmp_path)
    levels = nibabel.load(tmp_path / "levels.nii.gz")
    places = {
        level: nibabel.affines.apply_affine(
            levels.affine, np.argwhere(np.asarray(levels.dataobj) == level.code)
        )
        for level in (Level.T12, Level.L2)
    }
    assert places[Level.T12][:, 2].mean() > places[Level.L2][:, 2].mean() + 15


def test_same_masks_give_same_bytes(images, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write_masks(images, tmp_path / folder)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


@pytest.mark.parametrize("change", ["shifted", "flipped", "other shape"])
def test_mask_on_another_grid_is_refused_before_anything_is_written(images, tmp_path, change):
    array, affine = images.lesions.array, images.lesions.affine_ras.copy()
    if change == "shifted":
        affine[0, 3] += 0.5
    elif change == "flipped":
        affine[:, 0] *= -1.0
    else:
        array = array[1:]
    with pytest.raises(GeometryError, match=r"lesions\.nii\.gz: is not on the grid of s02_sag_T2"):
        write_masks(replace(images, lesions=Volume(array, affine)), tmp_path)
    assert not list(tmp_path.iterdir())
