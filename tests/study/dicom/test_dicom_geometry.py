"""Slices become volumes whose affines are true, in every orientation."""

from itertools import permutations, product

import numpy as np
import pytest
import SimpleITK
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from spinemets.study.reading import load_volume
from spinemets.study.records import Plane

_AXES = [tuple(float(x) for x in row) for row in (*np.eye(3), *-np.eye(3))]
# Every pair of perpendicular signed axes, with slices numbered along and against their normal: 48.
_ORIENTATIONS = [
    (row, column, backwards)
    for row, column in permutations(_AXES, 2)
    if np.dot(row, column) == 0
    for backwards in (False, True)
]


def test_there_are_48_axis_orders():
    assert len(_ORIENTATIONS) == 48


@pytest.mark.parametrize(("row", "column", "backwards"), _ORIENTATIONS)
def test_every_voxel_lies_where_the_affine_says(dicom, row, column, backwards):
    def number(dataset, k):
        dataset.InstanceNumber = 5 - k if backwards else 1 + k

    dicom.write(directions=(row, column), slices=4, rows=3, columns=5, change=number)
    series = dicom.one_series()
    assert np.allclose(load_volume(series).array, dicom.expected(series), atol=0.006)


def test_axes_are_slice_row_column_with_rectangular_pixels(dicom):
    dicom.write(slices=7, rows=6, columns=5, step_mm=4.0, spacing_mm=(0.75, 0.5))
    series = dicom.one_series()
    assert series.shape == (7, 6, 5)
    assert np.allclose(series.spacing_mm, (4.0, 0.75, 0.5))


def test_lps_of_the_header_is_turned_to_ras(dicom):
    dicom.write(origin_lps=(-10.0, -20.0, 30.0))
    # Sagittal rows run down the patient, columns to the back; slices step along row x column, to the right.
    expected = [[4.0, 0, 0, 10.0], [0, 0, -0.5, 20.0], [0, -0.75, 0, 30.0], [0, 0, 0, 1]]
    assert np.allclose(dicom.one_series().affine_ras, expected)


def _rotated(angles_deg):
    turn = Rotation.from_euler("xyz", angles_deg, degrees=True).as_matrix()
    return tuple(map(tuple, (turn[:, 0].tolist(), turn[:, 1].tolist())))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    angles_deg=st.tuples(*[st.floats(-180, 180, width=32)] * 3),
    origin_lps=st.tuples(*[st.floats(-60, 60, width=16)] * 3),
    step_mm=st.floats(0.8, 6.0),
)
def test_oblique_stacks_agree_with_simpleitk(tmp_path_factory, dicom, angles_deg, origin_lps, step_mm):
    folder = tmp_path_factory.mktemp("oblique")
    here = type(dicom)(folder)
    here.write(directions=_rotated(angles_deg), origin_lps=origin_lps, step_mm=step_mm, slices=4)
    series = here.one_series()
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    assert np.allclose(load_volume(series).array, SimpleITK.GetArrayFromImage(image), atol=1e-3)
    for k, row, column in product((0, 3), (0, 5), (0, 4)):
        lps = image.TransformIndexToPhysicalPoint((column, row, k))
        assert np.allclose(
            (series.affine_ras @ [k, row, column, 1])[:3], lps * np.array([-1, -1, 1]), atol=1e-4
        )


def test_slices_are_ordered_by_position_not_by_name_or_number(dicom):
    shuffled = [3, 0, 4, 1, 2]

    def shuffle(dataset, k):
        dataset.InstanceNumber = shuffled[k]

    dicom.write(change=shuffle)
    series = dicom.one_series()
    assert np.allclose(load_volume(series).array, dicom.expected(series), atol=0.006)


@pytest.mark.parametrize(
    ("directions", "plane"),
    [
        (((0, 1, 0), (0, 0, -1)), Plane.SAGITTAL),
        (((1, 0, 0), (0, 1, 0)), Plane.AXIAL),
        (((1, 0, 0), (0, 0, -1)), Plane.CORONAL),
    ],
)
def test_plane_is_named(dicom, directions, plane):
    dicom.write(directions=directions)
    assert dicom.one_series().plane is plane


