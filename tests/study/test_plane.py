"""Planes from geometry: flips, tilts, ties, and files that do not say which axis the slices are on."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from spinemets.errors import GeometryError
from spinemets.study.plane import display_order, in_display_order, plane_of
from spinemets.study.records import Plane

# Index (slice, row, column) to RAS: columns are the directions of the three axes.
_SAGITTAL = np.array([[-4.0, 0, 0], [0, 0, -0.7], [0, -0.7, 0]])
_AXIAL = np.array([[0, 0, -0.5], [0, -0.5, 0], [4.0, 0, 0]])
_CORONAL = np.array([[0, 0, -0.7], [4.0, 0, 0], [0, -0.7, 0]])
_STACKS = {Plane.SAGITTAL: _SAGITTAL, Plane.AXIAL: _AXIAL, Plane.CORONAL: _CORONAL}
_SHAPE = (15, 384, 384)


def _affine(directions) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = directions
    affine[:3, 3] = (31.0, -12.0, 87.0)
    return affine


@pytest.mark.parametrize("plane", _STACKS)
@pytest.mark.parametrize("signs", list(product((-1, 1), repeat=3)))
def test_flips_do_not_change_the_plane(plane, signs):
    assert plane_of(_affine(_STACKS[plane] * signs), _SHAPE) is plane


@pytest.mark.parametrize(
    ("plane", "axis", "tilt_deg", "expected"),
    [
        (Plane.AXIAL, "x", 30, Plane.AXIAL),
        (Plane.AXIAL, "x", -40, Plane.AXIAL),
        (Plane.AXIAL, "x", 45, Plane.AXIAL),
        (Plane.AXIAL, "x", 50, Plane.OBLIQUE),
        (Plane.AXIAL, "x", 60, Plane.CORONAL),
        (Plane.SAGITTAL, "z", 20, Plane.SAGITTAL),
        (Plane.SAGITTAL, "z", 40, Plane.OBLIQUE),
        (Plane.SAGITTAL, "y", -34, Plane.SAGITTAL),
        (Plane.CORONAL, "x", 25, Plane.CORONAL),
        (Plane.CORONAL, "x", 40, Plane.OBLIQUE),
    ],
)
def test_tilted_stacks(plane, axis, tilt_deg, expected):
    rotation = Rotation.from_euler(axis, tilt_deg, degrees=True).as_matrix()
    assert plane_of(_affine(rotation @ _STACKS[plane]), _SHAPE) is expected


def test_sheared_slices_are_judged_by_the_slices():
    sheared = _AXIAL.copy()
    sheared[:, 0] = (0.0, 3.9, 4.0)
    assert plane_of(_affine(sheared), _SHAPE) is Plane.AXIAL


def test_the_acquired_plane_counts_where_voxels_are_isotropic():
    assert plane_of(_affine(_CORONAL / [4.0, 0.7, 0.7]), (256, 256, 256)) is Plane.CORONAL


@pytest.mark.parametrize(
    "directions", [np.full((3, 3), np.nan), np.full((3, 3), 1e300), _SAGITTAL[:, [0, 1, 1]]]
)
def test_nonsense_is_refused(directions):
    with pytest.raises(GeometryError, match="span no plane"):
        plane_of(_affine(directions), _SHAPE)


def test_an_empty_stack_is_refused():
    with pytest.raises(GeometryError, match="no voxels"):
        plane_of(_affine(_SAGITTAL), (0, 384, 384))


@given(
    plane=st.sampled_from(list(_STACKS)),
    order=st.sampled_from(list(permutations((0, 1, 2)))),
    signs=st.tuples(*[st.sampled_from((-1, 1))] * 3),
    tilt_deg=st.floats(-30, 30),
)
def test_any_storage_order_is_put_back(plane, order, signs, tilt_deg):
    rotation = Rotation.from_euler("x", tilt_deg, degrees=True).as_matrix()
    stack = _affine(rotation @ _STACKS[plane] * signs)
    stored = in_display_order(stack, order)
    shape = tuple(_SHAPE[axis] for axis in order)
    back = display_order(stored, shape)
    assert tuple(shape[axis] for axis in back) == _SHAPE
    assert np.array_equal(in_display_order(stored, back), stack)
    assert plane_of(in_display_order(stored, back), _SHAPE) is plane


@pytest.mark.parametrize(
    ("spacing_mm", "shape", "slice_axis"),
    [
        ((1.0, 1.0, 1.0), (220, 224, 77), 0),  # a tie of three: left-right
        ((1.0, 1.0, 1.05), (220, 224, 77), 0),  # within 10 %: still a tie
        ((0.5, 1.0, 1.0), (220, 224, 77), 2),  # a tie without left-right: fewest voxels
        ((1.0, 1.0, 2.0), (70, 70, 275), 2),
        ((0.5, 0.5, 0.5), (200, 1, 200), 1),  # one slice
    ],
)
def test_slice_axis_of_a_file(spacing_mm, shape, slice_axis):
    assert display_order(_affine(np.diag(spacing_mm)), shape)[0] == slice_axis


def test_a_named_plane_settles_the_slice_axis():
    assert display_order(_affine(np.diag((1.0, 1.0, 2.0))), (70, 70, 275), Plane.SAGITTAL) == (0, 2, 1)


def test_rows_run_along_the_body_on_sagittal_files():
    affine = _affine(np.diag((1.0, 1.0, 1.0)))
    order = display_order(affine, (60, 300, 400))
    assert order == (0, 2, 1)
