"""Simulated NIfTI: geometry, sidecars, the same bytes."""

import json
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

from spinemets.phantom.dicom_writer import StudyIdentity
from spinemets.phantom.nifti_writer import write_nifti_series, write_nifti_study
from spinemets.phantom.protocol import SeriesProtocol
from spinemets.study.bids import read_bids
from spinemets.study.records import Plane, Weighting
from spinemets.volume import Volume

IDENTITY = StudyIdentity(key="study-1", seed=1, patient_id="PHANTOM-000001")


def _volume(protocol: SeriesProtocol) -> Volume:
    pixels = np.random.default_rng(0).integers(0, 4096, protocol.geometry.shape, dtype=np.uint16)
    return Volume(pixels, protocol.geometry.affine_ras)


@pytest.fixture
def small(ideal_stir: SeriesProtocol) -> SeriesProtocol:
    geometry = replace(ideal_stir.geometry, reconstructed_matrix=(32, 24), field_of_view_mm=(32.0, 24.0))
    return replace(ideal_stir, geometry=geometry)


def test_nibabel_reads_back_pixels_and_places(tmp_path: Path, small: SeriesProtocol) -> None:
    volume = _volume(small)
    image = nibabel.load(write_nifti_series(tmp_path, small, volume, IDENTITY, 1))
    np.testing.assert_array_equal(np.asarray(image.dataobj), volume.array)
    np.testing.assert_allclose(image.affine, volume.affine_ras, atol=1e-4)


def test_the_same_series_gives_the_same_bytes(tmp_path: Path, small: SeriesProtocol) -> None:
    paths = [write_nifti_series(tmp_path / name, small, _volume(small), IDENTITY, 1) for name in "ab"]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_times_are_seconds_in_the_sidecar(tmp_path: Path, small: SeriesProtocol) -> None:
    (path,) = write_nifti_study(tmp_path, [(small, _volume(small))], IDENTITY)
    sidecar = json.loads(path.with_name(path.name.replace(".nii.gz", ".json")).read_text())
    assert sidecar["InversionTime"] == pytest.approx(0.155)
    assert sidecar["EchoTime"] == pytest.approx(0.045)


def test_our_own_reader_finds_the_series(tmp_path: Path, small: SeriesProtocol) -> None:
    write_nifti_study(tmp_path, [(small, _volume(small))], IDENTITY)
    (study,) = read_bids(tmp_path)
    (series,) = study.series
    assert series.plane is Plane.SAGITTAL
    assert series.weighting.weighting is Weighting.STIR
    np.testing.assert_allclose(series.affine_ras, small.geometry.affine_ras, atol=1e-4)