def test_a_single_slice_is_as_thick_as_its_header_says(dicom):
    dicom.write(slices=1, thickness_mm=4.5)
    series = dicom.one_series()
    assert series.spacing_mm[0] == pytest.approx(4.5)
    assert "It is a single slice." in series.warnings


def test_direction_cosines_of_four_decimals_are_made_orthonormal(dicom):
    angle = np.radians(17.3)
    rounded = ((0.0, round(float(np.cos(angle)), 4), round(float(np.sin(angle)), 4)), (0.0, 0.2974, -0.9548))
    dicom.write(directions=rounded)
    directions = dicom.one_series().affine_ras[:3, 1:3] / [0.75, 0.5]
    assert np.allclose(directions.T @ directions, np.eye(2), atol=1e-12)


def _break(field, value):
    def change(dataset, k):
        if k == 2 or field != "ImagePositionPatient":
            setattr(dataset, field, value)

    return change


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ImageOrientationPatient", [1, 0, 0, 1, 0, 0]),
        ("ImageOrientationPatient", [1, 0, 0, 0, 2, 0]),
        ("ImageOrientationPatient", [1, 0, 0, 0.3, 1, 0]),
        ("ImageOrientationPatient", [0, 0, 0, 0, 0, 0]),
        ("ImageOrientationPatient", ["nan", 0, 0, 0, 1, 0]),
        ("ImageOrientationPatient", [1, 0, 0]),
        ("ImageOrientationPatient", None),
        ("PixelSpacing", [0, 0.5]),
        ("PixelSpacing", [0.5, "nan"]),
        ("PixelSpacing", [-0.5, 0.5]),
        ("PixelSpacing", None),
    ],
)
def test_nonsense_geometry_leaves_the_series_out(dicom, field, value):
    dicom.write(change=_break(field, value))
    study = dicom.study()
    assert study.series == ()
    assert {problem.kind for problem in study.problems} == {"GeometryError"}
    assert all(
        field in problem.message and str(problem.path) in problem.message for problem in study.problems
    )


@pytest.mark.parametrize("value", [["nan", 0, 0], ["inf", 0, 0], [1, 2], None])
def test_a_slice_without_a_place_is_left_out_and_its_gap_named(dicom, value):
    paths = dicom.write(change=_break("ImagePositionPatient", value))
    study = dicom.study()
    assert [series.shape[0] for series in study.series] == [2, 2]
    assert [problem.path for problem in study.problems] == [paths[2]]
    assert study.problems[0].kind == "GeometryError"


def test_a_tilted_gantry_is_refused(dicom):
    def shear(dataset, k):
        x, y, z = (float(part) for part in dataset.ImagePositionPatient)
        dataset.ImagePositionPatient = [x, y + 1.5 * k, z]

    dicom.write(change=shear)
    (problem, *_) = dicom.study().problems
    assert problem.kind == "GeometryError"
    assert "20.6 degrees" in problem.message


def test_rounded_positions_make_one_stack(dicom):
    def round_off(dataset, k):
        dataset.ImagePositionPatient = [round(float(part), 1) for part in dataset.ImagePositionPatient]

    dicom.write(directions=_rotated((10, 20, 30)), change=round_off, slices=12)
    assert dicom.one_series().shape[0] == 12


@pytest.mark.parametrize(
    ("letters", "warned"),
    [(["P", "F"], False), (["PR", "FA"], False), (["A", "F"], True), (["P", "H"], True)],
)
def test_letters_that_contradict_the_orientation_are_a_warning(dicom, letters, warned):
    # Sagittal rows run to the back, columns to the feet.
    dicom.write(elements={"PatientOrientation": letters})
    assert any("which side is left" in warning for warning in dicom.one_series().warnings) is warned
