import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinemets.evaluation.calibration import Forecasts
from spinemets.evaluation.decision_curve import decision_curve
from spinemets.evaluation.resampling import Bootstrap

BOOTSTRAP = Bootstrap(200, seed=0)


def forecasts(probability, truth):
    names = [f"p{row}" for row in range(len(truth))]
    return Forecasts(names, np.asarray(probability, np.float64), np.asarray(truth, bool))


def test_net_benefit_worked_by_hand():
    """At 0.2 three hits and two false alarms among ten, each worth a quarter of a hit."""
    probability = [0.9, 0.8, 0.3, 0.1, 0.7, 0.2, 0.1, 0.1, 0.0, 0.05]
    (point,) = decision_curve(forecasts(probability, [True] * 4 + [False] * 6), [0.2], BOOTSTRAP)
    assert point.acted_on.value == pytest.approx(0.3 - 0.2 / 4)
    assert point.treat_all.value == pytest.approx(0.4 - 0.6 / 4)
    assert point.gain.value == pytest.approx(0.0)


def test_treating_all_gains_nothing_at_the_prevalence():
    (point,) = decision_curve(forecasts([0.5] * 4, [True, False, False, False]), [0.25], BOOTSTRAP)
    assert point.treat_all.value == pytest.approx(0)


def test_a_perfect_forecast_gains_the_prevalence_at_every_threshold():
    truth = np.arange(20) < 5
    points = decision_curve(forecasts(truth, truth), [0.05, 0.5, 0.95], BOOTSTRAP)
    assert [point.acted_on.value for point in points] == pytest.approx([0.25] * 3)
    assert [point.threshold for point in points] == [0.05, 0.5, 0.95]
    assert all(point.acted_on.low < 0.25 < point.acted_on.high for point in points)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=8), st.floats(0.01, 0.99))
def test_any_forecasts_have_benefits_or_reasons(rows, threshold):
    of = forecasts([row[0] for row in rows], [row[1] for row in rows])
    (point,) = decision_curve(of, [threshold], BOOTSTRAP)
    assert all(
        each.value is not None or each.reason for each in (point.acted_on, point.treat_all, point.gain)
    )
    if rows:
        assert point.acted_on.value <= of.truth.mean() + 1e-9


def test_no_threshold_gives_no_curve():
    assert decision_curve(forecasts([0.5], [True]), [], BOOTSTRAP) == ()


@pytest.mark.parametrize("threshold", [0, 1])
def test_thresholds_of_0_and_1_are_refused(threshold):
    with pytest.raises(ValueError, match="between 0 and 1"):
        decision_curve(forecasts([0.5], [True]), [threshold], BOOTSTRAP)
