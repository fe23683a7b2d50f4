"""The stream of samples is a function of seed and number alone."""

from hypothesis import given
from hypothesis import strategies as st

from spinemets.training.sampling import StepBatches, case_of_sample, sample_generator


def _steps(rank=0, processes=1, batch=2, done=0):
    return list(StepBatches(batch, 6, lambda: done, rank, processes))


def test_an_epoch_has_its_steps_and_samples_in_order():
    assert _steps() == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10, 11]]
    assert _steps(done=6)[0] == [12, 13]


def test_a_stopped_epoch_goes_on_with_the_next_step():
    assert _steps(done=4) == [[8, 9], [10, 11]]


def test_processes_share_the_batch_that_one_would_see():
    together = _steps(batch=4)
    shared = [one + other for one, other in zip(_steps(0, 2), _steps(1, 2), strict=True)]
    assert shared == together


@given(st.integers(0, 9), st.integers(1, 12), st.integers(0, 5))
def test_every_case_comes_once_before_any_comes_again(seed, cases, turn):
    numbers = range(turn * cases, (turn + 1) * cases)
    assert sorted(case_of_sample(seed, number, cases) for number in numbers) == list(range(cases))


def test_samples_differ_and_repeat():
    draws = [sample_generator(1, number).uniform() for number in (5, 6, 5)]
    assert draws[0] == draws[2] != draws[1]
    assert sample_generator(2, 5).uniform() != draws[0]
