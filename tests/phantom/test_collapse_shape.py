"""Height lost along the depth of a body."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinemets.phantom.collapse_shape import loss_share
from spinemets.phantom.spec import CollapseSpec

percent = st.floats(0.0, 95.0)


def test_intact_body_loses_nothing():
    assert not loss_share(None, np.linspace(-1, 1, 9)).any()


@given(percent, percent, percent)
def test_each_third_loses_what_was_asked(anterior: float, middle: float, posterior: float):
    collapse = CollapseSpec(anterior, middle, posterior)
    for place, asked in ((0.62, anterior), (0.0, middle), (-0.62, posterior)):
        share = loss_share(collapse, np.linspace(place - 0.12, place + 0.12, 7))
        assert share == pytest.approx(asked / 100.0)


@given(percent, percent, percent)
def test_loss_never_leaves_what_was_asked_for(anterior: float, middle: float, posterior: float):
    share = 100.0 * loss_share(CollapseSpec(anterior, middle, posterior), np.linspace(-1.2, 1.2, 200))
    assert share.min() >= min(anterior, middle, posterior) - 1e-9
    assert share.max() <= max(anterior, middle, posterior) + 1e-9
