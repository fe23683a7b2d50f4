"""spinemets stress: from a tiny sweep to its page; what is refused; a second run makes nothing anew."""

import csv
import json

import pytest

from spinemets.cli import main

_TINY = (
    "studies=1",
    "only=[sequences]",
    "sweep.sequences=[all but T2]",
    'infer=["weights.escc=null"]',
    "resamples=50",
    "++grid.near_spacing_mm=1.8",
    "++grid.far_spacing_mm=5.0",
)


@pytest.fixture(scope="module")
def tested(tmp_path_factory):
    output = tmp_path_factory.mktemp("stress")
    assert main(["stress", f"output={output}", *_TINY]) == 0
    return output


def _tree(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_there_is_a_page_with_a_plot_for_each_hardship(tested):
    page = (tested / "stress.html").read_text(encoding="utf-8")
    assert "Simulated data." in page
    assert page.count("data:image/svg+xml") == 1
    assert [path.name for path in (tested / "plots").glob("*.svg")] == ["stress_sequences.svg"]


def test_the_table_holds_every_figure_of_every_severity(tested):
    rows = list(csv.DictReader((tested / "stress.csv").read_text(encoding="utf-8").splitlines()))
    assert {(row["hardship"], row["severity"]) for row in rows} == {
        ("as it is", ""),
        ("sequences", "all but T2"),
    }
    dice = [float(row["value"]) for row in rows if row["figure"] == "Dice of bodies"]
    assert len(dice) == 2
    assert dice[0] > 0.4


def test_the_record_says_what_was_used(tested):
    record = json.loads((tested / "stress.json").read_text(encoding="utf-8"))
    assert record["schema_version"] == "1.0"
    assert {one["task"] for one in record["weights"]} == {"segmentation"}
    assert len(record["points"]) == 2


def test_a_second_run_keeps_the_cells_and_gives_the_same_bytes(tested):
    before = _tree(tested)
    assert main(["stress", f"output={tested}", *_TINY]) == 0
    assert _tree(tested) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["only=[weather]"], "sweep.weather: is no hardship"),
        (["sweep.noise=[loud]"], "sweep.noise: 'loud' is no number"),
        (["sweep.slices=[99]"], "allowed: 2 to 12"),
        (["station=knee"], "station: is 'knee'"),
        (["studies=0"], "studies: is 0"),
        (['infer=["segmenting.overlap=7"]'], "overlap: is 7"),
    ],
)
def test_bad_settings_are_named(tmp_path, capsys, arguments, words):
    assert main(["stress", f"output={tmp_path}", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
