"""Which sample each step of a training sees: a function of the seed and the sample's number alone.

Sample number n of a run draws everything from a generator of its own, so the stream of samples is the same
whatever the number of workers and processes, and wherever a run was stopped and resumed.
"""

from collections.abc import Callable, Iterator

import numpy as np
from torch.utils.data import Sampler

_CASE_ORDER, _SAMPLE = 0, 1


class StepBatches(Sampler[list[int]]):
    """Sample numbers of one process, a list for each step of an epoch.

    Step s of the run takes the numbers from s * batch * processes on; each process its own part of them. An
    epoch that a stopped run left half done begins at the step that comes next.

    Args:
        batch_size: Samples of one process in a step.
        steps_per_epoch: Steps of a whole epoch.
        rank: Of this process.
        processes: How many there are.
        next_step: Gives the number of steps that the run has done.
    """

    def __init__(
        self,
        batch_size: int,
        steps_per_epoch: int,
        next_step: Callable[[], int],
        rank: int = 0,
        processes: int = 1,
    ) -> None:
        self.batch_size = batch_size
        self.steps_per_epoch = steps_per_epoch
        self.next_step = next_step
        self.rank = rank
        self.processes = processes

    def __len__(self) -> int:
        return self.steps_per_epoch

    def __iter__(self) -> Iterator[list[int]]:
        first = self.next_step()
        last = (first // self.steps_per_epoch + 1) * self.steps_per_epoch
        for step in range(first, last):
            begin = (step * self.processes + self.rank) * self.batch_size
            yield list(range(begin, begin + self.batch_size))


def sample_generator(seed: int, number: int) -> np.random.Generator:
    """The generator that sample ``number`` of a run draws everything from."""
    return np.random.default_rng([seed, _SAMPLE, number])


def case_of_sample(seed: int, number: int, cases: int) -> int:
    """The case of a sample: every case once, in a new order, before any comes again.

    Args:
        seed: Of the run.
        number: Of the sample.
        cases: How many there are.
    """
    turn, place = divmod(number, cases)
    return int(np.random.default_rng([seed, _CASE_ORDER, turn]).permutation(cases)[place])
