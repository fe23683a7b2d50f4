"""A figure is a finite value with an interval, or a reason."""

import pytest

from spinemets.evaluation.figure import Figure


def test_numbers_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        Figure("Dice", float("nan"), reason="none")


def test_what_is_missing_needs_a_reason():
    with pytest.raises(ValueError, match="a reason"):
        Figure("Dice", None)
    with pytest.raises(ValueError, match="a reason"):
        Figure("Dice", 0.5)
    assert Figure("Dice", None, reason="no lesions").value is None


def test_an_interval_has_two_ends():
    with pytest.raises(ValueError, match="one end"):
        Figure("Dice", 0.5, low=0.1)
