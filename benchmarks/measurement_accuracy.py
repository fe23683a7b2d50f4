"""Measurements against the phantom's truth: python benchmarks/measurement_accuracy.py FOLDER [--predicted]

Makes studies in FOLDER (kept, and used again), measures them on the phantom's true masks on the grid of the
sagittal reference series, or with --predicted on those that the packaged weights (or --weights FILE) draw.
Prints two Markdown tables: errors of what is a number, agreement of what is a finding. Predicted vertebrae
and lesions are matched to true ones by overlap. --sets names the sets to use. Simulated images only.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from measurement_comparison import Comparison, Measured, StationTruth

from spinemets.anatomy import Anatomy
from spinemets.configuration import config_directory
from spinemets.findings.canal_escc import measured_escc
from spinemets.findings.drawn_masks import DrawnStation, drawn_station
from spinemets.findings.lesion_instances import split_lesions
from spinemets.findings.level_chain import infer_levels
from spinemets.findings.level_evidence import LevelEvidence
from spinemets.findings.maps import StationMaps
from spinemets.findings.station import find
from spinemets.findings.vertebra_instances import split_vertebrae
from spinemets.inference.models import Models, load_models
from spinemets.inference.segmenting import segment_station
from spinemets.networks.bundled import BUNDLED, weights_file
from spinemets.study.channel_stack import ChannelStack, load_channels
from spinemets.study.discovery import read_studies
from spinemets.study.selection import select_series
from spinemets.volume import read_volume

_BROKEN = (
    "disease=metastatic", "++disease.collapse_chance=1.0", "++disease.collapse_from_percent=15",
    "++disease.mean_lesion_count=5", "++disease.slip_chance=0.2",
)  # fmt: skip
# Sets of studies: what the phantom command is told. Broken ones have more collapse than patients have.
SETS: dict[str, tuple[str, ...]] = {
    "lumbar": ("count=3", "seed=901", "stations=[lumbar]", "disease=metastatic", "protocol=complete"),
    "broken": ("count=4", "seed=902", "stations=[thoracolumbar]", *_BROKEN),
    "oblique": (
        "count=2",
        "seed=903",
        "stations=[thoracolumbar]",
        *_BROKEN,
        "++protocol.angulation_sd_deg=5",
    ),
    "epidural": ("count=3", "seed=904", "stations=[thoracic]", "disease=epidural"),
    "neck": ("count=2", "seed=905", "stations=[cervicothoracic]", *_BROKEN),
    "usual": ("count=1", "seed=906", "stations=[cervicothoracic,thoracolumbar,lumbar]"),
    "outside": ("count=1", "seed=907", "stations=[thoracolumbar]", "protocol=outside", "disease=metastatic"),
}
# Predicted and true bodies, and lesions, are the same from this Dice coefficient on.
_SAME_BODY, _SAME_LESION = 0.5, 0.2


@dataclass(frozen=True)
class StationImages:
    """A station of a study: its channels on the reference's grid, its masks there, and the truth."""

    name: str
    stack: ChannelStack
    drawn: DrawnStation
    truth: StationTruth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--predicted", action="store_true")
    parser.add_argument("--weights", default=BUNDLED)
    parser.add_argument("--sets", nargs="*", choices=SETS, default=list(SETS))
    arguments = parser.parse_args()
    settings = _settings()
    models = None
    if arguments.predicted:
        torch.set_num_threads(2)
        models = load_models([weights_file(arguments.weights, "segmentation")], None, "cpu")
    comparison = Comparison()
    for name in arguments.sets:
        for station in stations_of(arguments.folder / name, SETS[name], settings):
            measured = on_true_masks(station) if models is None else on_predicted(station, models, settings)
            comparison.add(measured, station.truth)
            print(f"{name} {station.name}", file=sys.stderr, flush=True)
    print(comparison.tables())


def _settings() -> Any:
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        return compose("infer", ["input=none", "output=none", "archive.identifiers.mode=keep"])


