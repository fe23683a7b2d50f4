"""Series that are not one even stack are divided by stated rules, and nothing is made up."""

import numpy as np
import pytest
from pydicom.uid import generate_uid

from spinemets.study.archive import ArchiveSettings
from spinemets.study.reading import load_volume


def _values_are_true(dicom, series):
    return np.allclose(load_volume(series).array, dicom.expected(series), atol=0.006)


def test_a_missing_slice_ends_one_stack_and_begins_another(dicom):
    dicom.write(slices=8)[5].unlink()
    series = dicom.series()
    assert [one.shape[0] for one in series] == [5, 2]
    assert all(_values_are_true(dicom, one) for one in series)
    # The slices step along -x LPS by 4 mm from x = -10: the sixth lies at x = -30 LPS, 30 RAS.
    assert all("1 slice is missing" in one.warnings[0] for one in series)
    assert all("(30.0, 20.0, 30.0)" in one.warnings[0] for one in series)


def test_several_missing_slices_are_counted(dicom):
    paths = dicom.write(slices=10)
    for k in (4, 5, 6):
        paths[k].unlink()
    assert [one.shape[0] for one in dicom.series()] == [4, 3]
    assert "3 slices are missing" in dicom.series()[0].warnings[0]


def test_a_missing_end_slice_is_no_gap(dicom):
    dicom.write(slices=8)[7].unlink()
    assert dicom.one_series().warnings == ()


def test_a_step_that_is_no_whole_number_of_slices_is_named(dicom):
    def move(dataset, k):
        x, y, z = dataset.ImagePositionPatient
        dataset.ImagePositionPatient = [float(x) - (7.0 if k > 3 else 0.0), y, z]

    dicom.write(slices=8, change=move)
    assert [one.shape[0] for one in dicom.series()] == [4, 4]
    assert "11.0 mm" in dicom.series()[0].warnings[0]


def test_cuts_far_apart_are_no_stack(dicom):
    dicom.write(slices=3, step_mm=35.0, thickness_mm=4.0)
    series = dicom.series()
    assert [one.shape[0] for one in series] == [1, 1, 1]
    assert "35.0 mm apart, too far" in series[0].warnings[0]


def test_irregular_positions_are_refused(dicom):
    irregular = np.cumsum([0, 1.0, 3.1, 0.4, 2.2, 5.0, 1.6])

    def move(dataset, k):
        _, y, z = dataset.ImagePositionPatient
        dataset.ImagePositionPatient = [-10 - irregular[k], y, z]

    dicom.write(slices=7, change=move)
    study = dicom.study()
    assert study.series == ()
    assert {problem.kind for problem in study.problems} == {"GeometryError"}


@pytest.mark.parametrize(
    ("element", "values", "said"),
    [
        ("EchoTime", [12, 100], "echo time in ms 100"),
        ("ImageType", [["ORIGINAL", "PRIMARY", "M", "WATER"], ["ORIGINAL", "PRIMARY", "M", "FAT"]], "FAT"),
        ("DiffusionBValue", [0.0, 800.0], "b value in s/mm2 800"),
        ("InversionTime", [160, 2200], "inversion time in ms 160"),
        ("TemporalPositionIdentifier", [1, 2], "temporal position 2"),
        ("AcquisitionNumber", [1, 2], "acquisition number 2"),
        ("EchoNumbers", [1, 2], "echo number 2"),
    ],
)
def test_images_at_one_place_are_told_apart(dicom, element, values, said):
    for n, value in enumerate(values):

        def change(dataset, k, n=n, value=value):
            setattr(dataset, element, value)
            dataset.SOPInstanceUID = generate_uid(entropy_srcs=[f"{n} {k}"])
            dataset.InstanceNumber = 2 * k + n

        dicom.write(folder=str(n), change=change)
    series = dicom.series()
    assert [one.shape[0] for one in series] == [5, 5]
    assert any(said in warning for one in series for warning in one.warnings)
    assert len({one.key for one in series}) == 2


def test_private_b_values_of_the_vendors_are_read(dicom):
    def siemens(dataset, k):
        dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", "750")

    def ge(dataset, k):
        dataset.private_block(0x0043, "GEMS_PARM_01", create=True).add_new(0x39, "IS", [1000000800, 8, 0, 0])

    def philips(dataset, k):
        dataset.private_block(0x2001, "Philips Imaging DD 001", create=True).add_new(0x03, "FL", 600.0)

    for number, change in enumerate((siemens, ge, philips), 1):
        dicom.write(folder=str(number), series=f"s{number}", number=number, change=change)
    assert [one.parameters.b_value_s_mm2 for one in dicom.series()] == [750, 800, 600]


