"""Real scanner files are read as dcm2niix reads them."""

import numpy as np
import pytest

from spinemets.study.archive import ArchiveSettings, read_dicom_studies
from spinemets.study.pseudonym import PseudonymKey
from spinemets.study.reading import load_volume
from spinemets.study.records import Plane, Weighting
from spinemets.volume import read_volume

pytestmark = pytest.mark.real_data


@pytest.fixture
def archive_settings():
    return ArchiveSettings(PseudonymKey.from_text("a secret of tests"), 2**28, 64, 1)


@pytest.fixture
def qa_folder(real_data):
    folder = real_data / "dicom_qa_sag"
    if not folder.is_dir():
        pytest.skip(f"no real DICOM at {folder}")
    return folder


def test_a_classic_series_equals_dcm2niix(qa_folder, archive_settings):
    (study,) = read_dicom_studies(qa_folder / "2_gre_field_mapping", archive_settings)
    (series,) = study.series
    volume = load_volume(series)
    reference = read_volume(qa_folder / "Ref" / "2_gre_field_mapping_PMUlog.nii")
    index = np.stack(np.meshgrid(*map(np.arange, volume.shape), indexing="ij"), axis=-1)
    world = index @ volume.affine_ras[:3, :3].T + volume.affine_ras[:3, 3]
    inverse = np.linalg.inv(reference.affine_ras)
    place = world @ inverse[:3, :3].T + inverse[:3, 3]
    assert np.allclose(place, np.round(place), atol=1e-4)
    assert sorted(reference.shape) == sorted(volume.shape)
    assert np.array_equal(reference.array[tuple(np.round(place).astype(int).T)].T, volume.array)


def test_enhanced_and_classic_forms_of_one_acquisition_are_equal(qa_folder, archive_settings):
    studies = {study.series[0].number: study for study in read_dicom_studies(qa_folder, archive_settings)}
    enhanced, classic = studies[5].series
    assert (enhanced.number, classic.number) == (5, 5001)
    assert enhanced.shape == classic.shape == (63, 86, 86)
    assert np.allclose(enhanced.affine_ras, classic.affine_ras, atol=1e-4)
    differs = load_volume(enhanced).array != load_volume(classic).array
    # The scanner wrote a small mark into the last frame of the enhanced form alone.
    assert not differs[:-1].any()
    assert differs.sum() < 100
    assert enhanced.frame_of_reference == classic.frame_of_reference
    for name in ("repetition_time_ms", "echo_time_ms", "flip_angle_deg", "echo_train_length"):
        assert getattr(enhanced.parameters, name) == getattr(classic.parameters, name)


def test_a_real_spine_slice_is_sagittal_t2(real_data, archive_settings):
    folder = real_data / "dicom_spine1"
    if not folder.is_dir():
        pytest.skip(f"no real DICOM at {folder}")
    (study,) = read_dicom_studies(folder, archive_settings)
    (series,) = study.series
    assert series.plane is Plane.SAGITTAL
    assert series.weighting.weighting is Weighting.T2
    assert series.shape == (1, 256, 256)
    # Thickness 5 mm: the 5.5 mm between slices say nothing of one slice.
    assert series.spacing_mm[0] == pytest.approx(5.0)
    # Rows run down the neck, columns from front to back.
    assert series.affine_ras[2, 1] < -0.9
    assert series.affine_ras[1, 2] < -0.9
    assert load_volume(series).array.max() > 100
