"""The order of a patient's studies: by date, by visit, or not known; never guessed."""

from dataclasses import replace

import nibabel
import numpy as np
import pytest

from spinemets.study.bids import read_bids
from spinemets.study.records import Study
from spinemets.study.study_yaml import read_study_yaml
from spinemets.study.visits import EarlierVisit, EarlierVisits, earlier_visits


def _study(key, day=None, visit=None, patient="p"):
    return Study(key, patient, (object(),), study_date=day, visit=visit)


def _of(study, others):
    return earlier_visits([*others, study]).get(study.key, EarlierVisits())


_NOW = _study("now", "2024-03-01", 3)


def test_earlier_studies_come_the_latest_first_with_days():
    others = [_study("old", "2023-03-01"), _study("last", "2024-02-01"), _study("next", "2024-04-01")]
    found = _of(_NOW, others)
    assert found.visits == (EarlierVisit("last", 29), EarlierVisit("old", 366))
    assert found.warnings == ()


def test_other_patients_and_studies_without_series_are_passed_over():
    empty = replace(_study("empty", "2023-01-01"), series=())
    assert _of(_NOW, [_study("other", "2023-01-01", patient="q"), empty]).visits == ()


def test_studies_of_one_day_are_of_one_visit():
    found = _of(_NOW, [_study("neck", "2024-03-01", 1)])
    assert (found.visits, found.warnings) == ((), ())


def test_without_dates_the_number_of_the_visit_counts():
    found = _of(_study("now", visit=3), [_study(f"v{n}", visit=n) for n in (1, 2, 4)])
    assert found.visits == (EarlierVisit("v2", None), EarlierVisit("v1", None))


@pytest.mark.parametrize("other", [_study("b"), _study("b", visit=1), _study("b", "2024-01-01")])
def test_where_the_order_is_not_known_it_is_said_and_nothing_is_compared(other):
    found = _of(_study("now"), [other])
    assert found.visits == ()
    assert "nothing says which of the two is earlier" in found.warnings[0]


def test_a_date_that_is_no_day_is_no_date():
    assert _of(_NOW, [_study("b", "2024-02-31")]).warnings


def _bids(folder, *sessions):
    for session in sessions:
        path = folder / "sub-1" / session / "anat" / f"sub-1_{session}_T2w.nii.gz"
        path.parent.mkdir(parents=True)
        affine = np.array([[-4.0, 0, 0, 0], [0, 0, -1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
        nibabel.save(nibabel.Nifti1Image(np.zeros((6, 12, 10), np.int16), affine), path)
    return list(read_bids(folder))


def test_numbered_sessions_have_an_order(tmp_path):
    studies = _bids(tmp_path, "ses-10", "ses-9")
    assert {one.key: one.visit for one in studies} == {"sub-1_ses-10": 10, "sub-1_ses-9": 9}


@pytest.mark.parametrize("sessions", [("ses-before", "ses-after"), ("ses-mri1", "ses-ct2")])
def test_named_sessions_have_none(tmp_path, sessions):
    assert {one.visit for one in _bids(tmp_path, *sessions)} == {None}


def test_the_list_of_sessions_may_tell_days(tmp_path):
    table = "session_id\tacq_time\nses-before\t2024-01-05T10:00:00\nses-after\tn/a\n"
    (tmp_path / "sub-1").mkdir()
    (tmp_path / "sub-1" / "sub-1_sessions.tsv").write_text(table)
    studies = _bids(tmp_path, "ses-before", "ses-after")
    assert {one.key: one.study_date for one in studies} == {
        "sub-1_ses-before": "2024-01-05",
        "sub-1_ses-after": None,
    }


@pytest.mark.parametrize("day", ["2024-05-31", "'2024-05-31'"])
def test_study_yaml_may_tell_date_and_visit(tmp_path, day):
    (tmp_path / "study.yaml").write_text(f"date: {day}\nvisit: 2\nseries: [{{path: a.nii.gz}}]\n")
    study = read_study_yaml(tmp_path / "study.yaml")
    assert (study.study_date, study.visit) == ("2024-05-31", 2)


@pytest.mark.parametrize("day", ["5", "soon", "2024-02-31"])
def test_a_wrong_date_in_study_yaml_is_a_problem(tmp_path, day):
    (tmp_path / "study.yaml").write_text(f"date: {day}\nseries: [{{path: a.nii.gz}}]\n")
    (problem,) = read_study_yaml(tmp_path / "study.yaml").problems
    assert "date" in problem.message


def test_dates_stay_out_of_what_is_printed_of_a_study():
    assert "2024" not in repr(_NOW)
