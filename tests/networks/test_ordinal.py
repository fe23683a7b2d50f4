import numpy as np
import pytest
import torch
from coral_pytorch.dataset import corn_label_from_logits
from hypothesis import given
from hypothesis import strategies as st

from spinemets.networks.ordinal import (
    grade_log_probabilities,
    grade_probabilities,
    most_likely_cut,
    ordinal_loss,
)


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(12, 5, generator=generator), torch.arange(12) % 6


@given(st.lists(st.floats(-60, 60), min_size=5, max_size=5))
def test_probabilities_of_the_grades_add_up_to_1(logits):
    found = grade_probabilities(torch.tensor([logits]))
    assert (found >= 0).all()
    torch.testing.assert_close(found.sum(), torch.tensor(1.0))


def test_a_grades_probability_is_the_product_of_the_steps_to_it():
    steps = np.array([0.9, 0.8, 0.5, 0.4, 0.25])
    logits = torch.tensor(np.log(steps / (1 - steps)))[None]
    wanted = [0.1, 0.9 * 0.2, 0.72 * 0.5, 0.36 * 0.6, 0.144 * 0.75, 0.144 * 0.25]
    np.testing.assert_allclose(grade_probabilities(logits)[0].numpy(), wanted)


def test_the_loss_is_the_negative_log_likelihood(batch):
    logits, grades = batch
    true = grade_log_probabilities(logits).gather(1, grades[:, None])
    torch.testing.assert_close(ordinal_loss(logits, grades), -true.mean())


def test_the_loss_of_a_batch_is_the_mean_of_its_halves(batch):
    # So two processes with half a batch each learn as one does with the whole.
    logits, grades = batch
    halves = [ordinal_loss(logits[part], grades[part]) for part in (slice(0, 6), slice(6, 12))]
    torch.testing.assert_close(ordinal_loss(logits, grades), torch.stack(halves).mean())
    uneven = [grades.argsort()[:6], grades.argsort()[6:]]
    parts = [ordinal_loss(logits[part], grades[part]) for part in uneven]
    torch.testing.assert_close(ordinal_loss(logits, grades), torch.stack(parts).mean())


def test_the_loss_stays_finite_for_certain_and_wrong_logits():
    logits = torch.full((2, 5), 90.0, requires_grad=True)
    loss = ordinal_loss(logits, torch.tensor([0, 5]))
    loss.backward()
    assert loss.item() == pytest.approx(45.0)
    assert torch.isfinite(logits.grad).all()


def test_the_grade_is_the_median_of_its_distribution(batch):
    logits, _ = batch
    medians = (grade_probabilities(logits).cumsum(dim=1) < 0.5).sum(dim=1)
    assert torch.equal(most_likely_cut(logits), medians)
    assert torch.equal(most_likely_cut(logits), corn_label_from_logits(logits))
