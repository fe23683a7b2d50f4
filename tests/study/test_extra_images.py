"""Extras are read where the patient is; coordinates of another frame of reference are never compared."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from spinemets.study.extra_images import ExtraImage, load_extras
from spinemets.study.records import (
    AcquisitionParameters,
    Evidence,
    FileSource,
    Plane,
    Series,
    Weighting,
    WeightingJudgement,
)
from spinemets.volume import Volume, write_volume

_SHAPE = (6, 20, 18)


def _series(path, frame="", weighting=Weighting.ADC):
    return Series(
        key=path.name,
        plane=Plane.AXIAL,
        weighting=WeightingJudgement(weighting, Evidence.OVERRIDE, "by hand"),
        parameters=AcquisitionParameters(),
        shape=_SHAPE,
        affine_ras=np.eye(4),
        slice_thickness_mm=None,
        source=FileSource(path),
        frame_of_reference=frame,
    )


@given(st.tuples(*[st.floats(-40.0, 40.0)] * 3), st.tuples(*[st.floats(0.0, 1.0)] * 3))
def test_a_linear_image_is_read_exactly_whatever_its_grid(turn, place):
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", turn, degrees=True).as_matrix() * (5.0, 1.0, 1.2)
    affine[:3, 3] = (3.0, -40.0, 100.0)
    index = np.array(place) * (np.array(_SHAPE) - 1)
    values = np.indices(_SHAPE).transpose(1, 2, 3, 0) @ np.array([7.0, -2.0, 3.0])
    image = ExtraImage(Weighting.ADC, "adc", Volume(values.astype(np.float32), affine))
    point = affine[:3, :3] @ index + affine[:3, 3]
    assert image.at(point[None])[0] == pytest.approx(float(index @ [7.0, -2.0, 3.0]), abs=1e-2)


def test_beyond_the_image_nothing_is_read():
    image = ExtraImage(Weighting.ADC, "adc", Volume(np.ones(_SHAPE, np.float32), np.eye(4)))
    assert np.isnan(image.at(np.array([[-2.0, 0.0, 0.0], [0.0, 0.0, 18.0]]))).all()


@pytest.fixture
def adc(tmp_path):
    path = tmp_path / "adc.nii.gz"
    write_volume(path, Volume(np.ones(_SHAPE, np.int16), np.eye(4)))
    return path


@pytest.mark.parametrize(("frame", "used"), [("one", 1), ("", 1), ("another", 0)])
def test_only_images_in_the_station_s_coordinates_serve(adc, frame, used):
    found = load_extras([_series(adc, frame)], _series(adc, "one", Weighting.T2))
    assert len(found.images) == used
    assert len(found.left_out) == 1 - used
    assert all("frame of reference" in line for line in found.left_out)


def test_what_cannot_be_read_is_said(adc):
    found = load_extras([_series(Path(adc.parent / "gone.nii.gz"))], _series(adc))
    assert found.images == ()
    assert "cannot be read" in found.left_out[0]
