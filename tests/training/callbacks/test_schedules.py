"""Schedules of the learning rate against their formulas, and over a restart."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from spinemets.training.schedules import constant, cosine, polynomial


def _optimiser():
    weight = torch.nn.Parameter(torch.ones(1))
    weight.grad = torch.ones(1)
    return torch.optim.SGD([weight], lr=0.1)


def _rates(make, steps, **settings):
    optimiser = _optimiser()
    schedule = make(optimiser, total_steps=steps, **settings)
    rates = []
    for _ in range(steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return rates


@given(steps=st.integers(1, 60))
def test_polynomial_is_nnunets(steps):
    expected = [0.1 * (1 - step / steps) ** 0.9 for step in range(steps)]
    assert _rates(polynomial, steps, power=0.9) == pytest.approx(expected)


@given(steps=st.integers(4, 60))
def test_cosine_rises_in_a_line_and_falls_as_half_a_cosine(steps):
    rising = max(1, round(0.25 * steps))
    up = [0.1 * (0.01 + 0.99 * step / rising) for step in range(rising)]
    falling = steps - rising
    down = [0.05 * (1 + math.cos(math.pi * step / falling)) for step in range(falling)]
    assert _rates(cosine, steps, warm_up=0.25) == pytest.approx(up + down)


def test_constant_stays():
    assert set(_rates(constant, 5)) == {0.1}


@pytest.mark.parametrize(
    ("make", "settings"), [(polynomial, {"power": 0.9}), (cosine, {"warm_up": 0.3}), (constant, {})]
)
@pytest.mark.parametrize("stopped", [1, 3, 5])
def test_a_schedule_goes_on_exactly(make, settings, stopped):
    first, second = _optimiser(), _optimiser()
    schedule = make(first, total_steps=10, **settings)
    for _ in range(stopped):
        first.step()
        schedule.step()
    resumed = make(second, total_steps=10, **settings)
    second.load_state_dict(first.state_dict())
    resumed.load_state_dict(schedule.state_dict())
    whole = _rates(make, 10, **settings)
    for step in range(stopped, 10):
        assert second.param_groups[0]["lr"] == whole[step]
        second.step()
        resumed.step()
