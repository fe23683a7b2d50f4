"""What validation says of a segmenter: Dice, lesion sensitivity and false alarms, error of levels."""

import torch
from torch import Tensor
from torchmetrics import Metric

from spinemets.anatomy import Anatomy
from spinemets.networks.segmenter import SegmenterOutput
from spinemets.training.label_sets import LESION, LESION_NOT_ANNOTATED, LEVEL_STEPS
from spinemets.training.lesion_detection import detect

_CLASSES = len(Anatomy)
# Nearer to its own level's coordinate than to any other.
_RIGHT_LEVEL = 0.5
_OVERALL = ("lesion_dice", "anatomy_dice", "level_accuracy")


class SegmentationMetrics(Metric):
    """Sums over cases; every process adds its own, and all get the same result.

    Dice of a class is the mean over cases in which the reference has it; lesions of cases without any are
    counted as false alarms instead. Anatomy is compared where one class alone is annotated. ``overall``, by
    which checkpoints are chosen, is the mean of the lesions' and the anatomy's Dice and the share of vertebra
    voxels whose level is right, of those that are annotated: no head is bought with another.
    """

    full_state_update = False
    dice_sum: Tensor
    dice_cases: Tensor
    overlap: Tensor
    lesions: Tensor
    level_error: Tensor
    cases: Tensor

    def __init__(self) -> None:
        super().__init__()
        self._add("dice_sum", _CLASSES + 1)
        self._add("dice_cases", _CLASSES + 1)
        self._add("overlap", 2)
        self._add("lesions", 3)
        self._add("level_error", 3)
        self._add("cases", 1)

    def _add(self, name: str, size: int) -> None:
        self.add_state(name, default=torch.zeros(size, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, output: SegmenterOutput, targets: Tensor) -> None:
        """Add cases.

        Args:
            output: Heads (batch, ..., slice, row, column).
            targets: (batch, 3, slice, row, column) uint8.
        """
        for index in range(len(targets)):
            self._add_anatomy(output.anatomy[index].argmax(dim=0), targets[index, 0])
            self._add_lesions(output.lesion[index, 0] > 0, targets[index, 1])
            self._add_levels(output.level[index, 0], targets[index, 2])

    def compute(self) -> dict[str, Tensor]:
        """Metrics by name; what no case had is left out."""
        results = {}
        shown = self.dice_cases > 0
        mean = self.dice_sum / self.dice_cases.clamp_min(1)
        for anatomy in Anatomy:
            if anatomy is not Anatomy.BACKGROUND and shown[anatomy]:
                results[f"dice_{anatomy.name.lower()}"] = mean[anatomy]
        structures = shown[1:_CLASSES]
        if structures.any():
            results["anatomy_dice"] = mean[1:_CLASSES][structures].mean()
        if shown[_CLASSES]:
            results["lesion_dice"] = mean[_CLASSES]
            results["lesion_dice_pooled"] = 2 * self.overlap[0] / self.overlap[1]
        if self.lesions[0] > 0:
            results["lesion_sensitivity"] = self.lesions[1] / self.lesions[0]
        if self.level_error[1] > 0:
            results["level_error"] = self.level_error[0] / self.level_error[1]
            results["level_accuracy"] = self.level_error[2] / self.level_error[1]
        if self.cases > 0:
            results["false_alarms_per_case"] = self.lesions[2] / self.cases[0]
        heads = [results[name] for name in _OVERALL if name in results]
        return results | ({"overall": torch.stack(heads).mean()} if heads else {})

    def _add_anatomy(self, predicted: Tensor, allowed: Tensor) -> None:
        for anatomy in Anatomy:
            truth = allowed == 1 << anatomy
            # Voxels that may be this class or another are evidence of neither.
            known = truth | ((allowed >> int(anatomy) & 1) == 0) & (allowed > 0)
            self._add_dice(int(anatomy), (predicted == anatomy) & known, truth)

    def _add_lesions(self, predicted: Tensor, target: Tensor) -> None:
        known, truth = target != LESION_NOT_ANNOTATED, target == LESION
        if not known.any():
            return
        self.cases += 1
        predicted = predicted & known
        self._add_dice(_CLASSES, predicted, truth)
        self.overlap += torch.stack([(predicted & truth).sum(), predicted.sum() + truth.sum()])
        counts = detect(predicted.cpu().numpy(), truth.cpu().numpy(), known.cpu().numpy())
        self.lesions += torch.tensor(
            [counts.lesions, counts.found, counts.false_alarms], device=self.lesions.device
        )

    def _add_levels(self, level: Tensor, target: Tensor) -> None:
        known = target > 0
        error = (level[known] - target[known] / LEVEL_STEPS).abs()
        right = error < _RIGHT_LEVEL
        self.level_error += torch.stack([each.sum().double() for each in (error, known, right)])

    def _add_dice(self, place: int, predicted: Tensor, truth: Tensor) -> None:
        if not truth.any():
            return
        self.dice_sum[place] += 2.0 * (predicted & truth).sum() / (predicted.sum() + truth.sum())
        self.dice_cases[place] += 1
