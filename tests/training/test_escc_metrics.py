import numpy as np
import pytest
import torch

from spinemets.training.escc_metrics import EsccMetrics, confusion_figures


def logits_of(ranks):
    """CORN logits that are sure of these grades."""
    return torch.tensor([[9.0] * rank + [-9.0] * (5 - rank) for rank in ranks])


def figures(found, true):
    metrics = EsccMetrics()
    metrics.update(logits_of(found), torch.tensor(true))
    return {name: float(value) for name, value in metrics.compute().items()}


def quadratic_kappa(found, true):
    """Cohen 1968, Psychol Bull 70:213: 1 - weighted disagreement over that expected by chance."""
    observed = np.zeros((6, 6))
    np.add.at(observed, (true, found), 1)
    weights = np.subtract.outer(np.arange(6), np.arange(6)) ** 2
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    return 1 - (weights * observed).sum() / (weights * expected).sum()


def test_kappa_is_cohens_with_quadratic_weights():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 6, 60)
    found = (true + rng.integers(-1, 2, 60)).clip(0, 5)
    assert figures(found.tolist(), true.tolist())["kappa"] == pytest.approx(
        quadratic_kappa(found, true), abs=1e-5
    )


def test_kappa_is_zero_where_nothing_was_told_apart():
    assert figures([0, 0, 0], [0, 0, 0])["kappa"] == 0.0


def test_figures_of_a_known_matrix():
    confusion = torch.zeros(6, 6)
    confusion[0, 0], confusion[0, 3] = 8, 2
    confusion[3, 3], confusion[3, 0], confusion[5, 4] = 3, 1, 1
    found = confusion_figures(confusion)
    # Recalls 0.8, 0.75 and 0 of the three grades that occur.
    assert float(found["balanced_accuracy"]) == pytest.approx((0.8 + 0.75 + 0.0) / 3)
    assert float(found["sensitivity_1c"]) == pytest.approx(4 / 5)
    assert float(found["specificity_1c"]) == pytest.approx(8 / 10)


def test_what_no_case_asks_for_is_left_out():
    assert "sensitivity_1c" not in figures([0, 1], [0, 1])
    assert "specificity_1c" not in figures([4, 5], [4, 5])


def test_batches_add_up_and_are_forgotten():
    metrics = EsccMetrics()
    metrics.update(logits_of([5, 5, 5]), torch.tensor([0, 0, 0]))
    metrics.reset()
    for found, true in (([0, 1], [0, 1]), ([4], [5])):
        metrics.update(logits_of(found), torch.tensor(true))
    found = metrics.compute()
    assert float(found["balanced_accuracy"]) == pytest.approx(2 / 3)
    assert float(found["loss"]) == pytest.approx(9.0 / 3, abs=0.01)
