"""The parts of ours that the configs of an exported segmenter's MONAI bundle name."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from monai.data.meta_tensor import MetaTensor
from monai.transforms.transform import Transform
from torch import Tensor, nn

from spinemets.errors import InputError
from spinemets.networks.bundle_evaluator import Item, volume_of
from spinemets.networks.sagittal_input import sagittal_input
from spinemets.networks.segmenter import CHANNELS
from spinemets.networks.weights import load_network
from spinemets.study.selection import Channel
from spinemets.volume import ImageKind, Volume, resample_like

# A study's file of each channel.
FILE_OF_CHANNEL: Mapping[Channel, str] = {channel: f"{channel}.nii.gz" for channel in CHANNELS}
_REFERENCE = "reference"


class OneTensorSegmenter(nn.Module):
    """A segmenter with MONAI's interface: one tensor in, one tensor out.

    Args:
        network: With three heads.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        """(batch, 10, slice, row, column): 8 anatomy logits, the lesion logit, the level coordinate."""
        return torch.cat(list(self.network(image)), dim=1)


def bundle_segmenter(path: str, sha256: str) -> OneTensorSegmenter:
    """The segmenter of a bundle's weights; errors as ``load_weights``."""
    return OneTensorSegmenter(load_network(Path(path), "segmentation", sha256)[1]).eval()


def sagittal_studies(folder: str) -> list[dict[str, str]]:
    """Files by channel of every study: of the folder itself, or of each folder in it.

    Raises:
        InputError: If there is no file of any channel.
    """
    root = Path(folder)
    found = [_channel_files(place) for place in (root, *sorted(root.glob("*/")))]
    if not any(found):
        names = ", ".join(FILE_OF_CHANNEL.values())
        raise InputError("holds no study", file=root, remedy=f"put any of {names} there, or into folders")
    return [files for files in found if files]


class StackSagittal(Transform):
    """Stacks a study's channels, as the segmenter was trained: oriented, resampled and z-scored.

    Args:
        spacing_mm: Of the network, (slice, row, column).
    """

    def __init__(self, spacing_mm: Sequence[float]) -> None:
        slices, rows, columns = spacing_mm
        self.spacing_mm = (float(slices), float(rows), float(columns))

    def __call__(self, item: Item) -> dict[str, Any]:
        """Adds ``image`` (4, slice, row, column), made of the channels (1, i, j, k) that the item has."""
        volumes = {channel: volume_of(item[channel]) for channel in CHANNELS if channel in item}
        reference = next(iter(volumes.values()))
        on_one_grid = {
            channel: volume
            if volume.has_grid_of(reference)
            else resample_like(volume, reference, ImageKind.IMAGE)
            for channel, volume in volumes.items()
        }
        prepared = sagittal_input(on_one_grid, self.spacing_mm)
        image = MetaTensor(torch.tensor(prepared.image), affine=torch.tensor(prepared.affine_ras))
        return {**item, "image": image, _REFERENCE: item[next(iter(volumes))]}


class MasksOfSource(Transform):
    """Turns the output into masks on the grid of the study's first channel."""

    def __call__(self, item: Item) -> dict[str, Any]:
        """Adds ``anatomy`` (codes of ``Anatomy``) and ``lesion`` (0 or 1), both (1, i, j, k) uint8."""
        source = item[_REFERENCE]
        reference, affine = volume_of(source), item["image"].affine.cpu().numpy()
        *anatomy, lesion, _ = (
            resample_like(Volume(head, affine), reference, ImageKind.IMAGE).array
            for head in item["pred"].float().cpu().numpy()
        )
        masks = {"anatomy": np.argmax(anatomy, axis=0), "lesion": lesion > 0}
        return {**item, **{name: _like(source, mask) for name, mask in masks.items()}}


def _channel_files(folder: Path) -> dict[str, str]:
    paths = {channel: folder / name for channel, name in FILE_OF_CHANNEL.items()}
    return {channel: str(path) for channel, path in paths.items() if path.is_file()}


def _like(source: MetaTensor, mask: npt.NDArray[Any]) -> MetaTensor:
    """A mask (i, j, k) with the place and the file name of the image that it belongs to."""
    return MetaTensor(torch.from_numpy(mask.astype(np.uint8))[None], meta=dict(source.meta))
