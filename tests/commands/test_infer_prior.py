"""An archive with two visits of a patient: the later one is compared with the earlier one, without dates."""

import json
from datetime import date, timedelta

import pytest

from spinemets.cli import main
from spinemets.inference.result_json import read_result

_FAST = (
    "stations=[lumbar]",
    "disease=metastatic",
    "followups=1",
    "+grid={near_spacing_mm: 1.6, far_spacing_mm: 5.0}",
    "+protocol.presence={t1: 0.0, t2: 1.0, fat_suppressed_t2: 0.0, contrast_agent: 0.0, dixon: 0.0}",
    "+protocol.presence.axial_t2=0.0",
)


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    """Results of both visits, the earlier one first, the later one's row of the manifest, and the folder."""
    folder, output = tmp_path_factory.mktemp("phantom"), tmp_path_factory.mktemp("assessed")
    assert main(["phantom", f"output={folder}", "count=1", "seed=44", "format=dicom", *_FAST]) == 0
    assert main(["infer", f"input={folder}", f"output={output}"]) == 0
    results = [read_result(path) for path in output.glob("*/result.json")]
    row = json.loads((folder / "manifest.json").read_text())["training"][1]
    return sorted(results, key=lambda one: one.prior is not None), row, output


def test_the_later_visit_is_compared_with_the_earlier_one(visits):
    (first, second), row, _ = visits
    assert first.prior is None
    assert (second.prior.study, second.prior.days) == (first.study, row["days_since"])
    assert second.prior.input_sha256 == first.provenance.input_sha256


def test_every_lesion_of_the_later_visit_has_an_answer(visits):
    (_, second), _, _ = visits
    answered = [(ref.station, ref.number) for one in second.prior.lesions for ref in one.now]
    found = [(station.name, one.number) for station in second.stations for one in station.findings.lesions]
    assert sorted(answered) == sorted(found)


def test_the_report_says_it_and_tells_no_date(visits):
    (_, second), row, output = visits
    page = (output / second.study / "report.html").read_text(encoding="utf-8")
    assert f"Compared with the study {row['days_since']} days earlier" in page
    result = (output / second.study / "result.json").read_text(encoding="utf-8")
    first_day = date(2020, 1, 1)
    for day in (first_day, first_day + timedelta(row["days_since"])):
        assert f"{day:%Y%m%d}" not in page + result
        assert day.isoformat() not in page + result
