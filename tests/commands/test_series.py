"""``spinemets series`` as a user sees it: table, JSON, exit status, messages."""

import json

import nibabel
import numpy as np
import pytest

from spinemets.commands.series import main

_SAGITTAL = np.array([[-4.0, 0, 0, 30], [0, 0, -0.7, 90], [0, -0.7, 0, 150], [0, 0, 0, 1]])
_AXIAL = np.array([[0, 0, -0.5, 30], [0, -0.5, 0, 90], [4.0, 0, 0, 100], [0, 0, 0, 1]])


@pytest.fixture(autouse=True)
def _home(tmp_path_factory, monkeypatch):
    """The key of the pseudonyms is made in the user's folder, which tests leave alone."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))


@pytest.fixture
def archive(tmp_path):
    """One study with T1, T2 and axial T2, each with a sidecar or a telling name."""
    root = tmp_path / "archive"
    (root / "case1").mkdir(parents=True)
    for name, affine in (("sag_T1", _SAGITTAL), ("sag_T2", _SAGITTAL), ("ax_T2", _AXIAL)):
        image = nibabel.Nifti1Image(np.zeros((12, 40, 30), dtype=np.int16), affine)
        nibabel.save(image, root / "case1" / f"{name}.nii.gz")
    return root


def test_the_table_of_a_good_study(archive, capsys):
    assert main([f"input={archive}", "width=120"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Study case1"
    assert lines[1].split() == [
        *("series", "plane", "weighting", "station", "serves", "as"),
        *("slices", "x", "rows", "x", "columns", "spacing", "(mm)"),
    ]
    row = next(line for line in lines if line.startswith("  sag_T1"))
    assert row.split() == [
        *("sag_T1", "sagittal", "T1", "station", "1", "T1", "channel"),
        *("12", "x", "40", "x", "30", "4.00", "x", "0.70", "x", "0.70"),
    ]
    assert any('The file name says "t1".' in line for line in lines)
    assert any(line.startswith("  ax_T2   axial") and "axial T2" in line for line in lines)
    assert lines[-1] == "1 study, 1 can be read"


@pytest.mark.parametrize("width", [60, 80, 120, 160])
def test_lines_fit_the_terminal(archive, capsys, width):
    main([f"input={archive}", f"width={width}"])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= width


def test_json_is_one_object_for_each_study(archive, capsys):
    assert main([f"input={archive}", "json=true"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    study = json.loads(line)
    assert (study["study"], study["usable"], study["problems"]) == ("case1", True, [])
    channels = {one["series"]: (one["role"], one["channel"]) for one in study["series"]}
    assert channels == {
        "sag_T1": ("channel", "T1"),
        "sag_T2": ("channel", "T2"),
        "ax_T2": ("axial T2", None),
    }


def test_bad_files_are_listed_and_the_rest_is_read(archive, capsys):
    (archive / "case1" / "sag_STIR.nii.gz").write_bytes(b"broken")
    assert main([f"input={archive}", "width=200"]) == 0
    text = capsys.readouterr().out
    assert "left out: " in text
    assert "sag_STIR.nii.gz: is no readable NIfTI file" in text
    assert "sag_T1" in text


def test_a_study_that_cannot_be_read_is_status_1(archive, capsys):
    (archive / "case2").mkdir()
    (archive / "case2" / "T1.nii").write_text("hello")
    assert main([f"input={archive}"]) == 1
    text = capsys.readouterr().out
    assert "nothing to read" in text
    assert text.splitlines()[-1] == "2 studies, 1 can be read"


def test_the_override_in_the_folder_counts(archive, capsys):
    (archive / "case1" / "series.yaml").write_text("series:\n  - {key: sag_T1, weighting: STIR}\n")
    assert main([f"input={archive}", "json=true"]) == 0
    listed = {one["series"]: one for one in json.loads(capsys.readouterr().out)["series"]}
    assert (listed["sag_T1"]["channel"], listed["sag_T1"]["evidence"]) == ("STIR", "override")


def test_the_override_passed_counts_more(archive, tmp_path, capsys):
    (archive / "case1" / "series.yaml").write_text("series:\n  - {key: sag_T1, weighting: STIR}\n")
    passed = tmp_path / "mine.yaml"
    passed.write_text("series:\n  - {key: sag_T1, use: exclude}\n")
    assert main([f"input={archive}", f"override={passed}", "json=true"]) == 0
    listed = {one["series"]: one for one in json.loads(capsys.readouterr().out)["series"]}
    assert listed["sag_T1"]["role"] == "not used"


def test_an_override_that_names_nothing_fails_its_study(archive, capsys):
    (archive / "case1" / "series.yaml").write_text("series:\n  - {number: 4, weighting: STIR}\n")
    assert main([f"input={archive}", "width=200"]) == 1
    text = capsys.readouterr().out
    assert "study case1 has no series of number 4" in text
    assert "its series are: ax_T2, sag_T1, sag_T2" in text


def test_a_passed_override_that_cannot_be_read_is_status_2(archive, tmp_path, capsys):
    assert main([f"input={archive}", f"override={tmp_path / 'absent.yaml'}"]) == 2
    assert "absent.yaml: cannot be read" in capsys.readouterr().err


def test_unusable_input_is_status_2(tmp_path, capsys):
    assert main([f"input={tmp_path / 'absent'}"]) == 2
    assert "no such file or folder" in capsys.readouterr().err
    assert main([f"input={tmp_path}"]) == 2
    assert "holds no study" in capsys.readouterr().err
    assert main([]) == 2
    assert "input is not given" in capsys.readouterr().err
    assert main([f"input={tmp_path}", "inptu=3"]) == 2


def test_help_names_every_setting(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(word in text for word in ("usage: spinemets series", "station_overlap", "Exit status"))


@pytest.mark.real_data
def test_real_archive(real_data, capsys):
    assert main([f"input={real_data}", "json=true"]) == 1
    studies = {one["study"]: one for one in map(json.loads, capsys.readouterr().out.splitlines())}
    pair = studies["VB1-DzZ"]
    assert {one["channel"] for one in pair["series"]} == {"T1", "T2"}
    spider = [one for key, one in studies.items() if key.startswith("SPIDER-")]
    assert len(spider) == 16
    assert all(one["usable"] for one in spider)
    assert all(one["series"][0]["plane"] == "sagittal" for one in spider)
    assert not any("bodies" in listed["series"] for one in studies.values() for listed in one["series"])
