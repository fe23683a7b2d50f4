"""Files of an evaluation: complete, the same each time, and readable without a network."""

import csv
import json
import re

import pytest

from evaluation.small_reference import write_reference, write_table
from evaluation.test_evaluation import evaluated
from report.small_evaluation import of_real_patients, small_evaluation
from spinemets.errors import ConfigurationError
from spinemets.evaluation.study_evidence import Missing
from spinemets.report.checklist import OF_DEVELOPMENT, checklists
from spinemets.report.evaluation_csv import write_tables
from spinemets.report.evaluation_outputs import write_evaluation
from spinemets.report.evaluation_tables import Table
from spinemets.report.evaluation_words import number_words, p_words
from spinemets.report.grade_plots import grade_plots
from spinemets.report.plot_style import in_style


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    return small_evaluation(tmp_path_factory.mktemp("evaluation"))


@pytest.fixture(scope="module")
def written(evaluation, tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    write_evaluation(evaluation, folder)
    return folder


@pytest.fixture(scope="module")
def page(written):
    return (written / "evaluation.html").read_text()


def _rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_everything_is_written(written):
    names = {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()}
    assert names >= {
        *("evaluation.json", "evaluation.html", "checklist.md", "checklist.html"),
        *(f"tables/{name}.csv" for name in ("headlines", "lesions", "masks", "levels", "escc", "sins")),
        *(f"tables/{name}.csv" for name in ("froc", "calibration", "decision_curve", "comparison")),
        *(f"rows/{name}.csv" for name in ("cases", "extra_predictions", "lesion_rows", "escc_rows")),
        *(f"plots/{name}.svg" for name in ("froc", "dice", "escc_confusion_level", "calibration_level")),
        *(f"plots/{name}.png" for name in ("decision_level", "sins_confusion", "sins_bland_altman")),
    }


def test_same_evaluation_gives_the_same_bytes(evaluation, written, tmp_path):
    write_evaluation(evaluation, tmp_path)
    for path in (path for path in written.rglob("*") if path.is_file()):
        assert (tmp_path / path.relative_to(written)).read_bytes() == path.read_bytes(), path.name


def test_the_record_has_versions_hashes_and_no_number_that_is_none(written):
    record = json.loads((written / "evaluation.json").read_text())
    assert list(record)[:2] == ["schema_version", "note"]
    assert record["schema_version"] == "1.0"
    for digest in (record["config_sha256"], record["reference"]["sha256"], record["predictions"]["sha256"]):
        assert re.fullmatch("[0-9a-f]{64}", digest)
    assert record["predictions"]["extra"] == ["dora"]
    assert [case["status"] for case in record["predictions"]["cases"]] == [
        "compared",
        "compared",
        "no prediction",
    ]
    assert record["settings"]["evidence"]["missing"] == "miss"


def test_a_headline_in_the_table_is_the_one_in_the_record(written):
    record = json.loads((written / "evaluation.json").read_text())
    rows = _rows(written / "tables" / "headlines.csv")
    assert len(rows) == len(record["predictions"]["headlines"])
    for row, headline in zip(rows, record["predictions"]["headlines"], strict=True):
        value = headline["figure"]["value"]
        assert row["figure"] == headline["figure"]["name"]
        assert row["value"] == "" if value is None else float(row["value"]) == pytest.approx(value, abs=1e-4)
        assert row["value"] or row["reason"]


def test_lesions_are_split_in_every_way_in_table_and_record(written):
    ways = {"", "size", "region", "type", "level"}
    rows = _rows(written / "tables" / "lesions.csv")
    assert {row["by"] for row in rows if row["of"] == "any overlap"} == ways
    lesions = json.loads((written / "evaluation.json").read_text())["families"]["lesions"]
    assert {one["by"] for one in lesions["matchings"][0]["strata"]} == ways - {""}
    areas = {row["of"] for row in rows if row["figure"] == "AUC"}
    assert areas == {"each vertebra", "each study", "each patient"}
    for part in ("vertebrae", "patients"):
        assert {"sensitivity", "specificity", "AUC"} <= {one["name"] for one in lesions[part]}


def test_every_lesion_and_every_study_is_a_row(written):
    found = {
        (row["study"], row["level"]): row["found_by_any_overlap"]
        for row in _rows(written / "rows" / "lesion_rows.csv")
    }
    assert found == {("anna", "L1"): "yes", ("anna", "L3"): "no", ("berta", "L2"): "yes"}
    alarms = [row["finds_a_lesion"] for row in _rows(written / "rows" / "prediction_rows.csv")]
    assert alarms == ["yes", "no", "yes"]
    cases = _rows(written / "rows" / "cases.csv")
    assert [row["study"] for row in cases] == ["anna", "berta", "carl"] * 2
    assert {row["sex"] for row in cases} == {"F", "M"}


def test_the_page_fetches_nothing(page):
    assert "default-src 'none'" in page
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#|checklist\.html)""", page)
    assert "<script" not in page


def test_the_page_names_what_is_missing_and_what_is_extra(page):
    assert "no prediction has a name of this study" in page
    assert "dora" in page
    assert "counts as a miss" in page


def test_the_page_says_that_the_reference_is_simulated(evaluation, page, tmp_path):
    assert "Simulated data." in page
    write_evaluation(of_real_patients(evaluation), tmp_path)
    text = (tmp_path / "evaluation.html").read_text()
    assert "Simulated data." not in text
    assert "simulated reference" not in (tmp_path / "plots" / "froc.svg").read_text()


def test_the_page_says_that_three_patients_are_few(page):
    assert "3 patients: too few for bootstrap intervals" in page


def test_every_plot_says_in_words_what_it_shows(page):
    for alt in re.findall(r"<img[^>]*alt=\"([^\"]*)\"", page):
        assert len(alt) > 20


def test_a_grade_that_does_not_occur_is_said_on_the_plot(tmp_path):
    chances = dict(zip(("p0", "p1a", "p1b", "p1c", "p2", "p3"), (0.1, 0.1, 0.6, 0.2, 0, 0), strict=True))
    header = ("case", "level", "grade", *chances)
    write_table(tmp_path / "grades" / "escc.csv", header, ("berta", "L2", "1b", *chances.values()))
    reference = write_reference(tmp_path / "reference")
    evaluation = evaluated(reference, tmp_path / "grades", missing=Missing.LEFT_OUT)
    plots = {plot.name: plot.svg for plot in in_style(grade_plots(evaluation, simulated=True))}
    assert plots["calibration_level"].count("none in the reference") == 2
    assert plots["decision_level"].count("none in the reference") == 2


def test_checklists_have_every_item(evaluation, written):
    claim, tripod = checklists(evaluation)
    assert [item.number for item in claim.items] == [str(number) for number in range(1, 45)]
    assert len(tripod.items) == 52
    assert {re.sub("[a-z]", "", item.number) for item in tripod.items} == {str(n) for n in range(1, 28)}
    markdown = (written / "checklist.md").read_text()
    assert markdown.count("| for the authors") == sum(
        not item.answer for one in (claim, tripod) for item in one.items
    )
    # Column D;E of the published list: these are asked of the development of a model alone.
    of_development = {item.number for item in tripod.items if item.left_to == OF_DEVELOPMENT}
    assert of_development == {"9a", "12a", "12b", "12c", "15", "22", "27a", "27b"}


def test_an_earlier_evaluation_is_replaced_and_other_files_stay(evaluation, written, tmp_path):
    write_evaluation(evaluation, tmp_path)
    (tmp_path / "tables" / "old.csv").write_text("left by an earlier run")
    (tmp_path / "notes.txt").write_text("the user's own")
    write_evaluation(evaluation, tmp_path)
    assert not (tmp_path / "tables" / "old.csv").exists()
    assert (tmp_path / "notes.txt").exists()


def test_a_folder_that_cannot_be_made_is_refused(evaluation, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_evaluation(evaluation, tmp_path / "file")


def test_cells_are_no_formulas(tmp_path):
    table = Table("table", ("study", "value"), (("=1+1", -0.5), ("+x", None), ("plain", 2)))
    write_tables([table], tmp_path)
    assert (tmp_path / "table.csv").read_text() == "study,value\n'=1+1,-0.5\n'+x,\nplain,2\n"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.12345, "0.123"), (-1.5, "−1.500"), (12.34, "12.3"), (-0.0, "0.000"), (-1e-17, "0.000")],
)
def test_numbers_in_words(value, words):
    assert number_words(value) == words


@pytest.mark.parametrize(("value", "words"), [(None, "not tested"), (0.0004, "< 0.001"), (0.0499, "0.050")])
def test_p_values_in_words(value, words):
    assert p_words(value) == words
