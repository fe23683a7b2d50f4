"""The lists of an archive: every study in one of them, the worst first, and no text that does harm."""

import csv
import re
from dataclasses import replace

import pyarrow.parquet
import pytest

from report.small_assessment import small_assessment
from report.test_html_report import Page
from spinemets.anatomy import EsccGrade
from spinemets.inference.archive.ledger import Entry, Ledger, Origin
from spinemets.inference.archive.work import Failure, Status
from spinemets.inference.result_json import write_result
from spinemets.report.archive_lists import Tally, write_lists
from spinemets.report.worklist import Urgency, urgency_of
from spinemets.scoring.escc import assessment_of, not_gradable
from spinemets.scoring.sins import SinsClass

_ORIGIN = Origin("i", "f", "h", "w", "c", {})
_RESULT = small_assessment().result


def _result(key, **changes):
    return replace(_RESULT, study=key, **changes)


def _add(folder, ledger, result):
    (folder / result.study).mkdir(parents=True)
    write_result(result, folder / result.study / "result.json")
    ledger.append(Entry(result.study, Status.DONE, _ORIGIN, {}, None))


def _fail(ledger, key, status=Status.REFUSED, **changes):
    failure = replace(Failure("StudyError", "shows no spine", "Traceback\n  line"), **changes)
    ledger.append(Entry(key, status, _ORIGIN, {}, failure))


