"""Metastases put into real MRI: one study of each source, in every channel."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage

from spinemets.anatomy import BoneLesionType
from spinemets.phantom.insertion import InsertedLesions, InsertionSettings, insert_lesions
from spinemets.phantom.insertion_sites import VertebraMask
from spinemets.phantom.lesion_draw import LesionTraits
from spinemets.study.records import Weighting
from spinemets.volume.record import Volume

pytestmark = pytest.mark.real_data
LYTIC = LesionTraits(BoneLesionType.LYTIC, False, (0.0, 0.0, 0.0), 4.0, (1.0, 1.0, 1.0), False, False)


def _read(path: Path) -> Volume:
    image = nib.load(path)
    return Volume(np.asanyarray(image.dataobj), image.affine)


def _insert(images: dict[Weighting, Volume], mask: Volume, settings: InsertionSettings) -> InsertedLesions:
    return insert_lesions(images, mask, settings, np.random.default_rng(2), requested=[(3, LYTIC)])


def _ratio(image: Volume, result: InsertedLesions, weighting: Weighting) -> float:
    core = ndimage.binary_erosion(result.lesion_mask.array > 0, iterations=3)[..., : image.shape[2]]
    core = core[:, : image.shape[1]]
    return float(result.images[weighting].array[core].mean() / image.array[core].mean())


def test_channels_of_one_patient_whose_grids_differ(real_data: Path) -> None:
    folder = real_data / "VB1"
    t1, stir = _read(folder / "AKa3_T1w.nii.gz"), _read(folder / "AKa4_STIR.nii.gz")
    settings = InsertionSettings(VertebraMask.BODIES, slice_thickness_mm=4.0)
    images = {Weighting.T1: t1, Weighting.STIR: stir}
    result = _insert(images, _read(folder / "AKa3_T1w_bodies.nii.gz"), settings)
    assert result.images[Weighting.STIR].shape == stir.shape != t1.shape
    assert _ratio(t1, result, Weighting.T1) < 0.8
    assert _ratio(stir, result, Weighting.STIR) > 1.5


@pytest.mark.parametrize(
    ("image", "mask", "settings"),
    [
        (
            "SPIDER/spider-110_T2w.nii.gz",
            "SPIDER/spider-110_anatomy.nii.gz",
            InsertionSettings(VertebraMask.SPIDER, slice_thickness_mm=0.9, in_plane_fwhm_mm=0.8),
        ),
        (
            "VB2/VB2-02_T2w.nii.gz",
            "VB2/VB2-02_T2w_bodies.nii.gz",
            InsertionSettings(VertebraMask.BODIES, slice_thickness_mm=3.5),
        ),
    ],
)
def test_lesion_lies_in_a_body_and_nothing_else_changes(
    real_data: Path, image: str, mask: str, settings: InsertionSettings
) -> None:
    before, bone = _read(real_data / image), _read(real_data / mask)
    result = _insert({Weighting.T2: before}, bone, settings)
    after, lesion = result.images[Weighting.T2].array, result.lesion_mask.array > 0
    changed = after != before.array
    assert (bone.array[lesion] > 0).all()
    assert result.lesions[0].volume_ml == pytest.approx(4.0, rel=0.05)
    away = ndimage.distance_transform_edt(~lesion, sampling=before.spacing_mm) > 12.0
    assert changed[lesion].mean() > 0.9
    assert not changed[away].any()
