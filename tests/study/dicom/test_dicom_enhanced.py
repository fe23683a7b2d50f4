"""Enhanced multi-frame images are read frame by frame."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGLSLossless, RLELossless

from spinemets.study.reading import load_volume
from spinemets.study.records import Weighting


def _values_are_true(dicom, series):
    return np.allclose(load_volume(series).array, dicom.expected(series), atol=0.006)


def _frames(dicom, count, **groups):
    return [dicom.Frame(k, dict(groups)) for k in range(count)]


def test_frames_in_any_order_make_one_volume(dicom):
    dicom.write_enhanced([dicom.Frame(k) for k in (3, 0, 4, 2, 1)])
    series = dicom.one_series()
    assert series.shape == (5, 6, 5)
    assert _values_are_true(dicom, series)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, DeflatedExplicitVRLittleEndian])
def test_compressed_frames_are_decoded(dicom, syntax):
    dicom.write_enhanced([dicom.Frame(k) for k in (3, 0, 4, 2, 1)], transfer_syntax=syntax)
    assert _values_are_true(dicom, dicom.one_series())


def test_enhanced_and_classic_give_the_same_volume(dicom):
    cosine, sine = float(np.cos(0.35)), float(np.sin(0.35))
    tilted = ((0.0, cosine, sine), (0.0, sine, -cosine))
    dicom.write(directions=tilted, series="classic", number=1)
    dicom.write_enhanced(_frames(dicom, 5), directions=tilted, series="enhanced", number=2)
    classic, enhanced = dicom.series()
    assert np.allclose(classic.affine_ras, enhanced.affine_ras)
    assert np.array_equal(load_volume(classic).array, load_volume(enhanced).array)
    assert classic.weighting.weighting is enhanced.weighting.weighting is Weighting.T2


def test_parameters_come_from_the_functional_groups(dicom):
    groups = {
        "MREchoSequence": {"EffectiveEchoTime": 55.0},
        "MRTimingAndRelatedParametersSequence": {
            "RepetitionTime": 4200.0,
            "FlipAngle": 160.0,
            "RFEchoTrainLength": 21,
        },
        "MRModifierSequence": {
            "InversionRecovery": "YES",
            "InversionTimes": [165.0],
            "SpectrallySelectedSuppression": "NONE",
        },
        "MRFOVGeometrySequence": {"InPlanePhaseEncodingDirection": "COLUMN"},
    }
    dicom.write_enhanced(_frames(dicom, 4, **groups))
    series = dicom.one_series()
    parameters = series.parameters
    assert parameters.repetition_time_ms == 4200
    assert parameters.echo_time_ms == 55
    assert parameters.inversion_time_ms == 165
    assert parameters.flip_angle_deg == 160
    assert parameters.echo_train_length == 21
    assert parameters.scanning_sequence == ("SE", "IR")
    assert series.weighting.weighting is Weighting.STIR


def test_dixon_frames_are_told_apart_by_frame_type(dicom):
    frames = [
        dicom.Frame(k, {"MRImageFrameTypeSequence": {"FrameType": ["DERIVED", "PRIMARY", "DIXON", what]}})
        for k in range(4)
        for what in ("WATER", "FAT")
    ]
    dicom.write_enhanced(frames)
    series = dicom.series()
    assert [one.shape[0] for one in series] == [4, 4]
    assert {one.parameters.image_type[3] for one in series} == {"WATER", "FAT"}
    assert all(_values_are_true(dicom, one) for one in series)


@pytest.mark.parametrize(
    ("group", "element", "values"),
    [
        ("MREchoSequence", "EffectiveEchoTime", [12.0, 95.0]),
        ("MRDiffusionSequence", "DiffusionBValue", [0.0, 800.0]),
        ("FrameContentSequence", "TemporalPositionIndex", [1, 2]),
        ("FrameContentSequence", "StackID", ["1", "2"]),
        ("FrameContentSequence", "FrameAcquisitionNumber", [1, 2]),
    ],
)
def test_frames_at_one_place_are_told_apart(dicom, group, element, values):
    frames = [dicom.Frame(k, {group: {element: value}}) for value in values for k in range(3)]
    dicom.write_enhanced(frames)
    assert [one.shape[0] for one in dicom.series()] == [3, 3]


def test_frames_are_told_apart_by_a_dimension_that_is_no_position(dicom):
    def dimensions(dataset, _):
        stack, place, other = Dataset(), Dataset(), Dataset()
        stack.DimensionIndexPointer = Tag("StackID")
        place.DimensionIndexPointer = Tag("InStackPositionNumber")
        other.DimensionIndexPointer = Tag("EffectiveEchoTime")
        dataset.DimensionIndexSequence = [stack, place, other]

    frames = [
        dicom.Frame(k, {"FrameContentSequence": {"DimensionIndexValues": [1, k + 1, echo]}})
        for k in range(3)
        for echo in (1, 2)
    ]
    dicom.write_enhanced(frames, change=dimensions)
    series = dicom.series()
    assert [one.shape[0] for one in series] == [3, 3]
    assert "dimension index 2" in series[1].warnings[0]


def test_phase_frames_are_left_out_and_magnitude_kept(dicom):
    frames = [
        dicom.Frame(k, {"MRImageFrameTypeSequence": {"ComplexImageComponent": what}})
        for k in range(3)
        for what in ("MAGNITUDE", "PHASE")
    ]
    dicom.write_enhanced(frames)
    study = dicom.study()
    assert [one.shape[0] for one in study.series] == [3]
    assert ["phase" in problem.message for problem in study.problems] == [True]


def test_rescaling_of_each_frame_is_applied(dicom):
    slopes = [0.01, 0.02, 0.03]
    frames = [
        dicom.Frame(k, {"PixelValueTransformationSequence": {"RescaleSlope": slope, "RescaleIntercept": 5.0}})
        for k, slope in enumerate(slopes)
    ]
    dicom.write_enhanced(frames)
    series = dicom.one_series()
    expected = dicom.expected(series) - 5.0
    expected *= np.array([1, 2, 3])[:, None, None]
    assert np.allclose(load_volume(series).array, expected + 5.0, atol=0.02)


def test_a_frame_with_nonsense_geometry_is_left_out(dicom):
    frames = _frames(dicom, 5)
    frames[4].groups["PlaneOrientationSequence"] = {"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}
    dicom.write_enhanced(frames)
    study = dicom.study()
    assert [one.shape[0] for one in study.series] == [4]
    assert study.problems[0].kind == "GeometryError"
    assert "1 frames" in study.problems[0].message


def test_a_wrong_number_of_frames_leaves_the_file_out(dicom):
    def announce(dataset, _):
        dataset.NumberOfFrames = 4

    path = dicom.write_enhanced(_frames(dicom, 5), change=announce)
    study = dicom.study()
    assert study.series == ()
    assert study.problems[0].path == path
    assert "announces 4 frames and describes 5" in study.problems[0].message


def test_facts_that_a_converter_put_aside_are_found(dicom):
    def convert(dataset, _):
        aside = Dataset()
        aside.EchoTime, aside.RepetitionTime, aside.ScanningSequence = 11, 600, "SE"
        dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4.4"
        shared = dataset.SharedFunctionalGroupsSequence[0]
        del shared.MREchoSequence, shared.MRTimingAndRelatedParametersSequence
        del dataset.EchoPulseSequence
        shared.UnassignedSharedConvertedAttributesSequence = [aside]

    dicom.write_enhanced(_frames(dicom, 3), change=convert)
    parameters = dicom.one_series().parameters
    assert (parameters.echo_time_ms, parameters.repetition_time_ms) == (11, 600)
    assert parameters.scanning_sequence == ("SE",)
