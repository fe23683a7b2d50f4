"""The file of a result: round trip, stable bytes, versions, damage, published schema."""

import json
import math
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.small_assessment import measured, small_assessment
from report.small_prior import small_prior
from spinemets.anatomy import Level
from spinemets.errors import InputError, UnreadableFileError
from spinemets.findings.level_belief import LevelBelief, LevelProbability
from spinemets.findings.measurement import Unit
from spinemets.inference.result_json import read_result, write_result
from spinemets.report.result_schema import schema

_STORED = Path(__file__).parent / "data" / "result-1.0.json"
_PUBLISHED = Path(__file__).parents[2] / "docs" / "result.schema.json"


@pytest.fixture(scope="module")
def result():
    return small_assessment().result


@pytest.fixture
def written(result, tmp_path):
    path = tmp_path / "result.json"
    write_result(result, path)
    return path


def _changed(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return path


def _with_volume(result, volume):
    return replace(result, levels=(replace(result.levels[0], lesion_volume=volume),))


def test_round_trip_is_equal(result, written):
    assert read_result(written) == result


def test_a_comparison_with_an_earlier_study_goes_there_and_back(result, tmp_path):
    compared = replace(result, prior=small_prior())
    write_result(compared, tmp_path / "result.json")
    assert read_result(tmp_path / "result.json") == compared
    jsonschema.validate(json.loads((tmp_path / "result.json").read_text()), schema())


def test_study_without_any_finding_goes_there_and_back(result, tmp_path):
    empty = replace(result, levels=(), highest=None)
    write_result(empty, tmp_path / "result.json")
    assert read_result(tmp_path / "result.json") == empty


def test_same_result_gives_same_bytes(written, tmp_path):
    again = tmp_path / "again.json"
    write_result(small_assessment().result, again)
    assert again.read_bytes() == written.read_bytes()


def test_what_was_read_is_written_as_it_was(written, tmp_path):
    write_result(read_result(written), tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == written.read_bytes()


def test_version_and_note_come_first(written):
    assert list(json.loads(written.read_text()))[:2] == ["schema_version", "note"]


def test_noise_of_arithmetic_leaves_no_trace(result, tmp_path):
    texts = []
    for value in (-1e-12, 1e-12):
        write_result(_with_volume(result, measured(value, Unit.MILLILITRE)), tmp_path / "r.json")
        texts.append((tmp_path / "r.json").read_bytes())
    assert texts[0] == texts[1]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_value_that_is_not_finite_is_never_written(result, tmp_path, value):
    with pytest.raises(ValueError, match="Out of range float"):
        write_result(_with_volume(result, measured(value, Unit.MILLILITRE)), tmp_path / "r.json")
    assert not list(tmp_path.iterdir())


@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=20))
def test_rounded_probabilities_still_add_up(tmp_path_factory, parts):
    total = sum(parts)
    shares = tuple(LevelProbability(level, p / total) for level, p in zip(Level, parts, strict=False))
    whole = small_assessment().result
    result = replace(whole, levels=(replace(whole.levels[0], belief=LevelBelief(shares)),))
    path = tmp_path_factory.mktemp("belief") / "result.json"
    write_result(result, path)
    assert read_result(path).levels[0].belief.credible


def test_stored_result_of_version_1_0_is_still_read():
    stored = read_result(_STORED)
    assert stored.levels[0].belief.words == "T12 or L1"
    assert stored.prior is None
    assert stored.stations[0].grid is None


def test_later_minor_version_with_more_fields_is_read(result, written):
    def later(content):
        content["schema_version"] = "1.99"
        content["levels"][0]["a_field_of_the_future"] = 1

    assert read_result(_changed(written, later)).levels == result.levels


def test_newer_major_version_is_refused_with_file_field_and_remedy(written):
    _changed(written, lambda content: content.update(schema_version="2.0"))
    with pytest.raises(InputError, match=r"reads up to 1\.1; read it with") as caught:
        read_result(written)
    assert (caught.value.file, caught.value.field) == (written, "schema_version")


@pytest.mark.parametrize("version", [None, 1, "one", "1", "-1.0", ""])
def test_file_without_a_version_is_no_result(written, version):
    _changed(written, lambda content: content.update(schema_version=version))
    with pytest.raises(InputError, match="schema_version"):
        read_result(written)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda c: c["levels"][0]["sins"].update(minimum="seven"), "levels.0.sins.minimum"),
        (lambda c: c["levels"][0]["belief"]["levels"].pop(), "levels.0.belief"),
        (lambda c: c["stations"][0]["findings"].pop("lesions"), "stations.0.findings.lesions"),
        (lambda c: c["levels"][0]["escc"]["assessment"].update(grades=["4"]), "escc.assessment.grades.0"),
    ],
)
def test_damage_is_named_by_its_field(written, change, field):
    with pytest.raises(InputError) as caught:
        read_result(_changed(written, change))
    assert caught.value.field.endswith(field)
    assert caught.value.file == written
    assert caught.value.remedy


@pytest.mark.parametrize("text", ["", "{", '{"schema_version": NaN}', "[" * 100_000])
def test_file_that_is_no_json_is_refused(tmp_path, text):
    path = tmp_path / "result.json"
    path.write_text(text)
    with pytest.raises(UnreadableFileError, match="is no JSON"):
        read_result(path)


def test_missing_file_and_foreign_content_are_refused(tmp_path):
    with pytest.raises(UnreadableFileError, match="cannot be read"):
        read_result(tmp_path / "nowhere.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(InputError, match="holds no object"):
        read_result(tmp_path / "list.json")


def test_published_schema_is_the_code_s():
    """To renew the file: the command in docs/result.md."""
    assert json.loads(_PUBLISHED.read_text()) == schema()


def test_written_result_obeys_the_schema(written):
    jsonschema.validate(json.loads(written.read_text()), schema(), jsonschema.Draft202012Validator)


def test_schema_describes_fields_in_the_records_words():
    described = schema()["$defs"]["Lesion"]["properties"]["touches_border"]["description"]
    assert described == "Whether the image cuts it: sizes are then lower bounds."


def test_every_field_of_the_schema_is_described():
    content = schema()
    bare = [
        f"{name}.{field}"
        for name, record in {"StudyResult": content, **content["$defs"]}.items()
        for field, facts in record.get("properties", {}).items()
        if not facts.get("description")
    ]
    assert bare == []
