import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from findings.block_spine import BODY_MM, CANAL_HALF_MM, WALL_MM, block_maps
from spinemets.anatomy import Anatomy
from spinemets.findings.element_frame import CANAL, element_frames
from spinemets.findings.maps import StationMaps
from spinemets.volume import crop


@settings(max_examples=8)
@given(tilt=st.tuples(*[st.floats(-18, 18)] * 3), stored=st.sampled_from(["LIP", "RAS", "PIR"]))
def test_axes_turn_with_the_patient(tilt, stored):
    frames = element_frames(block_maps(tilt_deg=tilt, stored=stored))
    turn = Rotation.from_euler("xyz", tilt, degrees=True).as_matrix()
    for frame in frames.values():
        assert np.allclose(np.linalg.det(frame.axes_ras), 1.0)
        angles = np.degrees(np.arccos(np.clip((frame.axes_ras * turn).sum(axis=0), -1, 1)))
        assert angles.max() < 4.0


@pytest.mark.parametrize("lean_deg", [-35.0, 30.0, 50.0])
def test_axes_lean_with_a_spine_that_is_not_along_the_rows(lean_deg):
    """As in the neck of a person with much kyphosis."""
    own = element_frames(block_maps(lean_deg=lean_deg))[2].axes_ras
    lean = Rotation.from_euler("x", -lean_deg, degrees=True).as_matrix()
    assert np.degrees(np.arccos(np.clip(own[:, 2] @ lean[:, 2], -1, 1))) < 3.0


def test_points_and_coordinates_are_inverse():
    frame = element_frames(block_maps(tilt_deg=(5.0, -8.0, 3.0)))[2]
    points = np.array([[1.0, 2.0, 3.0], [-20.0, 4.0, 0.0]])
    assert frame.coordinates_mm(frame.points_ras_mm(points)) == pytest.approx(points)


def test_sizes_are_those_of_the_bone_and_the_canal():
    frame = element_frames(block_maps())[2]
    assert frame.depth_mm == pytest.approx(BODY_MM[1], abs=2.5)
    assert frame.half_height_mm == pytest.approx(BODY_MM[2] / 2, abs=1.5)
    assert frame.canal_half_width_mm == pytest.approx(CANAL_HALF_MM[0], abs=1.5)
    assert frame.canal_depth_mm == pytest.approx(2 * CANAL_HALF_MM[1], abs=1.5)
    assert frame.origin_ras_mm == pytest.approx([0.0, WALL_MM, 0.0], abs=1.5)


def test_a_canal_that_is_not_seen_leaves_the_images_axes_and_usual_sizes():
    maps = block_maps()
    maps.anatomy.array[np.isin(maps.anatomy.array, CANAL)] = Anatomy.BACKGROUND
    frame = element_frames(maps)[2]
    assert frame.axes_ras[:, 1] == pytest.approx([0.0, 1.0, 0.0], abs=0.02)
    assert frame.canal_depth_mm > 10


def test_a_body_that_the_image_cuts_has_the_sizes_of_the_next():
    maps = block_maps()
    whole = element_frames(maps)[1]
    # The first row lies 55 mm above the middle of the second body; the first body reaches from 45 to 21 mm.
    arrays = (maps.anatomy, maps.vertebrae, maps.lesions, maps.lesion_probability)
    above = [crop(one, (0, 16, 0), one.shape) for one in arrays]
    frame = element_frames(StationMaps(*above, images={}, series={}, reference_series=""))[1]
    assert frame.half_height_mm == pytest.approx(whole.half_height_mm, abs=1.0)
    assert frame.origin_ras_mm == pytest.approx(whole.origin_ras_mm, abs=2.5)


def test_vertebrae_without_a_body_have_no_frame():
    maps = block_maps()
    maps.anatomy.array[(maps.vertebrae.array == 1) & (maps.anatomy.array == Anatomy.VERTEBRAL_BODY)] = 0
    assert set(element_frames(maps)) == {2, 3}
