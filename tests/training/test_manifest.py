"""The manifest file: reading, writing, and what is refused."""

import json
from pathlib import Path

import pytest

from manifest_files import LESION_SET, series_row, study_row
from spinemets.anatomy import EsccGrade, Level
from spinemets.errors import ConfigurationError, InputError, UnreadableFileError
from spinemets.study.records import Plane
from spinemets.training.manifest import Annotation, new_manifest, read_manifest, write_manifest


@pytest.fixture
def studies(tmp_path):
    graded = series_row(
        tmp_path / "data" / "a" / "ax.nii.gz",
        name="ax",
        plane=Plane.AXIAL,
        escc_by_slice=(EsccGrade.G0, None, EsccGrade.G1C),
    )
    annotated = series_row(tmp_path / "data" / "a" / "t2.nii.gz", (tmp_path / "data" / "m.nii.gz", "lesions"))
    return (
        study_row(
            "a",
            (annotated, graded),
            escc={Level.T11: EsccGrade.G1C, Level.L1: None},
            sins=({"level": "T11", "pain": "none", "collapse": "2.7"},),
            subgroups={"sex": "F"},
        ),
        study_row("b", (series_row(Path("/elsewhere/b.nii.gz")),), fold=1),
    )


@pytest.fixture
def written(tmp_path, studies):
    path = tmp_path / "data" / "manifest.json"
    return write_manifest(path, new_manifest(path, studies, {"lesions": LESION_SET}))


def _content(manifest):
    return json.loads(manifest.path.read_text())


def _rewritten(manifest, content, **how):
    manifest.path.write_text(json.dumps(content, **how))
    return manifest.path


def test_what_is_written_reads_back_the_same(written, studies):
    manifest = read_manifest(written.path)
    assert manifest == written
    assert manifest.studies == studies
    assert manifest.label_sets == {"lesions": LESION_SET}


def test_files_below_the_manifest_are_named_relative_to_it(written):
    rows = _content(written)["training"]
    assert rows[0]["stations"][0]["series"][0]["image"] == "a/t2.nii.gz"
    assert rows[1]["stations"][0]["series"][0]["image"] == "/elsewhere/b.nii.gz"


def test_a_moved_folder_is_found_where_it_is(written, tmp_path):
    moved = (tmp_path / "data").rename(tmp_path / "moved")
    series = next(read_manifest(moved / "manifest.json").studies[0].series)
    assert series.image == moved / "a" / "t2.nii.gz"
    assert series.annotations == (Annotation(moved / "m.nii.gz", "lesions"),)


def test_the_hash_is_of_the_content_not_of_its_formatting(written):
    content = _content(written)
    path = _rewritten(written, dict(reversed(content.items())), indent=7)
    assert read_manifest(path).sha256 == written.sha256
    content["training"][0]["site"] = "there"
    assert read_manifest(_rewritten(written, content)).sha256 != written.sha256


def test_monai_reads_the_rows_and_their_folds(written):
    datalist = pytest.importorskip("monai.data").load_decathlon_datalist(
        written.path, data_list_key="training"
    )
    assert [(row["study"], row["fold"]) for row in datalist] == [("a", 0), ("b", 1)]


def test_a_fold_is_held_out_or_none(written):
    training, validation = written.split(1)
    assert ([one.study for one in training], [one.study for one in validation]) == (["a"], ["b"])
    assert written.split(None) == (written.studies, ())
    with pytest.raises(ConfigurationError, match="is 5, where the manifest has the folds 0, 1"):
        written.split(5)


def test_a_manifest_of_one_fold_holds_none_out(tmp_path, studies):
    manifest = new_manifest(tmp_path / "m.json", studies[1:], {})
    with pytest.raises(ConfigurationError, match="or all"):
        manifest.split(1)


def test_unknown_keys_name_the_row(written):
    content = _content(written)
    content["training"][1]["stations"][0]["series"][0]["colour"] = "grey"
    with pytest.raises(InputError, match=r"row 2 \(b\), stations\[0\].series\[0\].colour: is no field"):
        read_manifest(_rewritten(written, content))


def test_subgroups_are_free(written):
    content = _content(written)
    content["training"][1]["subgroups"] = {"age group": 60, "scanner": "x"}
    assert read_manifest(_rewritten(written, content)).studies[1].subgroups["age group"] == "60"


def test_every_bad_row_is_named_at_once(written):
    content = _content(written)
    content["training"][0]["fold"] = "first"
    del content["training"][1]["patient"]
    with pytest.raises(InputError) as caught:
        read_manifest(_rewritten(written, content))
    assert "row 1 (a), fold" in str(caught.value)
    assert "row 2 (b), patient: is missing" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"label_sets": {}}, r"row 1 \(a\), series t2: the label set 'lesions' is not declared"),
        ({"label_sets": {"lesions": {"lesion": {}, "every_other_is_lesion": True}}}, "0 too"),
        ({"training": []}, "training"),
        ({"format": "datalist"}, "is 'datalist', not 'spinemets-manifest'"),
        ({"version": 3}, "is 3, where version 2 is read"),
        ({"label_set": {}}, "label_set: is no field"),
    ],
)
def test_files_that_are_no_manifest_are_refused(written, change, problem):
    with pytest.raises(InputError, match=problem):
        read_manifest(_rewritten(written, _content(written) | change))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"sins": [{"level": "T99"}]}, "T99"),
        ({"sins": [{"level": "T9", "pian": "none"}]}, "'pian' is no field of SINS"),
        ({"escc": {"T9": "4"}}, "escc"),
        ({"fold": -1}, "fold"),
        ({"study": ""}, "study"),
        ({"stations": []}, "stations"),
    ],
)
def test_rows_that_cannot_be_meant_are_refused(written, change, problem):
    content = _content(written)
    content["training"][1] |= change
    with pytest.raises(InputError, match=problem):
        read_manifest(_rewritten(written, content))


def test_two_series_of_one_name_are_refused(tmp_path):
    twice = (series_row(tmp_path / "a.nii.gz"), series_row(tmp_path / "b.nii.gz"))
    with pytest.raises(InputError, match="two series are called 't2'"):
        new_manifest(tmp_path / "m.json", (study_row("a", twice),), {})


def test_the_phantoms_own_list_says_how_to_make_a_manifest_of_it(tmp_path):
    path = tmp_path / "manifest.json"
    path.write_text(
        json.dumps({"format": "spinemets-manifest", "version": 1, "simulated": True, "training": []})
    )
    with pytest.raises(InputError, match=f"spinemets manifest input={tmp_path} layout=phantom output=FILE"):
        read_manifest(path)


@pytest.mark.parametrize("text", ["{", "[]", "\x00"])
def test_files_that_are_no_json_are_refused(tmp_path, text):
    path = tmp_path / "manifest.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"is no JSON|holds no object"):
        read_manifest(path)


def test_missing_and_unwritable_files_are_named(tmp_path, written):
    with pytest.raises(UnreadableFileError, match=r"absent\.json: cannot be read"):
        read_manifest(tmp_path / "absent.json")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_manifest(tmp_path / "file" / "m.json", written)


def test_the_example_of_the_documentation_is_a_manifest(tmp_path):
    text = (Path(__file__).parents[2] / "docs" / "manifest.md").read_text(encoding="utf-8")
    example = text.split("```json\n", 1)[1].split("```", 1)[0]
    (tmp_path / "manifest.json").write_text(example)
    manifest = read_manifest(tmp_path / "manifest.json")
    assert {study.fold for study in manifest.studies} == {0, 1}
