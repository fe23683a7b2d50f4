"""The clinical table: strict columns and values, unknown stays unknown."""

import json

import pytest

from spinemets.anatomy import BoneLesionType, Level
from spinemets.errors import InputError
from spinemets.inference.clinical import PriorAlignment, read_clinical_table, unused_studies
from spinemets.scoring.possible import Source
from spinemets.scoring.sins_items import Pain


def _table(tmp_path, text, name="clinical.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_clinical_table(path)


def test_a_row_is_read(tmp_path):
    table = _table(
        tmp_path,
        "study,pain,lesion_type,prior_alignment,primary,very_radiosensitive,can_have_surgery\n"
        "a,mechanical,lytic|mixed,normal,breast,no,yes\n",
    )
    facts = table.of("a", (Level.L3,))
    assert facts.pain.values == (Pain.MECHANICAL,)
    assert facts.pain.source is Source.CLINICAL
    assert facts.bone.values == (BoneLesionType.LYTIC, BoneLesionType.MIXED)
    assert facts.prior_alignment is PriorAlignment.NORMAL
    assert facts.very_radiosensitive is False
    assert facts.can_have_surgery is True


def test_what_is_left_out_is_unknown(tmp_path):
    facts = _table(tmp_path, "study,pain\na,\n").of("a", (Level.L3,))
    assert facts.pain.values == tuple(Pain)
    assert facts.bone is None
    assert facts.very_radiosensitive is None
    assert facts.can_have_surgery is None


def test_a_study_without_a_row_is_unknown(tmp_path):
    facts = _table(tmp_path, "study,pain\na,none\n").of("b", (Level.L3,))
    assert facts.pain.source is Source.UNKNOWN


def test_a_level_has_its_own_row(tmp_path):
    table = _table(tmp_path, "study;level;pain\na;;none\na;T12;mechanical\n")
    assert table.of("a", (Level.T12,)).pain.values == (Pain.MECHANICAL,)
    assert table.of("a", (Level.L1,)).pain.values == (Pain.NONE,)


def test_an_uncertain_level_takes_no_row_of_one_of_its_levels(tmp_path):
    table = _table(tmp_path, "study,level,pain\na,,none\na,T12,mechanical\na,L1,occasional\n")
    assert table.of("a", (Level.T12, Level.L1)).pain.values == (Pain.NONE,)


def test_myeloma_is_very_radiosensitive_and_other_names_say_nothing(tmp_path):
    table = _table(tmp_path, "study,primary\na,Multiple Myeloma\nb,breast\n")
    assert table.of("a", ()).very_radiosensitive is True
    assert table.of("b", ()).very_radiosensitive is None


def test_json_says_the_same_as_csv(tmp_path):
    rows = [{"study": "a", "pain": "mechanical", "can_have_surgery": True}]
    facts = _table(tmp_path, json.dumps(rows), "clinical.json").of("a", ())
    assert facts.pain.values == (Pain.MECHANICAL,)
    assert facts.can_have_surgery is True


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("study,pian\na,none\n", ("pian", "pain")),
        ("study,pain\na,terrible\n", ("row 1", "terrible", "mechanical")),
        ("study,can_have_surgery\na,perhaps\n", ("row 1", "perhaps")),
        ("pain\nnone\n", ("study",)),
        ("study,pain\na,none\na,none\n", ("row 2", "a")),
        ("study,level\na,Q7\n", ("row 1", "Q7")),
        ("", ("empty",)),
    ],
)
def test_bad_tables_are_named(tmp_path, text, names):
    with pytest.raises(InputError) as caught:
        _table(tmp_path, text)
    assert all(name in str(caught.value) for name in (*names, "clinical.csv"))


def test_a_misspelt_study_is_told(tmp_path):
    assert unused_studies(_table(tmp_path, "study\na\nb\n"), ["a", "c"]) == ("b",)
