"""Weights of tiny networks with random tensors, as files."""

import dataclasses

import torch

from spinemets.networks.escc_grader import EsccGrader
from spinemets.networks.grader_settings import GraderSettings
from spinemets.networks.segmenter import SpineSegmenter
from spinemets.networks.segmenter_settings import SegmenterSettings
from spinemets.networks.weights import save_weights
from spinemets.networks.weights_card import WeightsCard

SEGMENTER = SegmenterSettings(
    filters=(4, 8, 8),
    kernels=((1, 3, 3), (3, 3, 3), (3, 3, 3)),
    strides=((1, 1, 1), (1, 2, 2), (2, 2, 2)),
    deep_supervision=1,
    stem_channels=2,
)
GRADER = GraderSettings(slices=3, crop_size=32, spacing_mm=0.8, filters=(8, 8, 8, 8), blocks=(1, 1, 1, 1))


def segmenter_card(**changes):
    return _card(
        task="segmentation",
        classes=("background", "body"),
        channels=("T1", "T2", "STIR", "T1+Gd"),
        spacing_mm=(4.0, 1.5, 1.5),
        patch_size=(8, 32, 32),
        network=dataclasses.asdict(SEGMENTER),
        metrics={"lesion_dice": 0.5, "lesion_sensitivity": float("nan")},
        **changes,
    )


def grader_card(**changes):
    return _card(
        task="escc",
        classes=("0", "1a", "1b", "1c", "2", "3"),
        channels=("slice 0", "slice 1", "slice 2"),
        spacing_mm=(0.8, 0.8),
        patch_size=(32, 32),
        network=dataclasses.asdict(GRADER),
        calibration={"temperature": 1.25},
        **changes,
    )


def save_segmenter(path, seed=0, **changes):
    """Writes a segmenter's weights and gives back the network, in eval mode."""
    return _save(path, SpineSegmenter, SEGMENTER, segmenter_card(**changes), seed)


def save_grader(path, seed=0, **changes):
    """Writes a grader's weights and gives back the network, in eval mode."""
    return _save(path, EsccGrader, GRADER, grader_card(**changes), seed)


def _save(path, kind, settings, card, seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = kind(settings).eval()
    save_weights(path, network.state_dict(), card)
    return network


def _card(**fields):
    return WeightsCard(
        **{
            "config": {"data": {"spacing_mm": None}},
            "spinemets_version": "0.1.0",
            "manifest_sha256": "0" * 64,
            "seed": 3,
            "trained_on": "2 simulated studies, no real one",
            "simulated": True,
        }
        | fields
    )
