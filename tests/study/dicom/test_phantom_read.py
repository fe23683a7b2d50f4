"""Simulated studies are read back as they were written."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from spinemets.phantom.dicom_writer import StudyIdentity, write_dicom_study
from spinemets.phantom.protocol import (
    Imperfections,
    PhaseAxis,
    SequenceKind,
    SeriesProtocol,
    SliceGeometry,
    Station,
    Timing,
    Vendor,
)
from spinemets.study.reading import load_volume
from spinemets.study.records import Plane, Weighting
from spinemets.volume import Volume

# Slices to the left, rows down, columns to the back, and the same with slices to the right.
_LEFTWARD = np.array([[-1.0, 0, 0], [0, 0, -1], [0, -1, 0]]).T
_RIGHTWARD = _LEFTWARD * [-1.0, 1, 1]


def _protocol(vendor, axes_ras):
    turn = Rotation.from_euler("xyz", [4.0, -6.0, 9.0], degrees=True).as_matrix()
    return SeriesProtocol(
        name="lumbar_sag_T2",
        station=Station.LUMBAR,
        plane=Plane.SAGITTAL,
        weighting=Weighting.T2,
        vendor=vendor,
        field_strength_t=1.5,
        timing=Timing(SequenceKind.SPIN_ECHO, 3500.0, 100.0, 150.0, 17, 10.0, 200.0),
        geometry=SliceGeometry(
            centre_ras_mm=np.array([3.0, -15.0, 40.0]),
            axes_ras=turn @ axes_ras,
            slice_count=7,
            thickness_mm=3.5,
            gap_mm=0.4,
            field_of_view_mm=(28.0, 15.0),
            acquired_matrix=(20, 12),
            reconstructed_matrix=(20, 12),
        ),
        phase_axis=PhaseAxis.ROW,
        imperfections=Imperfections(noise_sd=0.0),
    )


@pytest.mark.parametrize("vendor", list(Vendor))
@pytest.mark.parametrize("axes_ras", [_LEFTWARD, _RIGHTWARD], ids=["leftward", "rightward"])
def test_voxels_lie_where_the_phantom_put_them(dicom, vendor, axes_ras):
    protocol = _protocol(vendor, axes_ras)
    pixels = np.random.default_rng(0).integers(0, 4096, protocol.geometry.shape, dtype=np.uint16)
    written = Volume(pixels, protocol.geometry.affine_ras)
    identity = StudyIdentity(key="study-1", seed=1, patient_id="PHANTOM-000001")
    write_dicom_study(dicom.folder, [(protocol, written)], identity)
    series = dicom.one_series()
    volume = load_volume(series)
    assert (series.plane, series.weighting.weighting) == (Plane.SAGITTAL, Weighting.T2)
    assert series.spacing_mm == pytest.approx((3.9, 1.4, 1.25), abs=1e-4)
    assert series.warnings == ()
    index = np.stack(np.meshgrid(*map(np.arange, volume.shape), indexing="ij"), axis=-1)
    to_written = np.linalg.inv(written.affine_ras) @ volume.affine_ras
    place = index @ to_written[:3, :3].T + to_written[:3, 3]
    assert np.allclose(place, np.round(place), atol=1e-3)
    assert np.array_equal(volume.array, pixels[tuple(np.moveaxis(np.round(place).astype(int), -1, 0))])
