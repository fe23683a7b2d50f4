"""``spinemets phantom``: from overrides to studies on disk, and what is refused."""

import json

import pytest

from spinemets.cli import main

_FAST = (
    "stations=[lumbar]",
    "+grid={near_spacing_mm: 1.8, far_spacing_mm: 5.0}",
    "+protocol.presence={t1: 0.0, t2: 1.0, fat_suppressed_t2: 0.0, contrast_agent: 0.0, dixon: 0.0}",
)


def _run(*arguments):
    return main(["phantom", *arguments])


def test_studies_are_made_and_listed_by_the_series_command(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert _run("output=out", "seed=3", "format=nifti", *_FAST) == 0
    assert "1 study made: out" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    weightings = [s["weighting"] for s in manifest["training"][0]["stations"][0]["series"]]
    assert main(["series", "input=out/phantom-000001/images", "json=true"]) == 0
    listed = json.loads(capsys.readouterr().out.splitlines()[0])
    assert sorted(series["weighting"] for series in listed["series"]) == sorted(weightings)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "output is not given"),
        (["output=x", "count=0"], "count: is 0"),
        (["output=x", "count=many"], "count: is 'many'"),
        (["output=x", "format=png"], "format: is 'png'; allowed: dicom, nifti"),
        (["output=x", "stations=[knee]"], "stations: is 'knee'; allowed: cervical"),
        (["output=x", "+disease.pain=1"], "disease.pain: is no setting"),
        (["output=x", "+disease.epidural_chance=7"], "a chance lies between 0 and 1"),
        (["output=x", "colour=red"], "colour"),
        (["output=x", "+colour=red"], "colour: is no setting"),
        (["output="], "output: is empty"),
        (["output=/dev/null/x"], "cannot be made"),
        (["output=x", "stations=knee"], "stations: is 'knee'"),
        (["output=x", "disease=metastatic", "++disease.epidural_chance=7"], "a chance lies between 0 and 1"),
        (["output=x", "disease=flu"], "disease/flu"),
    ],
)
def test_bad_settings_are_named_and_exit_2(arguments, named, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert _run(*arguments) == 2
    captured = capfd.readouterr()
    assert named in captured.err + captured.out
    assert "Traceback" not in captured.err
    assert list(tmp_path.iterdir()) in ([], [tmp_path / "x"])


def test_help_and_the_composed_config_are_shown(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert _run("--help") == 0
    assert "usage: spinemets phantom output=DIR" in capfd.readouterr().out
    assert _run("--cfg", "job", "output=x") == 0
    assert "output: x" in capfd.readouterr().out
    assert list(tmp_path.iterdir()) == []
