"""Calibration after training: temperatures that make probabilities honest, thresholds of conformal sets."""

from collections.abc import Callable, Sequence
from math import ceil

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from spinemets.anatomy import EsccGrade
from spinemets.networks.ordinal import grade_log_probabilities

Probabilities = npt.NDArray[np.float64]

# Beyond these a temperature tells of too few or perfectly separated cases, not of over-confidence.
_LOWEST, _HIGHEST = 0.05, 20.0


def fit_temperature(loss_at: Callable[[Tensor], Tensor]) -> float:
    """The temperature that logits are to be divided by (Guo et al. 2017, ICML).

    Args:
        loss_at: Mean negative log-likelihood of calibration cases with logits divided by its argument, a
            float64 scalar; differentiable.

    Returns:
        The minimiser between 0.05 and 20.
    """
    place = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([place], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = loss_at(_temperature(place))
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return float(_temperature(place.detach()))


def binary_temperature(logits: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Temperature of a sigmoid head, such as the segmenter's lesions.

    Args:
        logits: (cases,) such as voxels.
        truth: (cases,) of 0 and 1.
    """
    values, wanted = _tensor(logits), _tensor(truth)
    return fit_temperature(lambda t: functional.binary_cross_entropy_with_logits(values / t, wanted))


def class_temperature(logits: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Temperature of a softmax head, such as the segmenter's anatomy.

    Args:
        logits: (cases, classes).
        truth: (cases,) class of each.
    """
    values, wanted = _tensor(logits), _tensor(truth).long()
    return fit_temperature(lambda t: functional.cross_entropy(values / t, wanted))


def grade_temperature(logits: npt.ArrayLike, ranks: npt.ArrayLike) -> float:
    """Temperature of the ESCC grader.

    Args:
        logits: (cases, 5) of CORN.
        ranks: (cases,) 0 to 5.
    """
    values, wanted = _tensor(logits), _tensor(ranks).long()
    return fit_temperature(lambda t: functional.nll_loss(grade_log_probabilities(values / t), wanted))


def conformal_threshold(probabilities: Probabilities, ranks: npt.ArrayLike, coverage: float) -> float:
    """The threshold with which ``grade_set`` holds the true grade in at least this share of new cases.

    Ordinal adaptive prediction sets (Lu, Angelopoulos and Pomerantz 2022, MICCAI, after Romano et al. 2020,
    NeurIPS): a case's score is the probability that its set has gathered before the true grade joins it. The
    threshold is the k-th smallest score of n, k = ceil((n + 1) coverage), which holds for finite n if new
    cases are exchangeable with those of the calibration. Slices of one patient are alike, so the share is
    one over slices of such patients, not a promise for each patient or each grade.

    Args:
        probabilities: (cases, grades) of calibration cases that were not trained on.
        ranks: (cases,) true grades.
        coverage: Wanted share, between 0 and 1.

    Returns:
        0 to 1; 1 where there are too few cases for the coverage, so that sets hold every grade.

    Raises:
        ValueError: If the coverage is not between 0 and 1.
    """
    if not 0 < coverage < 1:
        raise ValueError(f"coverage is {coverage}; it must lie between 0 and 1")
    scores = np.sort([_score(row, rank) for row, rank in zip(probabilities, np.asarray(ranks), strict=True)])
    # Rounded, as 0.9 * 20 is a little more than 18.
    place = ceil(round((len(scores) + 1) * coverage, 9))
    return float(scores[place - 1]) if place <= len(scores) else 1.0


def grade_set(probabilities: Sequence[float] | Probabilities, threshold: float) -> tuple[EsccGrade, ...]:
    """Neighbouring grades, in order, that together are more probable than the threshold.

    It grows from the most probable grade to the more probable neighbour of either side.

    Args:
        probabilities: Of the six grades.
        threshold: See ``conformal_threshold``; 1 gives every grade.
    """
    row = np.asarray(probabilities, dtype=np.float64)
    joined = _joining_order(row)
    gathered = row[joined].cumsum()
    # Rounding must not end a set that is to hold every grade.
    enough = np.flatnonzero(gathered > threshold) if threshold < 1 else np.array([], dtype=np.int64)
    members = joined[: enough[0] + 1] if enough.size else joined
    return tuple(grade for grade in EsccGrade if grade.rank in members)


def _score(probabilities: Probabilities, rank: int) -> float:
    joined = _joining_order(probabilities)
    before = int(np.flatnonzero(joined == rank)[0])
    return float(probabilities[joined].cumsum()[before - 1]) if before else 0.0


def _joining_order(probabilities: Probabilities) -> npt.NDArray[np.int64]:
    """Ranks in the order in which a growing set takes them up."""
    low = high = int(probabilities.argmax())
    joined = [low]
    while len(joined) < len(probabilities):
        below = probabilities[low - 1] if low > 0 else -1.0
        above = probabilities[high + 1] if high + 1 < len(probabilities) else -1.0
        # Of equals the more severe joins first.
        low, high = (low, high + 1) if above >= below else (low - 1, high)
        joined.append(high if above >= below else low)
    return np.array(joined, dtype=np.int64)


def _temperature(place: Tensor) -> Tensor:
    """Any number to between the limits; 0 to 1."""
    return _LOWEST * (_HIGHEST / _LOWEST) ** torch.sigmoid(place)


def _tensor(values: npt.ArrayLike) -> Tensor:
    return torch.as_tensor(np.asarray(values, dtype=np.float64))