def test_a_time_that_differs_in_every_slice_does_not_scatter_the_stack(dicom):
    def change(dataset, k):
        dataset.TriggerTime = 100 * k
        dataset.SOPInstanceUID = generate_uid(entropy_srcs=[str(dataset.EchoTime), str(k)])

    for echo in (12, 100):
        dicom.write(folder=str(echo), change=change, elements={"EchoTime": echo})
    assert [one.shape[0] for one in dicom.series()] == [5, 5]


def test_images_that_nothing_tells_apart_are_kept_once_and_the_others_named(dicom):
    dicom.write(folder="a")

    def again(dataset, k):
        dataset.SOPInstanceUID = generate_uid(entropy_srcs=["again", str(k)])
        dataset.InstanceNumber = 100 + k
        dataset.PixelData = bytes(60)

    dicom.write(folder="b", change=again)
    study = dicom.study()
    (series,) = study.series
    assert "5 images lie where others lie" in series.warnings[0]
    assert _values_are_true(dicom, series)
    assert [problem.kind for problem in study.problems] == ["left out"]
    assert "5 files" in study.problems[0].message


def test_copies_of_files_are_passed_over_with_a_note(dicom):
    dicom.write(folder="a")
    dicom.write(folder="b")
    series = dicom.one_series()
    assert series.shape[0] == 5
    assert series.warnings == ("5 copies of its images were passed over.",)


def test_two_orientations_are_two_series(dicom):
    tilted = ((1.0, 0.0, 0.0), (0.0, float(np.cos(0.3)), float(np.sin(0.3))))
    dicom.write(folder="a", directions=((1.0, 0, 0), (0, 1.0, 0)))

    def other(dataset, k):
        dataset.SOPInstanceUID = generate_uid(entropy_srcs=["tilted", str(k)])

    dicom.write(folder="b", directions=tilted, change=other, slices=4, first_instance=6)
    assert [one.shape[0] for one in dicom.series()] == [5, 4]
    assert all(_values_are_true(dicom, one) for one in dicom.series())


def test_three_upright_planes_are_a_localizer(dicom):
    planes = {
        "a": ((1.0, 0, 0), (0, 1.0, 0)),
        "b": ((1.0, 0, 0), (0, 0, -1.0)),
        "c": ((0, 1.0, 0), (0, 0, -1.0)),
    }
    for name, directions in planes.items():

        def change(dataset, k, name=name):
            dataset.SOPInstanceUID = generate_uid(entropy_srcs=[name, str(k)])

        dicom.write(folder=name, directions=directions, slices=3, change=change)
    study = dicom.study()
    assert study.series == ()
    assert "9 files of series 3 left out: a localizer of three planes" in study.problems[0].message


def test_stations_at_the_same_depth_are_two_series(dicom):
    dicom.write(folder="upper")

    def other(dataset, k):
        dataset.SOPInstanceUID = generate_uid(entropy_srcs=["lower", str(k)])

    dicom.write(folder="lower", origin_lps=(-10.0, -20.0, -100.0), change=other)
    series = dicom.series()
    assert [one.shape[0] for one in series] == [5, 5]
    assert all(_values_are_true(dicom, one) for one in series)


def test_another_matrix_is_another_series(dicom):
    dicom.write(folder="a")

    def other(dataset, k):
        dataset.SOPInstanceUID = generate_uid(entropy_srcs=["b", str(k)])

    dicom.write(folder="b", rows=8, change=other)
    assert sorted(one.shape for one in dicom.series()) == [(5, 6, 5), (5, 8, 5)]


def test_frames_of_reference_are_kept_apart(dicom):
    def other(dataset, k):
        dataset.SOPInstanceUID = generate_uid(entropy_srcs=["b", str(k)])
        dataset.FrameOfReferenceUID = "1.2.3"

    dicom.write(folder="a")
    dicom.write(folder="b", change=other)
    assert len({one.frame_of_reference for one in dicom.series()}) == 2


def test_a_time_course_is_left_out(dicom):
    for time in range(4):

        def change(dataset, k, time=time):
            dataset.TemporalPositionIdentifier = time
            dataset.SOPInstanceUID = generate_uid(entropy_srcs=[str(time), str(k)])

        dicom.write(folder=str(time), change=change, slices=3)
    few = ArchiveSettings(dicom.settings.identifiers, 2**20, 3, 1)
    (study,) = dicom.studies(few)
    assert study.series == ()
    assert "4 stacks, more than 3" in study.problems[0].message


def test_slices_turned_about_one_axis_are_no_localizer(dicom):
    for degrees in (0, 60, 120):
        cosine, sine = float(np.cos(np.radians(degrees))), float(np.sin(np.radians(degrees)))

        def change(dataset, k, degrees=degrees):
            dataset.SOPInstanceUID = generate_uid(entropy_srcs=[str(degrees), str(k)])

        dicom.write(folder=str(degrees), slices=1, directions=((cosine, sine, 0), (0, 0, -1)), change=change)
    assert len(dicom.series()) == 3
