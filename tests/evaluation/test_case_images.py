"""A predicted mask is of the image whose grid it has; maps of both sides lie voxel on voxel."""

import nibabel
import numpy as np
import pytest

from evaluation.small_reference import LABEL_SETS, ROWS, anatomy, lesions, levels, write_masks
from manifest_files import SAGITTAL_RAS, SHAPE, series_row, study_row, write_nifti
from spinemets.anatomy import Anatomy, Level
from spinemets.errors import GeometryError, InputError
from spinemets.evaluation.case_images import Grids, pair_images
from spinemets.evaluation.case_maps import read_maps
from spinemets.evaluation.predicted import MaskFile, PredictedMasks
from spinemets.study.records import Weighting
from spinemets.training.label_sets import Head, LabelSet
from spinemets.volume.header import read_file_header

_TWO = (Level.L1, Level.L3)
_FINE_RAS = SAGITTAL_RAS @ np.diag([1, 0.5, 0.5, 1.0])


def _predicted(path, what="lesions", **more):
    return PredictedMasks(path.stem, (MaskFile(path, LABEL_SETS[what]),), **more)


def _annotated(folder, name, affine=SAGITTAL_RAS, weighting=Weighting.T2, **masks):
    paths = write_masks(folder / name, masks, affine)
    image = folder / name / "image.nii.gz"
    row = series_row(image, *((path, what) for what, path in paths.items()), name=name)
    return type(row)(row.name, row.plane, weighting, row.image, row.annotations)


def test_the_image_with_the_grid_is_chosen(tmp_path):
    one = _annotated(tmp_path, "t1", weighting=Weighting.T1, lesions=lesions())
    two = _annotated(tmp_path, "t2", _FINE_RAS, lesions=lesions())
    study = study_row("anna", [one, two])
    path = write_nifti(tmp_path / "anna.nii.gz", lesions())
    (pair,) = pair_images(study, LABEL_SETS, [_predicted(path)], Grids.STRICT)
    assert pair.reference.series == "t1"


def test_of_several_images_that_with_the_weighting(tmp_path):
    series = [
        _annotated(tmp_path, "t1", weighting=Weighting.T1, lesions=lesions()),
        _annotated(tmp_path, "t2", lesions=lesions()),
    ]
    study = study_row("anna", series)
    path = write_nifti(tmp_path / "anna.nii.gz", lesions())
    for weighting, name in ((None, "t2"), (Weighting.T1, "t1"), (Weighting.STIR, "t2")):
        (pair,) = pair_images(study, LABEL_SETS, [_predicted(path, weighting=weighting)], Grids.STRICT)
        assert pair.reference.series == name


def test_masks_of_other_series_on_the_grid_tell_the_rest(tmp_path):
    series = [
        _annotated(tmp_path, "t2", anatomy=anatomy()),
        _annotated(tmp_path, "t1", weighting=Weighting.T1, lesions=lesions(Level.L1)),
    ]
    (pair,) = pair_images(study_row("anna", series), LABEL_SETS, [], Grids.STRICT)
    assert pair.predicted is None
    heads = {head for file in pair.reference.files for head in file.label_set.heads}
    assert heads == {Head.ANATOMY, Head.LESION}


def test_another_grid_is_refused_with_both_sizes(tmp_path):
    study = study_row("anna", [_annotated(tmp_path, "t2", lesions=lesions())])
    path = write_nifti(tmp_path / "anna.nii.gz", np.zeros((6, 40, 32), np.uint8), _FINE_RAS)
    with pytest.raises(GeometryError, match=r"6 x 40 x 32 .*6 x 20 x 16.*grids=nearest"):
        pair_images(study, LABEL_SETS, [_predicted(path)], Grids.STRICT)


def test_another_grid_may_be_resampled(tmp_path):
    study = study_row("anna", [_annotated(tmp_path, "t2", lesions=lesions())])
    fine = lesions(Level.L2).repeat(2, axis=1).repeat(2, axis=2)
    affine = _FINE_RAS.copy()
    affine[:3, 3] -= affine[:3, 1:3].sum(axis=1) / 2
    path = write_nifti(tmp_path / "anna.nii.gz", fine, affine)
    (pair,) = pair_images(study, LABEL_SETS, [_predicted(path)], Grids.NEAREST)
    assert pair.resampled
    maps = read_maps(pair.predicted.files, pair.reference.grid, pair.predicted, resample=True)
    np.testing.assert_array_equal(maps.lesions, lesions(Level.L2))


