"""Trained networks, ready to run: loaded once, used for every study."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch

from spinemets.errors import ConfigurationError
from spinemets.inference.records import WeightsUsed
from spinemets.networks.escc_grader import EsccGrader
from spinemets.networks.segmenter import SpineSegmenter
from spinemets.networks.weights import file_sha256, load_network
from spinemets.networks.weights_card import WeightsCard


@dataclass(frozen=True, slots=True, eq=False)
class SegmenterModel:
    """A segmenter with what its weights say of themselves."""

    network: SpineSegmenter
    card: WeightsCard
    used: WeightsUsed

    @property
    def lesion_temperature(self) -> float:
        """What lesion logits are divided by; 1 where the weights were not calibrated."""
        return float(self.card.calibration.get("lesion_temperature", 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class GraderModel:
    """An ESCC grader with what its weights say of themselves."""

    network: EsccGrader
    card: WeightsCard
    used: WeightsUsed

    @property
    def temperature(self) -> float:
        """What logits are divided by; 1 where the weights were not calibrated."""
        return float(self.card.calibration.get("temperature", 1.0))

    def conformal_threshold(self, coverage: float) -> float | None:
        """Threshold of conformal sets; None where the weights were not calibrated.

        Raises:
            ConfigurationError: If the weights were calibrated for other coverages only.
        """
        known: dict[str, float] = self.card.calibration.get("conformal", {})
        if not known:
            return None
        if (name := f"{coverage:g}") not in known:
            raise ConfigurationError(
                f"is {coverage:g}", field="grading.coverage", remedy=f"allowed: {', '.join(known)}"
            )
        return known[name]


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """The networks of a run.

    Args:
        segmenters: At least one; several are an ensemble, whose probabilities are averaged.
        grader: None where no axial slice is to be graded.
        device: That the networks lie on.
    """

    segmenters: tuple[SegmenterModel, ...]
    grader: GraderModel | None
    device: torch.device

    @property
    def used(self) -> tuple[WeightsUsed, ...]:
        """What a result rests on."""
        grader = () if self.grader is None else (self.grader.used,)
        return (*(one.used for one in self.segmenters), *grader)

    @property
    def device_name(self) -> str:
        """``cpu``, or the GPU's name."""
        is_gpu = self.device.type == "cuda"
        return torch.cuda.get_device_name(self.device) if is_gpu else self.device.type


def load_models(segmentation: Sequence[Path], escc: Path | None, device: str) -> Models:
    """Read weights and build their networks.

    Args:
        segmentation: Weights files of segmenters; all of one spacing.
        escc: Weights file of the grader.
        device: ``cpu``, ``cuda``, ``cuda:1`` or ``auto``.

    Raises:
        ConfigurationError: If the device is not there, or segmenters of an ensemble do not fit together.
        InputError: If a file cannot be used.
    """
    place = _device(device)
    if not segmentation:
        raise ConfigurationError("is empty", field="weights.segmentation", remedy="name a weights file")
    segmenters = tuple(_segmenter(path, place) for path in segmentation)
    if len({one.card.spacing_mm for one in segmenters}) > 1:
        raise ConfigurationError(
            "have different spacings",
            field="weights.segmentation",
            remedy="take weights of one training's folds for an ensemble",
        )
    return Models(segmenters, None if escc is None else _grader(escc, place), place)


def _segmenter(path: Path, device: torch.device) -> SegmenterModel:
    card, network = load_network(path, "segmentation")
    return SegmenterModel(cast(SpineSegmenter, network.to(device)), card, _used(path, card))


def _grader(path: Path, device: torch.device) -> GraderModel:
    card, network = load_network(path, "escc")
    return GraderModel(cast(EsccGrader, network.to(device)), card, _used(path, card))


def _used(path: Path, card: WeightsCard) -> WeightsUsed:
    return WeightsUsed(
        task=card.task,
        sha256=file_sha256(path),
        trained_on=card.trained_on,
        simulated=card.simulated,
        spinemets_version=card.spinemets_version,
        manifest_sha256=card.manifest_sha256,
        seed=card.seed,
    )


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigurationError(
            f"is {name!r}, which is not there ({str(error).splitlines()[0]})",
            field="device",
            remedy="give cpu, cuda or auto",
        ) from None
    return device
