"""A station through the segmenter, and its maps back on the grid of the reference series."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from spinemets.inference.models import Models, SegmenterModel
from spinemets.inference.settings import Arithmetic, SegmentingSettings
from spinemets.networks.precision import BF16, FP32, choose_precision
from spinemets.networks.sagittal_input import ORIENTATION, SagittalInput, sagittal_input
from spinemets.networks.segmenter import SegmenterOutput
from spinemets.networks.whole_volume import WindowSettings, segment_volume
from spinemets.study.channel_stack import ChannelStack
from spinemets.volume import Volume, reorient

# Slices of the native grid that are worked on at once, to bound memory.
_SLAB = 8


@dataclass(frozen=True, slots=True, eq=False)
class SegmentedStation:
    """What the segmenter says of a station, on its reference series' grid in ``LIP`` orientation.

    Args:
        anatomy: uint8, codes of ``Anatomy``.
        level: float32, coordinate along the spine; means something on vertebrae only.
        lesion_probability: float32, calibrated.
        arithmetic: What the network computed in, and why.
    """

    anatomy: Volume
    level: Volume
    lesion_probability: Volume
    arithmetic: str


@dataclass(frozen=True, slots=True)
class _Maps:
    """Tensors on the network's grid: anatomy (8, ...) and lesion (1, ...) probabilities, level (1, ...)."""

    anatomy: Tensor
    lesion: Tensor
    level: Tensor


def segment_station(stack: ChannelStack, models: Models, settings: SegmentingSettings) -> SegmentedStation:
    """Run the segmenter, or the mean of an ensemble, over a station.

    Args:
        stack: The channels on one grid.
        models: The networks.
        settings: How they are run.
    """
    image = sagittal_input(stack.volumes, _spacing(models))
    arithmetic, reason = _arithmetic(models, settings, image)
    maps = _mean([_maps(one, image, models.device, settings, arithmetic) for one in models.segmenters])
    native = reorient(next(iter(stack.volumes.values())), ORIENTATION)
    return _on_native_grid(maps, image, native, reason)


def _spacing(models: Models) -> tuple[float, float, float]:
    i, j, k = models.segmenters[0].card.spacing_mm
    return i, j, k


def _arithmetic(models: Models, settings: SegmentingSettings, image: SagittalInput) -> tuple[str, str]:
    on_cpu = models.device.type == "cpu"
    if settings.arithmetic is Arithmetic.FP32:
        return FP32, "arithmetic fp32: as set"
    if on_cpu and settings.arithmetic is Arithmetic.AUTO:
        return FP32, "arithmetic fp32: bf16 is not tried out for single studies (arithmetic=probe does)"
    card = models.segmenters[0].card
    divisor = models.segmenters[0].network.settings.divisor
    shape = [-(-size // step) * step for size, step in zip(image.image.shape[1:], divisor, strict=True)]
    factory = "spinemets.networks.segmenter:build_segmenter"
    return choose_precision(
        models.device.type, factory, card.network, (1, len(image.image), *shape), training=False
    )


@torch.inference_mode()
def _maps(
    model: SegmenterModel,
    image: SagittalInput,
    device: torch.device,
    settings: SegmentingSettings,
    arithmetic: str,
) -> _Maps:
    slices, rows, columns = model.card.patch_size
    window = WindowSettings(settings.most_voxels, (slices, rows, columns), settings.overlap)
    stack = torch.from_numpy(image.image)[None].to(device)
    presence = torch.from_numpy(image.presence)[None].to(device)
    # Slices run from right to left: their order reversed is the patient seen in a mirror.
    views = [(stack, False), (stack.flip(2), True)] if settings.flips else [(stack, False)]
    found = []
    for view, flipped in views:
        with torch.autocast(device.type, torch.bfloat16, enabled=arithmetic == BF16):
            output = segment_volume(model.network, view, presence, window)
        found.append(_probabilities(output, model, flipped))
    return _mean(found)


def _probabilities(output: SegmenterOutput, model: SegmenterModel, flipped: bool) -> _Maps:
    temperature = float(model.card.calibration.get("anatomy_temperature", 1.0))
    heads = (
        (output.anatomy[0] / temperature).softmax(dim=0),
        (output.lesion[0] / model.lesion_temperature).sigmoid(),
        output.level[0],
    )
    return _Maps(*(head.flip(1) if flipped else head for head in heads))


def _mean(maps: list[_Maps]) -> _Maps:
    if len(maps) == 1:
        return maps[0]
    return _Maps(*(torch.stack([getattr(one, name) for one in maps]).mean(dim=0) for name in _Maps.__slots__))


def _on_native_grid(maps: _Maps, image: SagittalInput, native: Volume, arithmetic: str) -> SegmentedStation:
    """Probabilities interpolated linearly, slab by slab, and decided there; levels of the nearest voxel."""
    anatomy = np.empty(native.shape, dtype=np.uint8)
    lesion = np.empty(native.shape, dtype=np.float32)
    level = np.empty(native.shape, dtype=np.float32)
    to_network = np.linalg.inv(image.affine_ras) @ native.affine_ras
    for first in range(0, native.shape[0], _SLAB):
        slab = slice(first, min(first + _SLAB, native.shape[0]))
        places = _places(to_network, slab, native.shape, image.image.shape[1:]).to(maps.anatomy.device)
        anatomy[slab] = _sampled(maps.anatomy, places, "bilinear").argmax(dim=0).byte().cpu().numpy()
        lesion[slab] = _sampled(maps.lesion, places, "bilinear")[0].cpu().numpy()
        level[slab] = _sampled(maps.level, places, "nearest")[0].cpu().numpy()
    return SegmentedStation(
        Volume(anatomy, native.affine_ras),
        Volume(level, native.affine_ras),
        Volume(lesion, native.affine_ras),
        arithmetic,
    )


def _places(
    to_network: npt.NDArray[np.float64],
    slab: slice,
    shape: tuple[int, int, int],
    network_shape: tuple[int, ...],
) -> Tensor:
    """(slice, row, column, 3) places for ``grid_sample``: -1 to 1 between outer centres, last axis first."""
    steps = (np.arange(slab.start, slab.stop), np.arange(shape[1]), np.arange(shape[2]))
    index = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1) @ to_network[:3, :3].T + to_network[:3, 3]
    scaled = 2.0 * index / np.maximum(np.asarray(network_shape) - 1, 1) - 1.0
    return torch.from_numpy(scaled[..., ::-1].astype(np.float32))


def _sampled(head: Tensor, places: Tensor, mode: str) -> Tensor:
    sampled: Tensor = functional.grid_sample(
        head[None], places[None], mode=mode, padding_mode="border", align_corners=True
    )
    return sampled[0]
