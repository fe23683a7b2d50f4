"""Counts of a stress test: kept, resumed, and made into figures whose values are known."""

from dataclasses import replace

import pytest

from spinemets.anatomy import EsccGrade
from spinemets.evaluation.resampling import Bootstrap
from spinemets.evaluation.stress_counts import (
    GradedPlace,
    StressCell,
    StressCounts,
    read_counts,
    write_counts,
)
from spinemets.evaluation.stress_figures import stress_point
from spinemets.evaluation.stress_run import cells_of, points_of, run_cells
from spinemets.phantom.hardship import Hardship

G = EsccGrade
_BOOTSTRAP = Bootstrap(200, seed=0)
_SWEEP = {Hardship.NOISE: (2.0, 4.0), Hardship.SEQUENCES: ("all but T2",)}


def _counts(cell, **changes):
    counts = StressCounts(
        hardship=cell.name,
        severity=cell.words,
        patient=cell.patient,
        lesions=4,
        found=3,
        false_positives=2,
        body_dice=0.9,
        vertebrae=8,
        right=5,
        left_open=2,
        wrong=1,
        grades=(GradedPlace(G.G1A, G.G1B), GradedPlace(G.G2, None)),
    )
    return replace(counts, **changes)


def test_a_sweep_has_a_cell_for_each_severity_and_one_for_the_study_as_it_is():
    cells = cells_of(_SWEEP, 2)
    assert [(one.patient, one.name, one.words) for one in cells[:4]] == [
        (1, "as it is", ""),
        (1, "noise", "2"),
        (1, "noise", "4"),
        (1, "sequences", "all but T2"),
    ]
    assert len({one.file_name for one in cells}) == len(cells) == 8


def test_counts_are_kept_and_read_back(tmp_path):
    counts = _counts(StressCell(3, Hardship.NOISE, 2.0))
    write_counts(counts, tmp_path / "a.json")
    assert read_counts(tmp_path / "a.json") == counts
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_damaged_counts_are_made_again(tmp_path):
    assert read_counts(tmp_path / "none.json") is None
    (tmp_path / "half.json").write_text('{"hardship": "noi')
    assert read_counts(tmp_path / "half.json") is None


def test_an_interrupted_run_goes_on_and_builds_no_patient_twice(tmp_path):
    cells, built, counted = cells_of(_SWEEP, 3), [], []

    def make(number):
        built.append(number)
        return number

    def count(patient, cell):
        assert patient == cell.patient
        counted.append(cell)
        return _counts(cell)

    running = run_cells(cells, tmp_path, make, count)
    for _ in range(6):
        next(running)
    running.close()
    again = list(run_cells(cells, tmp_path, make, count))
    assert [(one.patient, one.hardship, one.severity) for one in again] == [
        (cell.patient, cell.name, cell.words) for cell in cells
    ]
    assert len(counted) == len(cells)
    assert built == [1, 2, 2, 3]
    list(run_cells(cells, tmp_path, make, count))
    assert len(counted) == len(cells)


def _figures(*rows):
    cell = StressCell(1, Hardship.NOISE, 2.0)
    rows = [_counts(replace(cell, patient=number), **row) for number, row in enumerate(rows, start=1)]
    return {one.name: one for one in stress_point(rows, _BOOTSTRAP).figures}


def test_figures_are_sums_over_phantoms():
    found = _figures({}, {"lesions": 2, "found": 0, "false_positives": 5, "body_dice": 0.7})
    assert found["lesion sensitivity"].value == pytest.approx(3 / 6)
    assert found["false positives per study"].value == pytest.approx(3.5)
    assert found["Dice of bodies"].value == pytest.approx(0.8)
    assert found["levels right"].value == pytest.approx(10 / 16)
    assert found["levels graded for ESCC"].value == pytest.approx(0.5)
    assert found["false positives per study"].low == 2.0


def test_agreement_counts_what_was_graded():
    places = tuple(GradedPlace(grade, grade) for grade in EsccGrade)
    assert _figures({"grades": places}, {"grades": places})["quadratic-weighted kappa"].value == 1.0
    none = _figures({"grades": (GradedPlace(G.G2, None),)})["quadratic-weighted kappa"]
    assert none.value is None
    assert none.reason


def test_images_that_show_nothing_have_no_figure_and_a_reason():
    found = _figures({"lesions": 0, "found": 0, "body_dice": None, "vertebrae": 0, "grades": ()})
    for name in ("lesion sensitivity", "Dice of bodies", "levels right", "levels graded for ESCC"):
        assert found[name].value is None
        assert found[name].reason


def test_studies_that_could_not_be_assessed_are_counted():
    cell = StressCell(1, Hardship.NOISE, 2.0)
    point = stress_point([_counts(cell), _counts(replace(cell, patient=2), failure="no spine")], _BOOTSTRAP)
    assert (point.studies, point.failures) == (2, 1)


def test_points_come_in_the_order_of_the_sweep():
    points = points_of([_counts(cell) for cell in cells_of(_SWEEP, 2)], _BOOTSTRAP)
    assert [(one.hardship, one.severity, one.studies) for one in points] == [
        ("as it is", "", 2),
        ("noise", "2", 2),
        ("noise", "4", 2),
        ("sequences", "all but T2", 2),
    ]