def _rows(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    ledger = Ledger(folder)
    _add(folder, ledger, _result("b"))
    _add(folder, ledger, _result("a", levels=(), highest=None))
    _fail(ledger, "c")
    _fail(ledger, "d", Status.TIMEOUT, traceback="")
    tally = write_lists(["d", "c", "b", "a"], ledger, folder)
    return folder, ledger, tally


def test_every_study_is_in_one_of_them(lists):
    folder, _, tally = lists
    assert tally == Tally(done=2, refused=1, failed=1)
    assert {row["study"] for row in _rows(folder / "summary.csv")} == {"a", "b"}
    assert [row["study"] for row in _rows(folder / "failures.csv")] == ["c", "d"]


def test_there_is_a_row_for_each_involved_level(lists):
    folder, _, _ = lists
    rows = [row for row in _rows(folder / "summary.csv") if row["study"] == "b"]
    assert len(rows) == len(_RESULT.levels)
    for row, level in zip(rows, _RESULT.levels, strict=True):
        assert row["level"].split("|") == list(level.belief.credible)
        assert row["escc"] == "|".join(level.escc.assessment.grades)
        assert (int(row["sins_minimum"]), int(row["sins_maximum"])) == (
            level.sins.minimum,
            level.sins.maximum,
        )


def test_a_study_without_a_lesion_has_a_row_that_claims_nothing(lists):
    folder, _, _ = lists
    row = _rows(folder / "summary.csv")[0]
    assert row["study"] == "a"
    assert row["level"] == row["escc"] == row["sins_minimum"] == row["escc_disagrees"] == ""


def test_parquet_holds_the_same_with_types(lists):
    folder, _, _ = lists
    table = pyarrow.parquet.read_table(folder / "summary.parquet").to_pylist()
    rows = _rows(folder / "summary.csv")
    assert [row["study"] for row in table] == [row["study"] for row in rows]
    assert table[0]["sins_minimum"] is None
    assert isinstance(table[1]["sins_minimum"], int)
    assert isinstance(table[1]["escc_disagrees"], bool)


def test_failures_say_what_where_and_why(lists):
    folder, _, _ = lists
    first, second = _rows(folder / "failures.csv")
    assert first == {
        "study": "c",
        "status": "refused",
        "error": "StudyError",
        "message": "shows no spine",
        "traceback": "Traceback\n  line",
    }
    assert second["status"] == "timeout"


def test_the_same_results_give_the_same_bytes(lists):
    folder, ledger, _ = lists
    names = ("summary.csv", "summary.parquet", "failures.csv", "archive.html")
    before = [(folder / name).read_bytes() for name in names]
    write_lists(["a", "b", "c", "d"], ledger, folder)
    assert [(folder / name).read_bytes() for name in names] == before
    assert not [path for path in folder.iterdir() if ".partial" in path.name]


def test_a_damaged_result_is_a_failure_and_stops_nothing(tmp_path):
    ledger = Ledger(tmp_path)
    for key in ("a", "b"):
        _add(tmp_path, ledger, _result(key))
    (tmp_path / "a" / "result.json").write_text("{")
    assert write_lists(["a", "b"], ledger, tmp_path) == Tally(1, 0, 1)
    assert "delete" in _rows(tmp_path / "failures.csv")[0]["message"]


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1"])
def test_no_cell_is_a_formula(tmp_path, text):
    ledger = Ledger(tmp_path)
    _add(tmp_path, ledger, _result("b", patient=text))
    _fail(ledger, "c", kind=text, message=text)
    write_lists(["b", "c"], ledger, tmp_path)
    row = _rows(tmp_path / "failures.csv")[0]
    for cell in (row["error"], row["message"], _rows(tmp_path / "summary.csv")[0]["patient"]):
        assert cell == f"'{text}"


_ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def test_no_text_becomes_an_element(tmp_path):
    ledger = Ledger(tmp_path)
    _add(tmp_path, ledger, _result("javascript:alert(1)", patient=_ATTACK))
    _fail(ledger, _ATTACK, kind=_ATTACK, message=_ATTACK)
    write_lists(["javascript:alert(1)", _ATTACK], ledger, tmp_path)
    page = Page((tmp_path / "archive.html").read_text(encoding="utf-8"))
    assert len(page.named("script")) == 1
    assert not page.named("img")
    assert [one["href"] for one in page.named("a")] == [
        "#failures",
        "./javascript%3Aalert%281%29/report.html",
    ]


def test_the_page_fetches_nothing(lists):
    folder, _, _ = lists
    text = (folder / "archive.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", text)


def test_links_lead_to_the_reports(lists):
    folder, _, _ = lists
    page = Page((folder / "archive.html").read_text(encoding="utf-8"))
    assert [one["href"] for one in page.named("a")] == ["#failures", "./b/report.html", "./a/report.html"]


def _level(escc=None, classes=None, **changes):
    level = _RESULT.levels[1]
    changes["escc"] = replace(level.escc, assessment=escc or level.escc.assessment, disagrees=False)
    if classes is not None:
        changes["sins"] = replace(level.sins, classes=classes)
    return replace(level, **changes)


_LOW = assessment_of([EsccGrade("1a")], "")
_HIGH = assessment_of([EsccGrade("2"), EsccGrade("3")], "")
_EITHER = assessment_of([EsccGrade("1c"), EsccGrade("2")], "")
_STABLE, _INDETERMINATE = (SinsClass.STABLE,), (SinsClass.INDETERMINATE,)
_UNSTABLE = (SinsClass.UNSTABLE,)


@pytest.mark.parametrize(
    ("levels", "urgency"),
    [
        ([(_LOW, _STABLE), (_HIGH, _STABLE)], Urgency.ESCC_HIGH),
        ([(_LOW, _UNSTABLE)], Urgency.UNSTABLE),
        ([(_EITHER, _STABLE)], Urgency.MAY_BE),
        ([(_LOW, (*_INDETERMINATE, *_UNSTABLE))], Urgency.MAY_BE),
        ([(not_gradable("no axial T2"), _STABLE)], Urgency.UNCERTAIN),
        ([(_LOW, (*_STABLE, *_INDETERMINATE))], Urgency.UNCERTAIN),
        ([(_LOW, _STABLE), (_LOW, _INDETERMINATE)], Urgency.INDETERMINATE),
        ([(_LOW, _STABLE)], Urgency.INVOLVED),
        ([], Urgency.NO_LESION),
    ],
)
def test_the_worst_comes_first(levels, urgency):
    assert urgency_of([_level(*one) for one in levels]) is urgency


def test_an_uncertain_level_is_uncertain():
    unsure = next(one for one in _RESULT.levels if not one.belief.is_certain)
    assert urgency_of([_level(_LOW, _STABLE, belief=unsure.belief)]) is Urgency.UNCERTAIN
