"""Findings from words: what is open stays open, what is bad is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinemets.anatomy import BoneLesionType, Numbering
from spinemets.errors import InputError
from spinemets.scoring import Source, score_sins
from spinemets.scoring.sins_items import Alignment, Collapse, Location, Pain, Posterolateral
from spinemets.scoring.sins_text import findings_from_text

_KINDS = {"pain": Pain, "bone": BoneLesionType, "alignment": Alignment, "posterolateral": Posterolateral}


def _read(**values):
    return findings_from_text({"level": "T5"} | values)


@given(st.sampled_from(list(_KINDS)), st.data())
def test_the_order_of_joined_words_never_matters(field, data):
    words = data.draw(st.lists(st.sampled_from([each.value for each in _KINDS[field]]), min_size=1))
    shuffled = data.draw(st.permutations(words))
    assert _read(**{field: "|".join(words)}) == _read(**{field: " | ".join(shuffled).upper()})


@given(st.permutations(["level", "pain", "collapse", "bone"]))
def test_the_order_of_fields_never_matters(order):
    values = {"level": "L2", "pain": "none", "collapse": "30|60", "bone": "lytic"}
    assert findings_from_text({name: values[name] for name in order}) == findings_from_text(values)


@pytest.mark.parametrize("word", ["", " ", "unknown", "Unknown", "?"])
@pytest.mark.parametrize("field", list(_KINDS))
def test_unknown_is_every_finding_and_says_so(field, word):
    held = getattr(_read(**{field: word}), field)
    assert held.values == tuple(_KINDS[field])
    assert held.source is Source.UNKNOWN


@pytest.mark.parametrize(
    ("values", "findings"),
    [
        ({"collapse": "40-60"}, (Collapse.AT_LEAST_HALF, Collapse.UNDER_HALF)),
        ({"collapse": "40 % - 60 %"}, (Collapse.AT_LEAST_HALF, Collapse.UNDER_HALF)),
        ({"collapse": "5|60", "involved": "20"}, (Collapse.AT_LEAST_HALF, Collapse.NEITHER)),
        ({"collapse": "3"}, (Collapse.INVOLVED_OVER_HALF, Collapse.NEITHER)),
        ({"involved": "80"}, (Collapse.AT_LEAST_HALF, Collapse.UNDER_HALF, Collapse.INVOLVED_OVER_HALF)),
        ({}, tuple(Collapse)),
    ],
)
def test_percentages_give_the_collapse_item(values, findings):
    assert _read(**values).collapse.values == findings


def test_an_involved_part_alone_is_stated_not_unknown():
    assert _read(involved="80").collapse.source is Source.STATED
    assert _read().collapse.source is Source.UNKNOWN


@pytest.mark.parametrize(
    ("collapse", "grade"),
    [("10", "Genant 0"), ("22", "Genant 1"), ("30-60", "Genant 2-3"), ("50", "Genant 3")],
)
def test_genants_grade_stands_beside_the_loss(collapse, grade):
    assert _read(collapse=collapse).collapse.evidence == f"{collapse} % of height lost, {grade}"


@pytest.mark.parametrize(
    ("values", "numbering", "location"),
    [
        ({"level": "T13"}, Numbering(13, 5), Location.JUNCTIONAL),
        ({"level": "L6"}, Numbering(12, 6), Location.JUNCTIONAL),
        ({"level": "L4"}, Numbering(12, 5), Location.MOBILE),
        ({"level": "L4", "lumbar_count": "unknown"}, Numbering(12, 5), Location.MOBILE),
        ({"level": "L4", "lumbar_count": "4"}, Numbering(12, 4), Location.JUNCTIONAL),
        ({"level": "T11", "thoracic_count": "11"}, Numbering(11, 5), Location.JUNCTIONAL),
        ({"level": "L6", "thoracic_count": "13"}, Numbering(13, 6), Location.JUNCTIONAL),
    ],
)
def test_the_location_follows_the_persons_numbering(values, numbering, location):
    given_ = findings_from_text(values)
    assert given_.numbering == numbering
    assert given_.location == (location,)


def test_unusual_counts_are_evidence_of_the_location():
    location = score_sins(findings_from_text({"level": "L4", "lumbar_count": "4"})).items[0]
    assert location.evidence == "L4, 12 thoracic and 4 lumbar vertebrae"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"level": "L5", "lumbar_count": "4"},
            "row 7, level: 'L5' is not allowed; allowed: levels of a spine of",
        ),
        ({"level": "T13", "thoracic_count": "12"}, "row 7, level: 'T13' is not allowed"),
        ({"level": "L5", "lumbar_count": "7"}, "row 7, lumbar_count: '7' is not allowed; allowed: 4|5|6"),
        ({"level": "L5", "bone": "unknown|lytic"}, "row 7, bone: 'unknown|lytic' is not allowed"),
        ({"level": "L5", "collapse": "60-40"}, "row 7, collapse: '60-40' is not allowed"),
        ({"level": "L5", "collapse": "-"}, "row 7, collapse: '-' is not allowed"),
    ],
)
def test_bad_values_name_row_field_and_what_is_allowed(values, message):
    with pytest.raises(InputError) as caught:
        findings_from_text(values, "row 7")
    assert str(caught.value).startswith(message)