def stations_of(folder: Path, wanted: tuple[str, ...], settings: Any) -> Iterator[StationImages]:
    """Every station of a set of studies, which are made where they are not there."""
    if not (folder / "manifest.json").exists():
        command = [sys.executable, "-m", "spinemets", "phantom", f"output={folder}", "format=nifti", *wanted]
        subprocess.run([*command, "workers=2"], check=True, stdout=subprocess.DEVNULL)
    for row in json.loads((folder / "manifest.json").read_text())["training"]:
        yield from _stations_of_study(folder, row, settings)


def _stations_of_study(folder: Path, row: dict[str, Any], settings: Any) -> Iterator[StationImages]:
    series_of = {}
    for station in row["stations"]:
        for series in station["series"]:
            series_of[folder / series["image"]] = (station["station"], series["masks"])
    truth_folder = folder / row["study"] / "truth"
    spine = json.loads((truth_folder / "spine.json").read_text())["spine"]
    (study,) = read_studies(folder / row["study"] / "images", instantiate(settings.archive))
    for chosen in select_series(study, instantiate(settings.selection)).stations:
        stack = load_channels(chosen, instantiate(settings.alignment))
        name, masks = series_of[_image_of(stack.reference)]
        anatomy, levels, lesions = (
            read_volume(folder / masks[what]) for what in ("anatomy", "levels", "lesions")
        )
        drawn = drawn_station(anatomy, levels, lesions, stack.volumes, stack.reference.key)
        truth = StationTruth(json.loads((truth_folder / f"{name}.json").read_text()), spine)
        yield StationImages(f"{row['study']} {name}", stack, drawn, truth)


def _image_of(series: Any) -> Path:
    return Path(series.source.path).resolve()


def on_true_masks(station: StationImages) -> Measured:
    drawn = station.drawn
    levels = dict(enumerate(drawn.levels, start=1))
    lesions = {number: number for number in np.unique(drawn.maps.lesions.array).tolist() if number}
    return Measured(drawn.findings, measured_escc(drawn.maps), levels, lesions)


def on_predicted(station: StationImages, models: Models, settings: Any) -> Measured:
    """As ``inference.station`` puts a station together; names of vertebrae and lesions are the true ones."""
    segmenting = instantiate(settings.segmenting)
    segmented = segment_station(station.stack, models, segmenting)
    vertebrae = split_vertebrae(segmented.anatomy, segmented.level)
    lesions = split_lesions(
        segmented.lesion_probability, segmenting.lesion_threshold, None, segmenting.least_lesion_ml
    )
    true = station.drawn.maps
    maps = StationMaps(
        segmented.anatomy, vertebrae.labels, lesions, segmented.lesion_probability, true.images, true.series,
        true.reference_series,
    )  # fmt: skip
    beliefs = infer_levels(vertebrae, LevelEvidence()).beliefs
    whole, sacrum = (dict(enumerate(each, start=1)) for each in (vertebrae.whole, vertebrae.is_sacrum))
    findings = find(maps, beliefs, whole, sacrum)
    bodies = [
        np.where(one.anatomy.array == Anatomy.POSTERIOR_ELEMENTS, 0, one.vertebrae.array)
        for one in (maps, true)
    ]
    numbers = matched(bodies[0], bodies[1], _SAME_BODY)
    levels = {number: station.drawn.levels[own - 1] for number, own in numbers.items()}
    return Measured(
        findings, measured_escc(maps), levels, matched(lesions.array, true.lesions.array, _SAME_LESION)
    )


def matched(found: np.ndarray, true: np.ndarray, least_dice: float) -> dict[int, int]:
    """True number of every found one that overlaps enough with it, each used once."""
    shared = np.zeros((int(found.max()) + 1, int(true.max()) + 1))
    np.add.at(shared, (found.ravel(), true.ravel()), 1.0)
    dice = 2.0 * shared / (shared.sum(axis=1, keepdims=True) + shared.sum(axis=0, keepdims=True) + 1e-9)
    dice[0], dice[:, 0] = 0.0, 0.0
    best = {int(row): int(dice[row].argmax()) for row in range(1, len(dice)) if dice[row].max() >= least_dice}
    return {row: column for row, column in best.items() if dice[:, column].argmax() == row}


if __name__ == "__main__":
    main()
