"""What validation says of an ESCC grader: kappa, balanced accuracy, and how 1c and above is told."""

import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric
from torchmetrics.classification import MulticlassCohenKappa, MulticlassConfusionMatrix

from spinemets.networks.ordinal import GRADES, grade_log_probabilities, most_likely_cut
from spinemets.scoring.escc import ALTERNATIVE_FROM


class EsccMetrics(nn.Module):
    """Sums over cases; every process adds its own, and all get the same result."""

    def __init__(self) -> None:
        super().__init__()
        self.kappa = MulticlassCohenKappa(GRADES, weights="quadratic")
        self.confusion = MulticlassConfusionMatrix(GRADES)
        self.loss = MeanMetric()

    def update(self, logits: Tensor, grades: Tensor) -> None:
        """Add cases.

        Args:
            logits: (batch, 5).
            grades: (batch,) int64 ranks.
        """
        found = most_likely_cut(logits)
        self.kappa.update(found, grades)
        self.confusion.update(found, grades)
        true = grade_log_probabilities(logits).gather(1, grades[:, None])
        self.loss.update(-true)

    def compute(self) -> dict[str, Tensor]:
        """Metrics by name; sensitivity and specificity are left out where no case asks for them."""
        kappa: Tensor = self.kappa.compute()
        results = {
            # Undefined where everything, found and true, is one grade: nothing was told apart.
            "kappa": kappa.nan_to_num(0.0),
            "loss": self.loss.compute(),
        }
        return results | confusion_figures(self.confusion.compute())

    def reset(self) -> None:
        """Forget all cases."""
        for metric in (self.kappa, self.confusion, self.loss):
            metric.reset()


def confusion_figures(confusion: Tensor) -> dict[str, Tensor]:
    """Figures of a confusion matrix.

    Args:
        confusion: (6, 6) counts, rows are true grades, columns those found.

    Returns:
        ``balanced_accuracy``, mean over the grades that occur of the share graded right (as scikit-learn
        has it); ``sensitivity_1c`` and ``specificity_1c`` of grade 1c or above.
    """
    counts = confusion.double()
    true = counts.sum(dim=1)
    occurs = true > 0
    results = {"balanced_accuracy": (counts.diagonal()[occurs] / true[occurs]).mean()}
    cut = ALTERNATIVE_FROM.rank
    if true[cut:].sum() > 0:
        results["sensitivity_1c"] = counts[cut:, cut:].sum() / true[cut:].sum()
    if true[:cut].sum() > 0:
        results["specificity_1c"] = counts[:cut, :cut].sum() / true[:cut].sum()
    return {name: value.to(torch.float32) for name, value in results.items()}
