"""Which graded slice each sample of a training is: rare grades come more often than they occur."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import EsccGrade
from spinemets.errors import ConfigurationError

# Samples of a round, in which every grade has its fixed number of places.
_ROUND = 60
_ROUNDS, _CASES = 2, 3


class BalancedOrder:
    """The case of every sample number, a function of the seed and the number alone.

    Samples come in rounds with a fixed number of places for each grade, in a new order each round. The cases
    of a grade take its places in turn, always in the same order: so as many samples in a row as a grade has
    cases never show one of them twice.

    Args:
        grades: Of the cases; at least one.
        balance: 0 lets grades come as often as they occur, 1 equally often; between, the number of a grade's
            cases counts with the power 1 - balance. Every grade that occurs has a place in each round.
        seed: Of the run.

    Raises:
        ConfigurationError: If there is no case, or the balance is not between 0 and 1.
    """

    def __init__(self, grades: Sequence[EsccGrade], balance: float, seed: int) -> None:
        if not grades:
            raise ConfigurationError("there is no graded slice to train on", remedy="add ESCC grades")
        if not 0 <= balance <= 1:
            raise ConfigurationError(f"is {balance}", field="balance", remedy="allowed: 0 to 1")
        ranks = np.array([grade.rank for grade in grades])
        counts = np.bincount(ranks, minlength=len(EsccGrade))
        shares = np.where(counts > 0, counts.astype(float) ** (1.0 - balance), 0.0)
        places = np.rint(_ROUND * shares / shares.sum()).astype(int)
        self._places = np.where(counts > 0, np.maximum(places, 1), 0)
        orders = np.random.default_rng([seed, _CASES])
        self._cases = [orders.permutation(np.flatnonzero(ranks == rank)) for rank in range(len(EsccGrade))]
        self._seed = seed

    def case(self, number: int) -> int:
        """Index of the case of a sample."""
        turn, place = divmod(number, int(self._places.sum()))
        ranks = self._round_of(turn)
        rank = ranks[place]
        before = turn * self._places[rank] + np.count_nonzero(ranks[:place] == rank)
        cases = self._cases[rank]
        return int(cases[before % len(cases)])

    def _round_of(self, turn: int) -> npt.NDArray[np.int64]:
        ranks = np.repeat(np.arange(len(EsccGrade)), self._places)
        return np.random.default_rng([self._seed, _ROUNDS, turn]).permutation(ranks)
