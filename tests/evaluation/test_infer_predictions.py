"""What spinemets infer writes is read back as a prediction, level by level and slice by slice."""

from dataclasses import replace

import pytest

from report.small_assessment import small_assessment
from spinemets.anatomy import Level
from spinemets.errors import InputError
from spinemets.evaluation.infer_predictions import read_infer_study
from spinemets.inference.result_json import write_result
from spinemets.report.nifti_masks import write_masks
from spinemets.study.records import Weighting


@pytest.fixture(scope="module")
def assessment():
    return small_assessment()


def _written(folder, assessment, stations=1):
    folder.mkdir(parents=True)
    (only,) = assessment.result.stations
    named = [only] if stations == 1 else [replace(only, name=f"part {number}") for number in range(stations)]
    for station in named:
        prefix = f"{station.name.replace(' ', '_')}_" if stations > 1 else ""
        write_masks(replace(assessment.stations[0], name=station.name), folder, prefix)
    write_result(replace(assessment.result, stations=tuple(named)), folder / "result.json")
    return folder


def test_masks_with_what_is_known_of_them(assessment, tmp_path):
    study = read_infer_study(_written(tmp_path / "study-1", assessment))
    (masks,) = study.masks
    station = assessment.result.stations[0]
    assert (study.name, study.whole) == ("study-1", True)
    assert all(file.path.is_file() for file in masks.files)
    assert masks.lesion_scores == {one.number: one.probability for one in station.findings.lesions}
    assert set(masks.credible[Level.T12]) == {Level.T12, Level.L1}
    assert isinstance(masks.weighting, Weighting)
    assert study.made_with[0].startswith("SpineMets ")


def test_every_station_has_its_masks(assessment, tmp_path):
    study = read_infer_study(_written(tmp_path / "study-1", assessment, stations=2))
    assert [masks.name for masks in study.masks] == ["part 0", "part 1"]
    assert all(file.path.is_file() for masks in study.masks for file in masks.files)


def test_grades_and_scores_are_those_of_the_result(assessment, tmp_path):
    study = read_infer_study(_written(tmp_path / "study-1", assessment))
    for level in assessment.result.levels:
        grading, score = study.levels[level.belief.most_likely], study.sins[level.belief.most_likely]
        assert (score.minimum, score.maximum, score.classes) == (
            level.sins.minimum,
            level.sins.maximum,
            level.sins.classes,
        )
        if level.escc.worst is None:
            assert grading.grade is None
            assert grading.possible == ()
        else:
            assert grading.grade is level.escc.slices[level.escc.worst].grade
            assert grading.possible == level.escc.assessment.grades
            assert sum(grading.probabilities) == pytest.approx(1)
    places = {
        (one.series, one.slice_index) for level in assessment.result.levels for one in level.escc.slices
    }
    assert {(one.series, one.index) for one in study.slices} == places


def test_no_result_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"result\.json"):
        read_infer_study(tmp_path)
