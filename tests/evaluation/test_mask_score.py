"""Dice, NSD, HD95 and volume of a mask: against MONAI and SimpleITK, and the policy for empty masks."""

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from monai.metrics import compute_hausdorff_distance, compute_surface_dice
from torchmetrics.functional.classification import binary_f1_score

from spinemets.errors import ConfigurationError
from spinemets.evaluation.mask_score import BothEmpty, Empty, MaskSettings, OneEmpty, score_mask
from spinemets.evaluation.surface_distance import surface_distances

SPACING_MM = (4.0, 0.8, 0.9)
SETTINGS = MaskSettings(tolerance_mm=2.0, both_empty=BothEmpty.LEFT_OUT, one_empty=OneEmpty.UNDEFINED)


def _blob(seed, shape=(8, 30, 28)):
    rng = np.random.default_rng(seed)
    centre = np.array(shape) / 2 + rng.uniform(-2, 2, 3)
    radii = np.array(shape) * rng.uniform(0.2, 0.4, 3)
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return (((grid - centre) / radii) ** 2).sum(axis=-1) < rng.uniform(0.8, 1.2)


def _one_hot(mask):
    mask = torch.tensor(mask)[None, None].float()
    return torch.cat([1 - mask, mask], dim=1)


def _sitk(mask):
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(SPACING_MM[::-1])
    return image


# MONAI 1.6 warns of an argument that it gives to itself.
@pytest.mark.filterwarnings("ignore:.*always_return_as_numpy.*:FutureWarning")
@pytest.mark.parametrize("seed", range(4))
def test_scores_are_those_of_monai(seed):
    predicted, reference = _blob(seed), _blob(seed + 10)
    score = score_mask(predicted, reference, SPACING_MM, SETTINGS)
    both = _one_hot(predicted), _one_hot(reference)
    nsd = compute_surface_dice(*both, [SETTINGS.tolerance_mm], spacing=SPACING_MM)
    hd95 = compute_hausdorff_distance(*both, percentile=95, spacing=SPACING_MM)
    assert score.nsd == pytest.approx(nsd.item(), abs=1e-6)
    assert score.hd95_mm == pytest.approx(hd95.item(), rel=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_dice_and_hausdorff_distance_are_those_of_simpleitk_and_torchmetrics(seed):
    predicted, reference = _blob(seed), _blob(seed + 10)
    score = score_mask(predicted, reference, SPACING_MM, SETTINGS)
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(_sitk(reference), _sitk(predicted))
    assert score.dice == pytest.approx(overlap.GetDiceCoefficient())
    f1 = binary_f1_score(torch.tensor(predicted).int(), torch.tensor(reference).int())
    assert score.dice == pytest.approx(f1.item(), abs=1e-6)
    hausdorff = sitk.HausdorffDistanceImageFilter()
    hausdorff.Execute(_sitk(reference), _sitk(predicted))
    # SimpleITK measures from all voxels and not from those of the surface, which is the same at the maximum.
    distance = surface_distances(predicted, reference, SPACING_MM).percentile_mm(100)
    assert distance == pytest.approx(hausdorff.GetHausdorffDistance(), rel=1e-5)


def test_a_shift_by_one_slice_is_a_slice_away():
    reference = np.zeros((9, 8, 8), bool)
    reference[2:6, 2:6, 2:6] = True
    predicted = np.roll(reference, 1, axis=0)
    score = score_mask(predicted, reference, SPACING_MM, SETTINGS)
    assert score.dice == pytest.approx(0.75)
    assert score.hd95_mm == pytest.approx(4.0)
    assert (score.volume_error_ml, score.volume_error_percent) == (0, 0)


def test_volumes_are_millilitres():
    predicted, reference = np.zeros((2, 2, 4), bool), np.zeros((2, 2, 4), bool)
    predicted[0], reference[:, 0] = True, True
    predicted[1, 0, 0] = True
    score = score_mask(predicted, reference, (10, 10, 10), SETTINGS)
    assert (score.predicted_ml, score.reference_ml, score.volume_error_ml) == pytest.approx((9, 8, 1))
    assert score.volume_error_percent == pytest.approx(12.5)


def test_both_empty_are_left_out_or_perfect_as_declared():
    none = np.zeros((2, 3, 4), bool)
    left_out = score_mask(none, none, SPACING_MM, SETTINGS)
    assert (left_out.dice, left_out.nsd, left_out.hd95_mm, left_out.empty) == (None, None, None, Empty.BOTH)
    perfect = MaskSettings(2.0, BothEmpty.PERFECT, OneEmpty.UNDEFINED)
    score = score_mask(none, none, SPACING_MM, perfect)
    assert (score.dice, score.nsd, score.hd95_mm) == (1, 1, 0)
    assert score.volume_error_percent is None


@pytest.mark.parametrize("missed", [True, False])
def test_one_empty_scores_nothing_and_its_distance_is_as_declared(missed):
    full, none = np.ones((2, 3, 4), bool), np.zeros((2, 3, 4), bool)
    masks = (none, full) if missed else (full, none)
    score = score_mask(*masks, SPACING_MM, SETTINGS)
    assert (score.dice, score.nsd, score.hd95_mm) == (0, 0, None)
    assert score.empty is (Empty.PREDICTED if missed else Empty.REFERENCE)
    worst = MaskSettings(2.0, BothEmpty.LEFT_OUT, OneEmpty.IMAGE_DIAGONAL)
    diagonal = np.linalg.norm([8, 2.4, 3.6])
    assert score_mask(*masks, SPACING_MM, worst).hd95_mm == pytest.approx(diagonal)


def test_an_empty_mask_has_no_surface():
    with pytest.raises(ValueError, match="no surface"):
        surface_distances(np.zeros((2, 2, 2), bool), np.ones((2, 2, 2), bool), SPACING_MM)


def test_a_negative_tolerance_is_refused():
    with pytest.raises(ConfigurationError, match="tolerance_mm"):
        MaskSettings(-1, BothEmpty.LEFT_OUT, OneEmpty.UNDEFINED)


_MASKS = arrays.arrays(np.bool_, (2, 3, 4), elements=st.booleans())


@settings(deadline=None, max_examples=80)
@given(_MASKS, _MASKS)
def test_scores_stay_in_their_ranges_and_do_not_depend_on_which_is_the_reference(one, other):
    score, swapped = (score_mask(*pair, SPACING_MM, SETTINGS) for pair in ((one, other), (other, one)))
    assert (score.dice, score.nsd, score.hd95_mm) == (swapped.dice, swapped.nsd, swapped.hd95_mm)
    if score.empty is Empty.NEITHER:
        assert 0 <= score.dice <= 1
        assert 0 <= score.nsd <= 1
        assert (score.hd95_mm == 0) or not np.array_equal(one, other)
    if np.array_equal(one, other) and one.any():
        assert (score.dice, score.nsd, score.hd95_mm) == (1, 1, 0)
