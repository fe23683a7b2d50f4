"""The user's word on series: how an entry names one, and what is refused."""

from dataclasses import replace

import pytest

from spinemets.errors import ConfigurationError, UnreadableFileError
from spinemets.study.override import Use, apply_override, find_override, read_override
from spinemets.study.records import Evidence, Plane, Weighting


@pytest.fixture
def study(make_series, make_study):
    return make_study(
        make_series("s2-t1", Weighting.T1, description="t1_tse_sag", number=2),
        make_series("s3-t2", Weighting.T2, description="t2_tse_sag", number=3),
        make_series("s4-t1", Weighting.T1, description="t1_tse_sag KM", number=4),
    )


@pytest.fixture
def override(tmp_path):
    def write(text: str):
        path = tmp_path / "series.yaml"
        path.write_text(text, encoding="utf-8")
        return read_override(path)

    return write


@pytest.mark.parametrize("name", ["key: s4-t1", "number: 4", "description: T1_tse_sag km", "key: 's4*'"])
def test_an_entry_names_a_series_and_its_word_counts(study, override, name):
    changed, uses = apply_override(study, override(f"series:\n  - {{{name}, weighting: T1+Gd}}"))
    judgement = changed.series[2].weighting
    assert (judgement.weighting, judgement.evidence) == (Weighting.T1_GD, Evidence.OVERRIDE)
    assert judgement.reason.startswith("series.yaml says so; without it: T1.")
    assert changed.series[:2] == study.series[:2]
    assert uses == {}


def test_uses_are_handed_on(study, override):
    _, uses = apply_override(
        study, override("series:\n  - {number: 2, use: exclude}\n  - {number: 3, use: extra}")
    )
    assert uses == {"s2-t1": Use.EXCLUDE, "s3-t2": Use.EXTRA}


def test_a_named_plane_reorders_a_file(study, override):
    changed, _ = apply_override(study, override("series:\n  - {number: 3, plane: axial}"))
    before, after = study.series[1], changed.series[1]
    assert after.plane is Plane.AXIAL
    assert sorted(after.shape) == sorted(before.shape)
    assert abs(after.affine_ras[2, 0]) == pytest.approx(before.spacing_mm[1])


def test_unknown_series_are_errors_that_list_the_known(study, override):
    with pytest.raises(ConfigurationError) as caught:
        apply_override(study, override("series:\n  - {number: 9, weighting: T1}"))
    message = str(caught.value)
    assert "study study has no series of number 9" in message
    assert "s2-t1 (number 2), s3-t2 (number 3), s4-t1 (number 4)" in message
    assert "series[0]" in message


def test_optional_entries_and_those_of_other_studies_may_name_none(study, override):
    entries = (
        "series:\n  - {number: 9, weighting: T1, optional: true}\n  - {number: 9, study: x, weighting: T1}"
    )
    assert apply_override(study, override(entries))[0].series == study.series


def test_two_entries_for_one_series_are_refused(study, override):
    with pytest.raises(ConfigurationError, match="s2-t1 is named by two entries"):
        apply_override(
            study, override("series:\n  - {number: 2, use: extra}\n  - {key: s2-t1, use: exclude}")
        )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("series:\n  - {number: 2, weighting: T7}", r"series\[0\].weighting: .*found 'T7'"),
        ("series:\n  - {number: 2, key: a, use: extra}", "exactly one of key, number, description"),
        ("series:\n  - {number: 2}", "at least one of weighting, plane, use"),
        ("series:\n  - {number: 2, wieghting: T1}", r"series\[0\].wieghting: "),
        ("series: []", "series: "),
        ("- 3", "valid dictionary"),
        ("", "valid dictionary"),
    ],
)
def test_bad_entries_name_the_field(override, text, message):
    with pytest.raises(ConfigurationError, match=message):
        override(text)


def test_a_file_that_is_no_yaml_is_named(override, tmp_path):
    with pytest.raises(UnreadableFileError, match="is not YAML"):
        override("series: [")
    with pytest.raises(UnreadableFileError, match="cannot be read"):
        read_override(tmp_path / "absent.yaml")


def test_the_nearest_file_up_to_the_archive_counts(study, tmp_path):
    folder = tmp_path / "archive" / "case" / "dicom"
    folder.mkdir(parents=True)
    here = replace(study, folder=folder)
    (tmp_path / "series.yaml").touch()
    assert find_override(here, tmp_path / "archive") is None
    (tmp_path / "archive" / "series.yaml").touch()
    assert find_override(here, tmp_path / "archive") == tmp_path / "archive" / "series.yaml"
    (folder.parent / "series.yaml").touch()
    assert find_override(here, tmp_path / "archive") == folder.parent / "series.yaml"