def test_two_predictions_of_one_station_are_refused(tmp_path):
    study = study_row("anna", [_annotated(tmp_path, "t2", lesions=lesions())])
    paths = [write_nifti(tmp_path / f"{name}.nii.gz", lesions()) for name in ("one", "two")]
    with pytest.raises(InputError, match="both show the station lumbar"):
        pair_images(study, LABEL_SETS, [_predicted(path) for path in paths], Grids.STRICT)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
@pytest.mark.parametrize("flipped", [(), (0,), (1, 2)])
def test_axes_may_be_swapped_and_flipped(tmp_path, order, flipped):
    image = nibabel.Nifti1Image(levels(), SAGITTAL_RAS)
    start = nibabel.orientations.io_orientation(np.eye(4))
    turn = np.array([[axis, -1 if axis in flipped else 1] for axis in order], float)
    turned = image.as_reoriented(nibabel.orientations.ornt_transform(start, turn))
    nibabel.save(turned, tmp_path / "levels.nii.gz")
    grid = read_file_header(write_nifti(tmp_path / "image.nii.gz"))
    maps = read_maps((MaskFile(tmp_path / "levels.nii.gz", LABEL_SETS["levels"]),), grid)
    np.testing.assert_array_equal(maps.levels, levels())


def test_levels_that_not_everybody_has_keep_their_code(tmp_path):
    array = np.zeros(SHAPE, np.uint8)
    codes = [level.code for level in Level if level is not Level.OCCIPUT]
    array.ravel()[: len(codes)] = codes
    path = write_nifti(tmp_path / "levels.nii.gz", array)
    maps = read_maps((MaskFile(path, LABEL_SETS["levels"]),), read_file_header(path))
    np.testing.assert_array_equal(maps.levels, array)


def test_lesions_of_a_label_map_are_its_connected_parts(tmp_path):
    array = (lesions(Level.L1, Level.L3) > 0).astype(np.uint8) * 4
    path = write_nifti(tmp_path / "anna.nii.gz", array)
    label_set = LabelSet("nnunet", lesion={0: False, 4: True})
    maps = read_maps((MaskFile(path, label_set),), read_file_header(path))
    np.testing.assert_array_equal(maps.lesions, lesions(Level.L1, Level.L3))
    assert maps.lesion_scores == {}


def test_maps_of_classes_score_lesions(tmp_path):
    array = (lesions(Level.L1, Level.L3) > 0).astype(np.uint8)
    path = write_nifti(tmp_path / "anna.nii.gz", array)
    probability = np.where(lesions(Level.L3) > 0, 0.9, 0.6)
    # As nnU-Net stores them: (class, z, y, x).
    maps = np.stack([1 - probability, probability]).transpose(0, 3, 2, 1)
    np.savez(tmp_path / "anna.npz", probabilities=maps)
    masks = PredictedMasks(
        "anna",
        (MaskFile(path, LabelSet("nnunet", lesion={0: False, 1: True})),),
        probabilities=tmp_path / "anna.npz",
    )
    found = read_maps(masks.files, read_file_header(path), masks)
    of_place = {level: found.lesion_scores[found.lesions[2, ROWS[level].start, 5]] for level in _TWO}
    assert of_place == pytest.approx({Level.L1: 0.6, Level.L3: 0.9})


def test_unknown_values_are_refused(tmp_path):
    path = write_nifti(tmp_path / "anatomy.nii.gz", np.full(SHAPE, 200, np.uint8))
    with pytest.raises(InputError, match=r"anatomy\.nii\.gz.*200"):
        read_maps((MaskFile(path, LABEL_SETS["anatomy"]),), read_file_header(path))


def test_what_two_masks_say_of_anatomy_is_put_together(tmp_path):
    whole = LabelSet(
        "whole",
        anatomy={0: frozenset(Anatomy), 1: frozenset({Anatomy.VERTEBRAL_BODY, Anatomy.POSTERIOR_ELEMENTS})},
    )
    bodies = (anatomy() == Anatomy.VERTEBRAL_BODY).astype(np.uint8)
    files = (
        MaskFile(write_nifti(tmp_path / "whole.nii.gz", bodies), whole),
        MaskFile(write_nifti(tmp_path / "anatomy.nii.gz", anatomy()), LABEL_SETS["anatomy"]),
    )
    maps = read_maps(files, read_file_header(files[0].path))
    np.testing.assert_array_equal(maps.anatomy, np.uint8(1) << anatomy())
    assert frozenset({Anatomy.DISC}) in maps.anatomy_set.anatomy.values()
