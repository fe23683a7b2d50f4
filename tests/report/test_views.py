"""Images as radiologists look at them: front and right of the patient on the left, whatever the grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geometry import affines
from report.small_assessment import small_assessment
from spinemets.anatomy import Anatomy, Level
from spinemets.inference.records import AxialImage, StationImages
from spinemets.report.axial_view import axial_view
from spinemets.report.figures import BEST
from spinemets.report.sagittal_view import sagittal_view, shown_station
from spinemets.study.selection import Channel
from spinemets.volume import Volume

_SHAPE = (8, 9, 10)


def _station(affine, place):
    """One bright voxel with bone, in an image of any orientation."""
    image, anatomy = np.zeros(_SHAPE, np.float32), np.zeros(_SHAPE, np.uint8)
    image[place] = 100.0
    anatomy[place] = Anatomy.VERTEBRAL_BODY
    empty = Volume(np.zeros(_SHAPE, np.uint16), affine)
    return StationImages(
        "lumbar", None, {Channel.T2: Volume(image, affine)}, Volume(anatomy, affine), empty, empty
    )


@settings(max_examples=30)
@given(affines(max_tilt_deg=20.0), st.tuples(*[st.integers(0, n - 1) for n in _SHAPE]))
def test_front_is_left_and_head_is_up_on_any_grid(affine, place):
    shown = shown_station(_station(affine, place))
    _, row, column = np.argwhere(shown.anatomy)[0]
    height, width = shown.anatomy.shape[1:]
    world = Volume(np.zeros(_SHAPE), affine).voxel_to_world
    corners = world(np.array(np.meshgrid(*((0, n - 1) for n in _SHAPE))).reshape(3, -1).T)
    middle = corners.mean(axis=0)
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    up = axes[:, np.abs(axes[2]).argmax()]
    up = up * np.sign(up[2])
    above = (world(place) - middle) @ up
    assert np.sign(above) == np.sign((height - 1) / 2 - row) or abs(above) < 1e-6
    assert shown.stacks["T2"][tuple(np.argwhere(shown.anatomy)[0])] == 255
    assert 0 <= column < width


@pytest.fixture(scope="module")
def assessment():
    return small_assessment()


@pytest.fixture(scope="module")
def view(assessment):
    station = assessment.result.stations[0]
    shown = shown_station(assessment.stations[0])
    return sagittal_view(shown, station.findings, station.channels, assessment.result.levels, BEST)


def test_slices_run_from_the_patients_right_to_left(assessment, view):
    """Lesion 2 lies further left than lesion 1."""
    images = assessment.stations[0]
    right = {
        number: images.lesions.voxel_to_world(np.argwhere(images.lesions.array == number))[:, 0].mean()
        for number in (1, 2)
    }
    assert right[1] > right[2]
    first, second = view.jumps
    assert first.words == "T12 or L1"
    assert second.slice_index > first.slice_index


def test_canal_is_drawn_behind_the_bodies(view):
    overlay = view.overlays[view.first]
    x_of = [float(path.split(" ")[0][1:]) for path in (overlay.bodies, overlay.canal)]
    assert x_of[0] < x_of[1]


def test_names_from_head_to_feet_say_what_is_uncertain(view):
    names = sorted(view.overlays[view.first].names, key=lambda name: name.y_mm)
    assert [name.text for name in names] == ["T12 or L1", "L2 or L3", "L3"]


def test_first_slice_shows_the_first_involved_level(view):
    assert view.first == view.jumps[0].slice_index
    assert view.overlays[view.first].lesions


def test_sizes_are_true_to_scale(assessment, view):
    rows, columns = assessment.stations[0].reference.spacing_mm[1:]
    assert view.height_mm == pytest.approx(64 * rows, abs=0.1)
    assert view.width_mm == pytest.approx(60 * columns, abs=0.1)


def test_station_without_masks_is_shown_whole(assessment):
    images = assessment.stations[0]
    empty = Volume(np.zeros(images.anatomy.shape, np.uint8), images.anatomy.affine_ras)
    shown = shown_station(StationImages("lumbar", images.reference, images.volumes, empty, empty, empty))
    assert shown.anatomy.shape == (9, 64, 60)


def test_vertebra_that_no_finding_names_is_a_question_mark(assessment):
    images = assessment.stations[0]
    levels = Volume(
        np.where(images.levels.array > 0, Level.C3.code, 0).astype(np.uint8), images.levels.affine_ras
    )
    station = assessment.result.stations[0]
    shown = shown_station(
        StationImages("lumbar", images.reference, images.volumes, images.anatomy, levels, images.lesions)
    )
    view = sagittal_view(shown, station.findings, station.channels, (), BEST)
    assert {name.text for overlay in view.overlays for name in overlay.names} == {"?"}


def test_frame_runs_around_the_outer_edges_of_the_crop():
    image, crop = np.zeros((100, 80), np.float32), np.zeros((40, 30), np.float32)
    view = axial_view(AxialImage(0, image, (2.0, 1.0), crop, 0.5, (10.0, 20.0), crop))
    # The first pixel's centre lies at (10.5 x 2, 20.5 x 1) mm, its outer edge a quarter further.
    assert (view.frame.y_mm, view.frame.x_mm) == (
        pytest.approx(20.8, abs=0.06),
        pytest.approx(20.2, abs=0.06),
    )
    assert (view.frame.height_mm, view.frame.width_mm) == (20.0, 15.0)
    assert (view.height_mm, view.width_mm) == (200.0, 80.0)
