"""Grading of a level's slices: the rule of the worst one, sets, and what is shown."""

import numpy as np
import pytest
import torch

from inference.test_axial_slices import _axial, _grid
from spinemets.anatomy import EsccGrade
from spinemets.errors import ConfigurationError
from spinemets.inference.axial_slices import AxialSlice
from spinemets.inference.escc_grading import AxialSeries, deciding_image, differ, grade_level, ungraded
from spinemets.inference.models import GraderModel
from spinemets.inference.records import WeightsUsed
from spinemets.inference.settings import GradingSettings
from spinemets.networks.escc_grader import EsccGrader
from spinemets.networks.grader_settings import GraderSettings
from spinemets.networks.weights_card import WeightsCard
from spinemets.scoring.escc import assessment_of, not_gradable
from spinemets.volume import Volume

SETTINGS = GradingSettings(0.9, 4.0, 1)
SMALL = GraderSettings(slices=3, crop_size=32, spacing_mm=1.0, filters=(8, 8, 8, 8), blocks=(1, 1, 1, 1))
MEASURED = assessment_of([EsccGrade.G0], "masks")


def _model(calibration=None, loud=1.0):
    torch.manual_seed(0)
    network = EsccGrader(SMALL).eval()
    with torch.no_grad():
        # Far apart, so that slices differ.
        network.get_parameter("backbone.fc.1.weight").mul_(loud)
    card = WeightsCard(
        task="escc",
        classes=tuple(EsccGrade),
        channels=("T2",),
        spacing_mm=(1.0, 1.0),
        patch_size=(3, 32, 32),
        network={},
        spinemets_version="0",
        manifest_sha256="",
        seed=0,
        trained_on="nothing",
        simulated=True,
        calibration=calibration or {},
    )
    return GraderModel(network, card, WeightsUsed("escc", "ab", "nothing", True, "0"))


@pytest.fixture
def axial():
    series, volume = _axial(_grid(False, 8.0), (11, 65, 65))
    noise = np.random.default_rng(0).normal(size=volume.shape).astype(np.float32)
    return {"ax": AxialSeries(series, Volume(noise, volume.affine_ras))}


def _slices(axial, indices):
    volume = axial["ax"].volume
    return [AxialSlice("ax", index, tuple(volume.voxel_to_world([index, 32, 32]))) for index in indices]


def _grade(axial, model, indices, settings=SETTINGS, measured=MEASURED):
    return grade_level(_slices(axial, indices), axial, model, settings, measured, has_cord=True)


def test_every_slice_is_graded_and_the_worst_by_the_rule_decides(axial):
    model = _model(loud=20.0)
    result, place = _grade(axial, model, range(3, 8), GradingSettings(0.9, 4.0, 0))
    severity = [sum(one.grade.rank * one.probability for one in each.probabilities) for each in result.slices]
    assert [each.slice_index for each in result.slices] == [3, 4, 5, 6, 7]
    assert result.worst == int(np.argmax(severity))
    assert place.index == result.slices[result.worst].slice_index


def test_neighbours_have_a_say_in_which_slice_is_the_worst(axial):
    model = _model(loud=20.0)
    result, _ = _grade(axial, model, range(11))
    severity = np.array(
        [sum(one.grade.rank * one.probability for one in each.probabilities) for each in result.slices]
    )
    meaned = [
        (2 * severity[i] + severity[max(i - 1, 0) : i].sum() + severity[i + 1 : i + 2].sum())
        / (2 + (i > 0) + (i < 10))
        for i in range(11)
    ]
    assert result.worst == int(np.argmax(meaned))
    assert "neighbouring" in result.rule


def test_without_calibration_no_coverage_is_claimed(axial):
    result, _ = _grade(axial, _model(), [5])
    assert result.coverage is None
    assert result.assessment.is_gradable


def test_a_calibrated_set_has_its_coverage(axial):
    everything = {"conformal": {"0.9": 1.0}, "temperature": 1.0}
    result, _ = _grade(axial, _model(everything), [5])
    assert result.coverage == pytest.approx(0.9)
    assert result.assessment.grades == tuple(EsccGrade)


def test_a_coverage_that_was_not_calibrated_is_refused(axial):
    with pytest.raises(ConfigurationError, match=r"0\.8"):
        _grade(axial, _model({"conformal": {"0.8": 0.5}}), [5])


def test_far_apart_grades_are_flagged(axial):
    certain = {"conformal": {"0.9": 0.0}}
    result, _ = _grade(axial, _model(certain), [5])
    (grade,) = result.assessment.grades
    far = EsccGrade.G3 if grade.rank < 2 else EsccGrade.G0
    near = list(EsccGrade)[min(grade.rank + 1, 5)]
    for measured, disagrees in ((far, True), (near, False)):
        again, _ = _grade(axial, _model(certain), [5], measured=assessment_of([measured], "masks"))
        assert again.disagrees is disagrees


@pytest.mark.parametrize(
    ("graded", "measured", "disagrees"),
    [
        (["1a"], ["1a"], False),
        (["1a"], ["1b"], False),
        (["1a"], ["1c"], True),
        (["1c"], ["1a"], True),
        (["0"], ["3"], True),
        (["3"], ["0"], True),
        # Of sets, the nearest two count.
        (["1a", "1b"], ["1c", "2"], False),
        (["0", "1a"], ["1c", "2", "3"], True),
        (["1b", "1c", "2"], ["0"], True),
        # What was not graded agrees with nothing and contradicts nothing.
        ([], ["3"], False),
        (["3"], [], False),
    ],
)
def test_more_than_one_grade_apart_is_flagged_either_way(graded, measured, disagrees):
    def assessed(grades):
        return assessment_of([EsccGrade(one) for one in grades], "") if grades else not_gradable("no reason")

    assert differ(assessed(graded), assessed(measured)) is disagrees


def test_a_canal_outside_the_image_is_not_gradable(axial):
    volume = axial["ax"].volume
    outside = [AxialSlice("ax", 5, tuple(volume.voxel_to_world([5, 32, 500])))]
    result, place = grade_level(outside, axial, _model(), SETTINGS, MEASURED, has_cord=None)
    assert place is None
    assert not result.assessment.is_gradable


def test_nothing_graded_is_never_grade_0():
    result = ungraded("no axial T2 at this level", MEASURED, "hint")
    assert result.assessment.grades == ()
    assert "no axial T2" in result.assessment.reason


@pytest.mark.parametrize("flip", [False, True])
def test_the_shown_slice_has_the_patients_left_on_the_right(axial, flip):
    one = axial["ax"]
    bright = np.zeros(one.volume.shape, dtype=np.float32)
    affine = one.volume.affine_ras.copy()
    if flip:
        affine[:3, 3] += affine[:3, 2] * (bright.shape[2] - 1)
        affine[:3, 2] *= -1
    volume = Volume(bright, affine)
    left = np.rint(volume.world_to_voxel(np.add(volume.voxel_to_world([5, 32, 32]), (-12.0, 0, 0)))).astype(
        int
    )
    bright[5, left[1] - 1 : left[1] + 2, left[2] - 1 : left[2] + 2] = 1.0
    place = AxialSlice("ax", 5, tuple(volume.voxel_to_world([5, 32, 32])))
    shown = deciding_image(0, place, AxialSeries(one.series, volume), _model())
    _, columns = np.nonzero(shown.image)
    assert columns.mean() > shown.image.shape[1] / 2 + 8
    assert shown.crop.shape == shown.heat.shape == (32, 32)
    row, column = shown.crop_corner_px
    centre = np.array([row, column]) + 15.5
    assert centre == pytest.approx([32, 32], abs=1.0)
