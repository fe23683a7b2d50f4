"""The parts of ours that the configs of an exported grader's MONAI bundle name."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.transforms.transform import Transform
from torch import Tensor, nn

from spinemets.anatomy import EsccGrade
from spinemets.errors import InputError
from spinemets.networks.bundle_evaluator import Item, volume_of
from spinemets.networks.escc_crop import CropSettings, canal_centres, canal_crop
from spinemets.networks.ordinal import grade_probabilities, most_likely_cut
from spinemets.networks.weights import load_network
from spinemets.volume import reorient

AXIAL_FILE, CANAL_FILE = "axial.nii.gz", "canal.nii.gz"
# Slices from head to feet; which way rows and columns run does not matter to a crop.
_ORIENTATION = "IPL"


def bundle_grader(path: str, sha256: str) -> nn.Module:
    """The grader of a bundle's weights; errors as ``load_weights``."""
    return load_network(Path(path), "escc", sha256)[1]


def axial_studies(folder: str) -> list[dict[str, str]]:
    """Files of every study: of the folder itself, or of each folder in it.

    Raises:
        InputError: If there is no pair of files.
    """
    root = Path(folder)
    pairs = ((place / AXIAL_FILE, place / CANAL_FILE) for place in (root, *sorted(root.glob("*/"))))
    found = [
        {"axial": str(axial), "canal": str(canal)}
        for axial, canal in pairs
        if axial.is_file() and canal.is_file()
    ]
    if not found:
        raise InputError(
            "holds no study", file=root, remedy=f"put {AXIAL_FILE} and {CANAL_FILE} there, or into folders"
        )
    return found


class CanalCrops(Transform):
    """Cuts a crop around the canal out of every slice that shows it.

    Args:
        slices: Of a crop.
        size: Of a crop, pixels.
        spacing_mm: Of these pixels.
    """

    def __init__(self, slices: int, size: int, spacing_mm: float) -> None:
        self.settings = CropSettings(slices, size, spacing_mm)

    def __call__(self, item: Item) -> dict[str, Any]:
        """Adds ``image`` (crop, slice, row, column) and ``centres_ras_mm`` (crop, 3)."""
        axial = reorient(volume_of(item["axial"]), _ORIENTATION)
        canal = volume_of(item["canal"])
        points = canal.voxel_to_world(np.argwhere(canal.array > 0))
        centres = canal_centres(points, axial)
        centres = centres[np.isfinite(centres).all(axis=1)]
        if len(centres) == 0:
            raise InputError("shows none of the canal", file=item["axial"].meta["filename_or_obj"])
        crops = np.stack([canal_crop(axial, centre, self.settings).array for centre in centres])
        return {**item, "image": torch.from_numpy(crops), "centres_ras_mm": centres}


class AllCrops:
    """An inferer that takes a study's crops as the batch that they are."""

    def __call__(self, inputs: Tensor, network: Callable[[Tensor], Tensor]) -> Tensor:
        """(1, crop, 5) logits of (1, crop, slice, row, column)."""
        return network(inputs[0])[None]


class GradesFile(Transform):
    """Writes a study's grades as CSV.

    Args:
        output_dir: Gets ``grades.csv`` at the place that the study has in ``dataset_dir``.
        dataset_dir: Of the studies.
    """

    def __init__(self, output_dir: str, dataset_dir: str) -> None:
        self.output_dir = Path(output_dir)
        self.dataset_dir = Path(dataset_dir)

    def __call__(self, item: Item) -> Item:
        """Of ``pred`` (crop, 5) logits."""
        logits = item["pred"].float().cpu()
        study = Path(item["axial"].meta["filename_or_obj"]).absolute().parent
        folder = self.output_dir / study.relative_to(self.dataset_dir.absolute())
        folder.mkdir(parents=True, exist_ok=True)
        grades = list(EsccGrade)
        rows = zip(item["centres_ras_mm"], most_likely_cut(logits), grade_probabilities(logits), strict=True)
        with (folder / "grades.csv").open("w", newline="", encoding="utf-8") as stream:
            table = csv.writer(stream)
            table.writerow(["x_ras_mm", "y_ras_mm", "z_ras_mm", "grade", *(f"p_{grade}" for grade in grades)])
            for centre, rank, probabilities in rows:
                numbers = [f"{value:.4f}" for value in probabilities.tolist()]
                table.writerow([*(f"{value:.2f}" for value in centre), grades[int(rank)], *numbers])
        return item
