"""Predictions meet their studies by name; nothing is dropped without being listed."""

import pytest

from evaluation.small_reference import write_reference, write_table
from manifest_files import series_row, study_row, write_nifti
from spinemets.errors import InputError
from spinemets.evaluation.case_matching import MatchedBy, match_cases, read_case_table
from spinemets.evaluation.predicted import PredictedStudy, PredictionSet, Unusable
from spinemets.study.archive import ArchiveSettings
from spinemets.study.discovery import read_studies
from spinemets.study.pseudonym import OriginalIdentifiers, PseudonymKey
from study.dicom.conftest import SeriesPlan, write_series

_KEY = PseudonymKey(b"a secret that is long enough")


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return write_reference(tmp_path_factory.mktemp("reference"))


def _match(studies, *names, table=None, unusable=(), identifiers=_KEY):
    predictions = PredictionSet(
        "folder", "made here", tuple(PredictedStudy(name) for name in names), tuple(unusable)
    )
    return match_cases(studies, predictions, identifiers, table or {})


def _found(matching):
    return {
        one.study.study: [(each.prediction.name, each.by) for each in one.predictions]
        for one in matching.studies
    }


def test_missing_and_extra_cases_are_listed(reference):
    matching = _match(reference.studies, "anna", "dora", "carl")
    assert _found(matching) == {
        "anna": [("anna", MatchedBy.NAME)],
        "berta": [],
        "carl": [("carl", MatchedBy.NAME)],
    }
    assert matching.extra == ("dora",)


@pytest.mark.parametrize(
    "name", ["anna_lumbar", "anna_sag_t2", "anna-anna", "reference0-anna-anna", "anna_ax_t2"]
)
def test_other_names_of_a_study(reference, name):
    name = name.replace("reference0", reference.path.parent.name)
    assert _found(_match(reference.studies, name))["anna"] == [(name, MatchedBy.OTHER_NAME)]


def test_a_table_wins(reference):
    matching = _match(reference.studies, "anna", "x", table={"x": "anna", "anna": "carl"})
    assert _found(matching) == {
        "anna": [("x", MatchedBy.TABLE)],
        "berta": [],
        "carl": [("anna", MatchedBy.TABLE)],
    }


def test_a_table_with_an_unknown_study_is_refused(reference):
    with pytest.raises(InputError, match="'dora' is no study"):
        _match(reference.studies, "x", table={"x": "dora"})


def test_a_table_names_a_prediction_once(tmp_path):
    path = write_table(tmp_path / "cases.csv", ("prediction", "study"), ("x", "anna"), ("x", "carl"))
    with pytest.raises(InputError, match="names x again"):
        read_case_table(path)


def test_what_names_two_studies_names_none(tmp_path):
    studies = [
        study_row(name, [series_row(write_nifti(tmp_path / name / "images" / "sag_t2.nii.gz"))])
        for name in ("one", "two")
    ]
    matching = _match(studies, "images", "sag_t2", "one-images")
    assert matching.extra == ("images", "sag_t2")
    assert [each[0] for each in _found(matching)["one"]] == ["one-images"]


def test_two_studies_of_one_file_name_are_refused(tmp_path):
    image = write_nifti(tmp_path / "image.nii.gz")
    studies = [study_row(name, [series_row(image)]) for name in ("a b", "a-b")]
    with pytest.raises(InputError, match="one name as a file's name"):
        _match(studies, "a b")


def test_a_broken_prediction_stays_with_its_study(reference):
    broken = (Unusable("berta", "is no JSON"), Unusable("dora", "is no JSON"))
    matching = _match(reference.studies, unusable=broken)
    assert [one.unusable for one in matching.studies] == ["", "is no JSON", ""]
    assert matching.extra == ("dora (unreadable: is no JSON)",)


@pytest.mark.parametrize("made", ["dicom", "bids"])
@pytest.mark.parametrize("identifiers", [_KEY, OriginalIdentifiers()], ids=["pseudonyms", "original"])
def test_studies_are_found_as_infer_names_them(tmp_path, made, identifiers):
    studies = [_MAKERS[made](tmp_path, number) for number in (1, 2)]
    settings = ArchiveSettings(identifiers, 2**28, 64, workers=1)
    keys = [study.key for study in read_studies(tmp_path, settings) if study.series]
    matching = _match(studies, *keys, identifiers=identifiers)
    assert len(keys) == 2
    assert not matching.extra
    assert all(len(one.predictions) == 1 for one in matching.studies)


def _bids(folder, number):
    """A study as spinemets phantom writes it with format=nifti."""
    subject = f"sub-PHANTOM1{number:06d}"
    path = folder / f"phantom-{number:06d}" / "images" / subject / "anat"
    image = write_nifti(path / f"{subject}_acq-lsag_run-01_T2w.nii.gz")
    return study_row(f"phantom-{number:06d}", [series_row(image)])


def _dicom(folder, number):
    """A study of DICOM files, a folder for each series."""
    image = folder / f"phantom-{number:06d}" / "images" / "0001"
    image.mkdir(parents=True)
    write_series(image, SeriesPlan(study=f"study {number}", patient=f"PHANTOM-{number}"))
    return study_row(f"phantom-{number:06d}", [series_row(image)])


_MAKERS = {"bids": _bids, "dicom": _dicom}
