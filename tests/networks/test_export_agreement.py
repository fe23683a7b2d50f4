"""Export checks: what counts as the same, and the inputs it is measured on."""

import pytest
import torch

from spinemets.networks.escc_grader import EsccGrader
from spinemets.networks.export_agreement import (
    Agreement,
    ExportError,
    measured_agreement,
    plain_outputs,
    seeded_inputs,
    usual_size,
)
from spinemets.networks.segmenter import SpineSegmenter
from weight_files import GRADER, SEGMENTER, grader_card, segmenter_card


@pytest.fixture(scope="module")
def segmenter():
    return SpineSegmenter(SEGMENTER).eval()


@pytest.mark.parametrize(
    ("difference", "share", "sufficient"),
    [(1e-3, 0.999, True), (1.1e-3, 1.0, False), (0.0, 0.998, False), (float("nan"), 1.0, False)],
)
def test_both_limits_must_hold(difference, share, sufficient):
    assert Agreement(difference, share).sufficient is sufficient


def test_a_network_agrees_with_itself(segmenter):
    several = seeded_inputs(segmenter_card(), segmenter)
    agreement = measured_agreement(segmenter, lambda inputs: plain_outputs(segmenter, inputs), several)
    assert agreement == Agreement(0.0, 1.0)


def test_the_worst_output_counts(segmenter):
    def levels_off(inputs):
        anatomy, lesion, level = plain_outputs(segmenter, inputs)
        return anatomy, lesion, level + 0.25

    def lesions_everywhere(inputs):
        anatomy, lesion, level = plain_outputs(segmenter, inputs)
        return anatomy, torch.full_like(lesion, 100.0), level

    several = seeded_inputs(segmenter_card(), segmenter)
    assert measured_agreement(segmenter, levels_off, several).largest_difference == pytest.approx(0.25, 1e-4)
    assert measured_agreement(segmenter, lesions_everywhere, several).same_class_share < 0.9


def test_grades_of_crops_are_compared():
    grader = EsccGrader(GRADER).eval()
    (crops,), _ = seeded_inputs(grader_card(), grader)
    agreement = measured_agreement(grader, lambda _: (torch.full((2, 5), 9.0),), [(crops,)])
    assert crops.shape == (2, 3, 32, 32)
    assert agreement.same_class_share < 1.0


def test_inputs_are_the_same_each_time_and_lack_a_channel(segmenter):
    (image, presence), (usual, _) = seeded_inputs(segmenter_card(), segmenter)
    again, _ = seeded_inputs(segmenter_card(), segmenter)
    assert torch.equal(image, again[0])
    assert presence[1].tolist() == [0, 1, 1, 1]
    assert not image[1, 0].any()
    assert usual.shape == (1, 4, 8, 32, 32)


def test_the_usual_size_is_one_that_the_network_takes(segmenter):
    card = segmenter_card().model_copy(update={"patch_size": (7, 30, 33)})
    assert usual_size(card, segmenter) == (8, 32, 36)


def test_a_patch_without_three_axes_is_refused(segmenter):
    card = segmenter_card().model_copy(update={"patch_size": (32, 32)})
    with pytest.raises(ExportError, match="three axes"):
        seeded_inputs(card, segmenter)
