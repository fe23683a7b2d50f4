"""Files of a stress test: stable bytes, a page that fetches nothing, figures said with their limits."""

import json
from dataclasses import replace

import pytest

from spinemets import __version__
from spinemets.anatomy import EsccGrade
from spinemets.evaluation.resampling import Bootstrap
from spinemets.evaluation.stress_counts import GradedPlace, StressCell, StressCounts
from spinemets.evaluation.stress_record import StressTest
from spinemets.evaluation.stress_run import cells_of, points_of
from spinemets.inference.records import WeightsUsed
from spinemets.phantom.hardship import Hardship
from spinemets.report.stress_outputs import stress_table, write_stress
from spinemets.report.stress_plots import points_of as shown_points
from spinemets.report.stress_words import HARDSHIPS, PANELS

_SWEEP = {Hardship.NOISE: (3.0, 6.0), Hardship.SEQUENCES: ("all but T2",), Hardship.LEVELS: (0.0, 2.0)}


def _counts(cell: StressCell) -> StressCounts:
    worse = 0 if cell.hardship is None else 1
    return StressCounts(
        cell.name,
        cell.words,
        cell.patient,
        lesions=3,
        found=3 - worse,
        false_positives=cell.patient,
        body_dice=0.9 - 0.2 * worse,
        vertebrae=6,
        right=4,
        left_open=1,
        wrong=1,
        grades=(GradedPlace(EsccGrade.G1A, EsccGrade.G1B), GradedPlace(EsccGrade.G3, EsccGrade.G3)),
        failure="no spine" if cell.words == "6" else "",
    )


@pytest.fixture(scope="module")
def stress():
    counts = [_counts(cell) for cell in cells_of(_SWEEP, 3)]
    return StressTest(
        points=points_of(counts, Bootstrap(100, seed=0)),
        studies=3,
        seed=1,
        station="lumbar",
        spinemets_version=__version__,
        config_sha256="0" * 64,
        weights=(WeightsUsed("segmentation", "a" * 64, "phantoms", True, __version__),),
    )


@pytest.fixture(scope="module")
def folder(stress, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stress")
    write_stress(stress, folder)
    return folder


def _tree(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_test_gives_the_same_bytes(stress, folder, tmp_path):
    write_stress(stress, tmp_path)
    assert _tree(tmp_path) == _tree(folder)


def test_there_is_a_plot_of_each_hardship_that_was_tried(folder):
    assert {path.stem for path in (folder / "plots").glob("*.png")} == {
        "stress_noise",
        "stress_sequences",
        "stress_levels",
    }


def test_the_page_fetches_nothing_and_says_that_it_is_simulated(folder):
    page = (folder / "stress.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "Simulated data." in page
    assert "intervals" in page
    assert "with so few phantoms they are wide" in page


def test_studies_as_they_are_stand_before_the_severities(stress):
    points, words = shown_points(Hardship.NOISE, stress.points)
    assert words == ["1", "3", "6"]
    assert points[0].hardship == "as it is"
    assert shown_points(Hardship.SEQUENCES, stress.points)[1] == ["nothing", "all but T2"]
    # Short images have no counterpart among studies as they are.
    assert shown_points(Hardship.LEVELS, stress.points)[1] == ["0", "2"]


def test_the_record_reads_as_json_and_names_simulation(folder):
    record = json.loads((folder / "stress.json").read_text(encoding="utf-8"))
    assert "never how good they are on patients" in record["simulated"]
    assert [one["failures"] for one in record["points"]] == [0, 0, 3, 0, 0, 0]


def test_a_row_for_each_figure_of_each_point(stress):
    table = stress_table(stress)
    assert len(table.rows) == sum(len(point.figures) for point in stress.points)
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_every_hardship_has_words_and_every_panel_a_figure(stress):
    assert set(HARDSHIPS) == set(Hardship)
    names = {figure.name for figure in stress.points[0].figures}
    assert {name for _, lines in PANELS for name, _ in lines} <= names


def test_a_test_without_the_usual_images_can_be_drawn(stress, tmp_path):
    alone = tuple(point for point in stress.points if point.hardship == "noise")
    write_stress(replace(stress, points=alone), tmp_path)
    assert (tmp_path / "plots" / "stress_noise.svg").is_file()
