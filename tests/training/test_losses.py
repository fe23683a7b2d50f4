"""Losses over sets of classes: plain where every set is one class, silent where nothing is annotated."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from monai.losses import DiceCELoss

from spinemets.anatomy import Anatomy
from spinemets.networks.segmenter import SegmenterOutput
from spinemets.training.losses import (
    LossWeights,
    lesion_loss,
    level_loss,
    marginal_loss,
    segmentation_loss,
)

_SHAPE = (3, 6, 7)
_WEIGHTS = LossWeights()


def _random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _classes(seed=0):
    """A map in which all eight classes occur, in both samples."""
    classes = torch.randint(0, 8, (2, *_SHAPE), generator=torch.Generator().manual_seed(seed))
    classes.flatten(1)[:, :8] = torch.arange(8)
    return classes


def _bits(classes):
    return (1 << classes).to(torch.uint8)


def test_sets_of_one_class_give_monais_dice_and_cross_entropy():
    logits, classes = _random(2, 8, *_SHAPE), _classes()
    plain = DiceCELoss(include_background=False, to_onehot_y=True, softmax=True)
    assert marginal_loss(logits, _bits(classes)).mean().item() == pytest.approx(
        plain(logits, classes[:, None]).item(), rel=1e-5
    )


def test_a_set_has_the_probability_of_its_classes():
    """Two classes merged by hand give the loss of their set."""
    logits = _random(2, 8, *_SHAPE)
    classes = _classes().clamp_max(6)
    merged = torch.where(classes == 2, 1, classes)
    bone = (1 << Anatomy.VERTEBRAL_BODY) | (1 << Anatomy.POSTERIOR_ELEMENTS)
    allowed = torch.where(merged == 1, bone, 1 << merged).to(torch.uint8)
    together = torch.logsumexp(logits[:, 1:3], dim=1)
    by_hand = torch.cat([logits[:, :1], together[:, None], logits[:, 3:]], dim=1)
    renumbered = torch.where(merged > 1, merged - 1, merged)
    plain = DiceCELoss(include_background=False, to_onehot_y=True, softmax=True)
    # The last class does not occur; MONAI counts it, so it is left out of both.
    plain_loss = plain(torch.cat([by_hand[:, :6]], dim=1), renumbered[:, None].clamp_max(5))
    ours = marginal_loss(logits[:, :7], allowed)
    assert ours.mean().item() == pytest.approx(plain_loss.item(), rel=1e-5)


def test_what_is_not_annotated_has_no_gradient():
    anatomy, lesion, level = (_random(2, count, *_SHAPE, seed=count).requires_grad_() for count in (8, 1, 1))
    targets = torch.zeros(2, 3, *_SHAPE, dtype=torch.uint8)
    targets[:, 1] = 255
    parts = segmentation_loss([SegmenterOutput(anatomy, lesion, level)], targets, _WEIGHTS)
    parts.total(_WEIGHTS).sum().backward()
    for head in (anatomy, lesion, level):
        assert head.grad is not None
        assert not head.grad.any()


@pytest.mark.parametrize("annotated", ["anatomy", "lesion", "level"])
def test_one_annotated_head_leaves_the_others_alone(annotated):
    heads = {
        name: _random(1, count, *_SHAPE).requires_grad_()
        for name, count in (("anatomy", 8), ("lesion", 1), ("level", 1))
    }
    targets = torch.zeros(1, 3, *_SHAPE, dtype=torch.uint8)
    targets[:, 1] = 255
    row = {"anatomy": 0, "lesion": 1, "level": 2}[annotated]
    targets[:, row] = {"anatomy": 1 << 3, "lesion": 1, "level": 40}[annotated]
    parts = segmentation_loss([SegmenterOutput(**heads)], targets, _WEIGHTS)
    parts.total(_WEIGHTS).sum().backward()
    touched = {name for name, head in heads.items() if head.grad is not None and head.grad.any()}
    assert touched == {annotated}


def test_a_sample_does_not_depend_on_its_batch():
    logits, allowed = _random(2, 8, *_SHAPE), _bits(_classes())
    together = marginal_loss(logits, allowed)
    alone = torch.cat([marginal_loss(logits[i : i + 1], allowed[i : i + 1]) for i in range(2)])
    assert torch.allclose(together, alone)


@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 5]))
def test_losses_are_finite_and_bounded_below(seed, voxels):
    logits = _random(1, *_SHAPE, seed=seed % 1000) * 30
    lesion = torch.zeros(1, *_SHAPE, dtype=torch.uint8)
    lesion.flatten()[:voxels] = 1
    loss = lesion_loss(logits, lesion, 20.0, _WEIGHTS)
    assert torch.isfinite(loss).all()
    assert (loss >= 0).all()


def test_no_lesion_and_no_prediction_costs_nothing():
    lesion = torch.zeros(1, *_SHAPE, dtype=torch.uint8)
    assert lesion_loss(torch.full((1, *_SHAPE), -30.0), lesion, 20.0, _WEIGHTS).item() < 1e-6


def test_false_voxels_cost_more_the_more_there_are():
    lesion = torch.zeros(1, *_SHAPE, dtype=torch.uint8)
    costs = []
    for count in (1, 10, 100):
        logits = torch.full((1, *_SHAPE), -30.0)
        logits.flatten()[:count] = 30.0
        costs.append(lesion_loss(logits, lesion, 20.0, _WEIGHTS).item())
    assert costs == sorted(costs)


def test_a_network_that_sees_no_lesion_is_pulled_towards_one():
    logits = torch.full((1, *_SHAPE), -5.0, requires_grad=True)
    lesion = torch.zeros(1, *_SHAPE, dtype=torch.uint8)
    lesion[0, 1, 2, 3] = 1
    lesion_loss(logits, lesion, 20.0, _WEIGHTS).sum().backward()
    assert logits.grad[0, 1, 2, 3] < 0
    assert logits.grad[0, 1, 2, 3].abs() > 10 * logits.grad[0, 0, 0, 0].abs()


def test_level_counts_where_there_is_a_vertebra():
    level = torch.full((1, *_SHAPE), 20.0)
    target = torch.zeros(1, *_SHAPE, dtype=torch.uint8)
    assert level_loss(level, target).item() == 0
    target[0, 0, 0] = 44
    assert level_loss(level, target).item() == pytest.approx(1.5)


def test_coarser_scales_see_the_first_voxel_of_each_stride():
    fine, coarse = _random(1, 10, 4, 8, 8), _random(1, 10, 4, 4, 4)
    targets = torch.zeros(1, 3, 4, 8, 8, dtype=torch.uint8)
    targets[:, 0] = 1
    targets[:, 0, :, ::2, ::2] = 1 << 1

    def output(tensor):
        return SegmenterOutput(tensor[:, :8], tensor[:, 8:9], tensor[:, 9:])

    both = segmentation_loss([output(fine), output(coarse)], targets, _WEIGHTS).anatomy
    one = marginal_loss(fine[:, :8], targets[:, 0])
    other = marginal_loss(coarse[:, :8], torch.full((1, 4, 4, 4), 2, dtype=torch.uint8))
    assert both.item() == pytest.approx(((one + 0.5 * other) / 1.5).item())
