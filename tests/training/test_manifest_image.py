"""Images and masks as a manifest names them."""

import nibabel
import numpy as np
import pytest

from manifest_files import AXIAL_RAS, SAGITTAL_RAS, SHAPE, mask_array, write_nifti
from spinemets.errors import GeometryError, InputError, PixelDataError, UnreadableFileError
from spinemets.study.records import Plane
from spinemets.training.manifest_image import check_mask_header, image_series, load_image, load_mask
from spinemets.volume import Volume, write_volume


@pytest.fixture
def image(tmp_path):
    return write_nifti(tmp_path / "t2.nii.gz")


def test_voxels_are_ordered_slice_row_column_whatever_the_files_order(tmp_path):
    array = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    swapped = write_nifti(tmp_path / "a.nii.gz", array.transpose(2, 0, 1), SAGITTAL_RAS[:, [2, 0, 1, 3]])
    volume = load_image(swapped, Plane.SAGITTAL)
    assert np.array_equal(volume.array, array)
    assert np.allclose(volume.affine_ras, SAGITTAL_RAS)


def test_metaimage_is_read_like_nifti(tmp_path, image):
    volume = load_image(image)
    write_volume(tmp_path / "t2.mha", volume)
    again = load_image(tmp_path / "t2.mha")
    assert np.array_equal(again.array, volume.array)
    assert np.allclose(again.affine_ras, volume.affine_ras)


def test_a_named_plane_orders_isotropic_voxels(tmp_path):
    path = write_nifti(tmp_path / "a.nii.gz", np.zeros((4, 5, 6), np.int16), np.diag([1.0, 1, 1, 1]))
    assert load_image(path, Plane.SAGITTAL).shape == (4, 6, 5)
    assert load_image(path, Plane.AXIAL).shape == (6, 5, 4)


def test_thick_slices_stay_slices_where_an_axial_stack_leans_along_the_sacrum(tmp_path):
    angle = np.radians(52)
    lean = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    affine = AXIAL_RAS.copy()
    affine[:3, :3] = lean @ affine[:3, :3]
    path = write_nifti(
        tmp_path / "ax.nii.gz", np.zeros((5, 40, 30), np.int16).transpose(2, 1, 0), affine[:, [2, 1, 0, 3]]
    )
    assert load_image(path, Plane.AXIAL).shape == (5, 40, 30)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
@pytest.mark.parametrize("flip", [(), (0,), (1, 2)])
def test_masks_come_in_the_order_of_their_image(tmp_path, image, order, flip):
    labels = mask_array(slice(2, 5), slice(9, 12))
    volume = Volume(labels, SAGITTAL_RAS)
    array, affine = volume.array, volume.affine_ras.copy()
    for axis in flip:
        affine[:, 3] += affine[:, axis] * (array.shape[axis] - 1)
        affine[:, axis] *= -1
        array = np.flip(array, axis)
    path = write_nifti(tmp_path / "m.nii.gz", array.transpose(order), affine[:, [*order, 3]])
    mask = load_mask(path, load_image(image))
    assert mask.dtype == np.int32
    assert np.array_equal(mask, labels)


def test_a_mask_of_another_size_is_refused(tmp_path, image):
    path = write_nifti(tmp_path / "m.nii.gz", np.zeros((5, 20, 16), np.uint8))
    with pytest.raises(
        GeometryError, match=r"m\.nii\.gz: shape: has 5 x 20 x 16 voxels, its image 6 x 20 x 16"
    ):
        check_mask_header(path, image_series(image))


@pytest.mark.parametrize(("shift_voxels", "passes"), [(0.1, True), (0.5, False), (3.0, False)])
def test_a_mask_elsewhere_is_refused(tmp_path, image, shift_voxels, passes):
    affine = SAGITTAL_RAS.copy()
    affine[2, 3] += shift_voxels
    path = write_nifti(tmp_path / "m.nii.gz", mask_array(slice(3, 5)), affine)
    if passes:
        assert load_mask(path, load_image(image)).max() == 1
    else:
        with pytest.raises(GeometryError, match=rf"affine: lies {shift_voxels:.1f} voxels away"):
            load_mask(path, load_image(image))


def test_a_singular_mask_is_refused(tmp_path, image):
    affine = SAGITTAL_RAS.copy()
    affine[:3, 1] = 0
    header = nibabel.Nifti1Header()
    header.set_data_shape(SHAPE)
    header.set_sform(affine, code=1)
    header.set_qform(None, code=0)
    header["pixdim"][1:4] = 1
    path = tmp_path / "m.nii"
    path.write_bytes(header.binaryblock + b"\0" * (4 + 4 * int(np.prod(SHAPE))))
    with pytest.raises(InputError):
        check_mask_header(path, image_series(image))


def test_labels_stored_as_floats_are_whole_numbers(tmp_path, image):
    path = write_nifti(tmp_path / "m.nii.gz", mask_array(slice(3, 5)).astype(np.float32))
    assert load_mask(path, load_image(image)).max() == 1


@pytest.mark.parametrize("odd", [0.37, np.nan])
def test_labels_between_whole_numbers_are_refused(tmp_path, image, odd):
    array = mask_array(slice(3, 5)).astype(np.float32)
    array[0, 0, 0] = odd
    path = write_nifti(tmp_path / "m.nii.gz", array)
    with pytest.raises(PixelDataError, match=f"holds {odd}, which is no label"):
        load_mask(path, load_image(image))


def test_missing_and_broken_files_are_named(tmp_path):
    with pytest.raises(UnreadableFileError, match=r"absent\.nii\.gz: no such file"):
        load_image(tmp_path / "absent.nii.gz")
    (tmp_path / "b.nii.gz").write_bytes(b"broken")
    with pytest.raises(UnreadableFileError, match=r"b\.nii\.gz"):
        load_image(tmp_path / "b.nii.gz")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnreadableFileError, match="no readable DICOM series"):
        load_image(tmp_path / "empty")
