"""Axial slices find their vertebra through world coordinates, however either stack lies."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from spinemets.inference.axial_slices import slices_of_vertebrae
from spinemets.study.records import (
    AcquisitionParameters,
    Evidence,
    FileSource,
    Plane,
    Series,
    Weighting,
    WeightingJudgement,
)
from spinemets.volume import Volume

# Three bodies 30 mm apart, the canal 25 mm behind their centres.
BODIES = {1: (0.0, 25.0, 30.0), 2: (0.0, 25.0, 0.0), 3: (0.0, 25.0, -30.0)}
CANAL = np.stack([np.zeros(181), np.zeros(181), np.linspace(-45, 45, 181)], axis=1)


def _axial(affine, shape):
    volume = Volume(np.zeros(shape, dtype=np.float32), affine)
    judgement = WeightingJudgement(Weighting.T2, Evidence.OVERRIDE, "said so")
    source = FileSource("axial.nii.gz")
    series = Series(
        "ax", Plane.AXIAL, judgement, AcquisitionParameters(), shape, volume.affine_ras, None, source
    )
    return series, volume


def _grid(up, tilt_deg):
    """11 slices 8 mm apart around the origin, from the feet or from the head."""
    axes = np.array([[-1.0, 0, 0], [0, -1.0, 0], [0, 0, 1.0 if up else -1.0]]).T[:, [2, 1, 0]]
    turned = Rotation.from_euler("x", tilt_deg, degrees=True).as_matrix() @ axes
    affine = np.eye(4)
    affine[:3, :3] = turned * (8.0, 1.0, 1.0)
    affine[:3, 3] = -affine[:3, :3] @ [5, 32, 32]
    return affine


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("tilt_deg", [0.0, 12.0])
def test_slices_go_to_the_nearest_body(up, tilt_deg):
    series, volume = _axial(_grid(up, tilt_deg), (11, 65, 65))
    found = slices_of_vertebrae(series, volume, CANAL, BODIES, reach_mm=0.0)
    assert set(found) == {1, 2, 3}
    for number, slices in found.items():
        heights = [one.centre_ras_mm[2] for one in slices]
        assert heights == sorted(heights, reverse=True)
        assert all(abs(height - BODIES[number][2]) <= 16.0 for height in heights)
    assert sum(map(len, found.values())) == 11


def test_a_slice_along_a_disc_belongs_to_both_sides():
    affine = _grid(True, 0.0)
    affine[2, 3] = 15.0
    series, volume = _axial(affine, (1, 65, 65))
    found = slices_of_vertebrae(series, volume, CANAL, BODIES, reach_mm=4.0)
    assert set(found) == {1, 2}


def test_slices_far_from_every_body_belong_to_none():
    affine = _grid(True, 0.0)
    affine[2, 3] = 120.0
    series, volume = _axial(affine, (3, 65, 65))
    assert slices_of_vertebrae(series, volume, CANAL, BODIES, reach_mm=4.0) == {}


def test_no_canal_no_slices():
    series, volume = _axial(_grid(True, 0.0), (11, 65, 65))
    assert slices_of_vertebrae(series, volume, np.zeros((0, 3)), BODIES, reach_mm=4.0) == {}
