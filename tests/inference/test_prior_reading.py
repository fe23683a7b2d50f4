"""Results of earlier visits from their folders; what is missing or damaged is said and stops nothing."""

from report.small_assessment import small_assessment
from spinemets.inference.prior_reading import read_earlier
from spinemets.inference.result_json import write_result
from spinemets.study.visits import EarlierVisit, EarlierVisits

_VISITS = EarlierVisits((EarlierVisit("last", 90), EarlierVisit("first", None)), ("the order is not known",))


def test_results_come_in_the_order_of_the_visits(tmp_path):
    result = small_assessment().result
    for key in ("last", "first"):
        (tmp_path / key).mkdir()
        write_result(result, tmp_path / key / "result.json")
    found = read_earlier(_VISITS, {key: tmp_path / key for key in ("first", "last")})
    assert [one.days for one in found.studies] == [90, None]
    assert found.studies[0].result == result
    assert found.warnings == ("the order is not known",)


def test_a_visit_that_failed_and_one_that_is_damaged_are_told(tmp_path):
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "result.json").write_text("{")
    found = read_earlier(_VISITS, {"first": tmp_path / "first"})
    assert found.studies == ()
    _, missing, damaged = found.warnings
    assert missing == "the earlier study last has no result to compare with"
    assert damaged.startswith("the earlier study first cannot be compared: its result is no JSON")
    assert str(tmp_path) not in damaged
