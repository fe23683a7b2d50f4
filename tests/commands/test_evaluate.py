"""spinemets evaluate: from two folders to a report, and from what cannot be used to a clear refusal."""

import json
import subprocess
import sys

import pytest

from evaluation.small_reference import label_map, write_nnunet, write_perfect, write_reference
from spinemets.anatomy import Level
from spinemets.cli import main

_NNUNET = {"background": 0, "vertebra": 1, "disc": 2, "spinal canal": 3, "lesion": 4}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return write_reference(tmp_path_factory.mktemp("reference")).path


def _evaluate(predictions, reference, output, *more):
    key = f"archive.identifiers.key_file={output.parent / 'key'}"
    arguments = [f"predictions={predictions}", f"reference={reference}", f"output={output}", "resamples=100"]
    return main(["evaluate", *arguments, key, *more])


def _headline(output, family, of, name):
    record = json.loads((output / "evaluation.json").read_text())
    return next(
        one["figure"]["value"]
        for one in record["predictions"]["headlines"]
        if (one["family"], one["of"], one["figure"]["name"]) == (family, of, name)
    )


def test_perfect_predictions(reference, tmp_path, capsys):
    output = tmp_path / "out"
    assert _evaluate(write_perfect(tmp_path / "perfect"), reference, output) == 0
    assert _headline(output, "lesions", "each lesion, any overlap", "sensitivity") == 1
    shown = capsys.readouterr().out
    assert "3 of 3 studies compared" in shown
    assert "simulated" in shown
    assert str(output / "evaluation.html") in shown


def test_nnunet_output_with_a_case_missing_and_one_too_many(reference, tmp_path, capsys):
    cases = {"anna": label_map(Level.L1, Level.L3), "berta": label_map(Level.L2), "dora": label_map()}
    folder, output = write_nnunet(tmp_path / "nnunet", cases, _NNUNET), tmp_path / "out"
    assert _evaluate(folder, reference, output) == 1
    shown = capsys.readouterr().out
    assert "carl: no prediction" in shown
    assert "predictions without a study: dora" in shown
    assert _headline(output, "lesions", "each lesion, any overlap", "sensitivity") == 1


def test_values_explained_on_the_command_line(reference, tmp_path):
    cases = {"anna": label_map(Level.L1), "berta": label_map(), "carl": label_map()}
    folder, output = write_nnunet(tmp_path / "masks", cases, {}), tmp_path / "out"
    (folder / "dataset.json").unlink()
    words = "prediction_labels={1:[vertebral body,posterior elements],2:disc,3:thecal sac,4:lesion}"
    assert _evaluate(folder, reference, output, words) == 0
    assert _headline(output, "lesions", "each lesion, any overlap", "sensitivity") == pytest.approx(1 / 3)


def test_two_sets(reference, tmp_path):
    first, second = (write_perfect(tmp_path / name) for name in ("first", "second"))
    assert _evaluate(first, reference, tmp_path / "out", f"compare={second}") == 0
    assert (tmp_path / "out" / "tables" / "comparison.csv").is_file()


def test_workers_change_nothing(reference, tmp_path):
    folder = write_perfect(tmp_path / "perfect")
    assert _evaluate(folder, reference, tmp_path / "one") == 0
    assert _evaluate(folder, reference, tmp_path / "two", "workers=2", "interval=percentile") == 0
    for path in (tmp_path / "one").rglob("*.*"):
        assert (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes() == path.read_bytes()


def test_the_other_kind_of_interval(reference, tmp_path):
    assert _evaluate(write_perfect(tmp_path / "perfect"), reference, tmp_path / "out", "interval=BCa") == 0


def test_a_table_matches_what_names_do_not(reference, tmp_path, capsys):
    folder = write_perfect(tmp_path / "perfect")
    (folder / "anna").rename(folder / "x17")
    (folder / "escc.csv").unlink()
    (folder / "sins.csv").unlink()
    assert _evaluate(folder, reference, tmp_path / "out") == 1
    (tmp_path / "cases.csv").write_text("prediction,study\nx17,anna\n")
    assert _evaluate(folder, reference, tmp_path / "out", f"cases={tmp_path / 'cases.csv'}") == 0


@pytest.mark.parametrize(
    ("override", "names"),
    [
        ("missing=ignore", "allowed: miss, left out"),
        ("grids=linear", "allowed: strict, nearest"),
        ("interval=normal", "allowed: percentile, BCa"),
        ("masks.both_empty=1", "masks.both_empty"),
        ("resamples=0", "bootstrap.resamples"),
        ("resamples=many", "whole number"),
        ("level=1.5", "between 0 and 1"),
        ("least_lesion_ml=-1", "least_lesion_ml"),
        ("subgroups=[age]", "no column of the manifest"),
        ("compare=nothing", "no folder"),
        ("cases=nothing.csv", "nothing.csv"),
    ],
)
def test_unusable_settings(reference, tmp_path, capsys, override, names):
    folder = write_perfect(tmp_path / "perfect")
    assert _evaluate(folder, reference, tmp_path / "out", override) == 2
    assert names in capsys.readouterr().err


def test_unusable_references(tmp_path, capsys):
    folder = write_perfect(tmp_path / "perfect")
    assert _evaluate(folder, tmp_path / "none.json", tmp_path / "out") == 2
    assert "none.json" in capsys.readouterr().err


def test_help_is_cheap_and_says_what_comes_back():
    code = (
        "import sys; from spinemets.cli import main; status = main(['evaluate', '--help']);"
        "heavy = {'torch', 'monai', 'matplotlib', 'nibabel', 'scipy'} & set(sys.modules);"
        "sys.exit(status or len(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Exit status" in done.stdout
