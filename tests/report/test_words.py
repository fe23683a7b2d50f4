"""Values and findings in words: never more certain than they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.small_assessment import L3, T12_OR_L1, measured
from spinemets.findings.measurement import Unit
from spinemets.report.words import (
    amount,
    either,
    interval,
    levels_with_probability,
    number,
    percent,
    quantity,
    sentence,
)

_NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("measurement", "words"),
    [
        (measured(18.04, Unit.MILLIMETRE), f"18.0{_NBSP}mm"),
        (measured(3.25, Unit.MILLILITRE, at_least=True), f"≥{_NBSP}3.2{_NBSP}mL"),
        (measured(0.084, Unit.MILLILITRE), f"0.08{_NBSP}mL"),
        (measured(49.6, Unit.PERCENT), f"50{_NBSP}%"),
        (measured(-12.4, Unit.DEGREE), "−12°"),
        (measured(0.125, Unit.ONE), "0.12"),
        (measured(851.6, Unit.DIFFUSION), f"852{_NBSP}µm²/s"),
        (measured(240.2, Unit.HOUNSFIELD), f"240{_NBSP}HU"),
        (measured(None, Unit.DEGREE, "the sacrum is cut"), "not measured: the sacrum is cut"),
    ],
)
def test_quantity_has_value_unit_and_bound(measurement, words):
    assert quantity(measurement) == words


def test_what_was_not_measured_is_a_dash_and_no_zero():
    assert amount(measured(None, Unit.PERCENT, "no neighbour")) == "–"


@given(st.floats(0.0, 1.0))
def test_probability_is_written_as_certain_only_if_it_is(share):
    assert (percent(share) == f"100{_NBSP}%") == (share == 1.0)
    assert (percent(share) == f"0{_NBSP}%") == (share == 0.0)


def test_small_negative_number_is_no_negative_zero():
    assert number(-0.04, 1) == "0.0"


@pytest.mark.parametrize(
    ("words", "text"), [(["2"], "2"), (["1c", "2"], "1c or 2"), (["1b", "1c", "2"], "1b, 1c or 2")]
)
def test_everything_possible_is_named(words, text):
    assert either(words) == text


def test_total_is_an_interval_unless_it_is_one_number():
    assert (interval(7, 10), interval(9, 9)) == ("7 to 10", "9")


def test_levels_carry_their_probabilities():
    assert levels_with_probability(T12_OR_L1) == f"T12 70{_NBSP}%, L1 30{_NBSP}%"
    assert L3.words == "L3"


def test_sentence_begins_with_a_capital_and_ends_once():
    assert (sentence("no T2"), sentence("No T2."), sentence(" ")) == ("No T2.", "No T2.", "")
