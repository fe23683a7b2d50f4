"""Ordinal grades from conditional logits (CORN): loss, probabilities and the grade itself.

Logit k says how likely a grade above k is where the grade is at least k; so probabilities of the grades
follow by the chain rule and never contradict their order (Shi, Cao and Raschka 2023, Pattern Anal Appl 26).
"""

from itertools import accumulate

import torch
from coral_pytorch.dataset import corn_label_from_logits  # type: ignore[import-untyped]
from coral_pytorch.losses import corn_loss  # type: ignore[import-untyped]
from torch import Tensor
from torch.nn import functional

from spinemets.anatomy import EsccGrade

GRADES = len(EsccGrade)
THRESHOLDS = GRADES - 1


def ordinal_loss(logits: Tensor, grades: Tensor) -> Tensor:
    """Mean over samples of minus the logarithm of the true grade's probability.

    Coral's loss is the mean over all conditional decisions, of which a sample of a higher grade makes more;
    the mean over samples is the same however a batch is shared among processes.

    Args:
        logits: (batch, 5).
        grades: (batch,) int64 ranks, 0 to 5.
    """
    decisions = (grades + 1).clamp_max(THRESHOLDS).sum()
    loss: Tensor = corn_loss(logits.float(), grades, GRADES)
    return loss * decisions / len(grades)


def grade_log_probabilities(logits: Tensor) -> Tensor:
    """(batch, 6) logarithms of ``grade_probabilities``, exact where these round to 0."""
    logits = logits if logits.dtype == torch.float64 else logits.float()
    # Summed up one by one: GPUs have no deterministic cumsum.
    passed = torch.stack(list(accumulate(functional.logsigmoid(logits).unbind(dim=1))), dim=1)
    stopped = functional.logsigmoid(-logits)
    first = torch.zeros_like(logits[:, :1])
    reached = torch.cat([first, passed], dim=1)
    return reached + torch.cat([stopped, first], dim=1)


def grade_probabilities(logits: Tensor) -> Tensor:
    """Probability of each grade.

    Args:
        logits: (batch, 5).

    Returns:
        (batch, 6) in the order of ``EsccGrade``; each row adds up to 1.
    """
    return grade_log_probabilities(logits).exp()


def most_likely_cut(logits: Tensor) -> Tensor:
    """(batch,) int64 rank of the grade: the highest that is reached with a probability above one half.

    This is the median of the grade's distribution, which the mean absolute error is smallest for.
    """
    ranks: Tensor = corn_label_from_logits(logits.float())
    return ranks
