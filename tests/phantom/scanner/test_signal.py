"""Signal equations against their closed-form landmarks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinemets.phantom import signal

T1_MS = st.floats(100.0, 4500.0)
T2_MS = st.floats(10.0, 1500.0)


def test_spin_echo_of_one_t1_and_one_t2() -> None:
    # (1 - 1/e) / e
    assert signal.spin_echo(500.0, 80.0, tr_ms=500.0, te_ms=80.0) == pytest.approx(
        0.632121 * 0.367879, rel=1e-5
    )


def test_an_echo_train_leaves_less_time_to_recover() -> None:
    assert signal.spin_echo(900.0, 80.0, 600.0, 10.0, train_ms=150.0) == pytest.approx(
        signal.spin_echo(900.0, 80.0, 450.0, 10.0)
    )


@given(T1_MS, st.floats(2000.0, 8000.0))
def test_inversion_recovery_is_null_at_the_null_point(t1_ms: float, tr_ms: float) -> None:
    null_ms = signal.null_inversion_time_ms(t1_ms, tr_ms)
    assert signal.inversion_recovery(t1_ms, 80.0, tr_ms, 40.0, null_ms) == pytest.approx(0.0, abs=1e-9)


def test_fat_is_null_at_about_155_ms_at_one_and_a_half_tesla() -> None:
    # 0.69 x 288 ms is 200 ms for an endless TR; published STIR protocols use 150 to 170 ms.
    assert signal.null_inversion_time_ms(288.0, 1e6) == pytest.approx(288.0 * np.log(2.0), rel=1e-6)


@given(T1_MS, T2_MS)
def test_inversion_time_zero_inverts(t1_ms: float, t2_ms: float) -> None:
    assert signal.inversion_recovery(t1_ms, t2_ms, 1e7, 0.0, 0.0) == pytest.approx(-1.0, abs=1e-6)


@given(T1_MS, st.floats(5.0, 400.0))
def test_gradient_echo_is_brightest_at_the_ernst_angle(t1_ms: float, tr_ms: float) -> None:
    ernst_deg = float(np.degrees(np.arccos(np.exp(-tr_ms / t1_ms))))
    flips = np.array([ernst_deg * 0.9, ernst_deg, min(ernst_deg * 1.1, 179.0)])
    values = [signal.spoiled_gradient_echo(t1_ms, 30.0, tr_ms, 3.0, float(flip)) for flip in flips]
    assert np.argmax(values) == 1


def test_contrast_agent_shortens_t1() -> None:
    # 1000 ms is 1 per s; with 1 per s more, 500 ms.
    assert signal.with_contrast_agent(1000.0, 1.0) == pytest.approx(500.0)


def test_fat_shift_is_as_published() -> None:
    assert signal.fat_shift_hz(1.5) == pytest.approx(220.0, abs=5.0)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_dixon_sum_and_difference_give_back_the_larger_part(water: float, fat: float) -> None:
    in_phase = signal.combine_dixon(water, fat, opposed=False)
    opposed = signal.combine_dixon(water, fat, opposed=True)
    assert (in_phase + opposed) / 2.0 == pytest.approx(max(water, fat))
