"""What the tiny networks learn from 20 phantom studies, on other ones: python benchmarks/learning.py FOLDER

Makes the studies in FOLDER (kept, and used again), trains with the plain commands of docs/training.md, and
measures the weights on held-out studies. Simulated images only: the figures say that training works, not how
good it is on patients.
"""

import argparse
import logging
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import pytorch_lightning as pl
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from spinemets.configuration import config_directory
from spinemets.networks.weights import fill_network, load_weights
from spinemets.training.manifest import Manifest, read_manifest
from spinemets.training.recipe import RunContext


@dataclass(frozen=True)
class StudySet:
    """A set of phantom studies: its folder's name and what the phantom command is told."""

    name: str
    settings: tuple[str, ...]


_EPIDURAL = ("stations=[thoracolumbar]", "disease=epidural", "protocol=complete")
_LUMBAR = ("stations=[lumbar]", "disease=metastatic")
# Training and held-out studies of each task; other seeds, so other patients.
SETS = {
    "segmentation": (
        StudySet("lumbar_train", ("count=20", "seed=1", *_LUMBAR)),
        StudySet("lumbar_held_out", ("count=10", "seed=2", *_LUMBAR)),
    ),
    "escc": (
        StudySet("epidural_train", ("count=20", "seed=3", *_EPIDURAL)),
        StudySet("epidural_held_out", ("count=10", "seed=4", *_EPIDURAL)),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--task", choices=[*SETS, "both"], default="both")
    parser.add_argument("--network", default="tiny")
    arguments, more = parser.parse_known_args()
    # What Lightning says of itself is no news here.
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.simplefilter("ignore")
    for task in SETS if arguments.task == "both" else (arguments.task,):
        measure(task, arguments.folder, f"network={arguments.network}", more)


def measure(task: str, folder: Path, network: str, more: list[str]) -> None:
    training, held_out = (manifest_of(folder, one) for one in SETS[task])
    run = folder / f"run_{task}_{int(time.time())}"
    started = time.perf_counter()
    spinemets(
        "train", f"task={task}", network, f"data.manifest={training.path}", f"output={run}", "fold=all",
        f"data.cache={run}/cache", *more
    )  # fmt: skip
    minutes = (time.perf_counter() - started) / 60
    print(f"{task}: {minutes:.1f} min for the whole command, preparation included")
    for name, value in held_out_figures(task, network, more, training, held_out, run).items():
        print(f"  {name.removeprefix('val/')}: {value:.3f}")


def manifest_of(folder: Path, studies: StudySet) -> Manifest:
    path = folder / studies.name / "training.json"
    if not path.exists():
        data = folder / studies.name
        spinemets("phantom", f"output={data}", "format=nifti", "workers=2", *studies.settings)
        spinemets("manifest", f"input={data}", "layout=phantom", f"output={path}", "folds=1")
    return read_manifest(path)


def held_out_figures(
    task: str, network: str, more: list[str], training: Manifest, held_out: Manifest, run: Path
) -> dict[str, float]:
    """Validation figures of the weights on the held-out studies."""
    # A recipe asks for something to train on; under another name, as the held-out studies have the same ones.
    others = [
        replace(study, study="not held out", patient="not held out", fold=1) for study in training.studies[:1]
    ]
    both = replace(held_out, studies=(*held_out.studies, *others))
    given = [f"task={task}", network, "data.manifest=none", "output=none", f"data.cache={run}/cache", *more]
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        recipe = instantiate(compose("train", given).task)
    card, tensors = load_weights(run / "weights.safetensors", task)
    if task == "segmentation":
        recipe = replace(recipe, data=replace(recipe.data, spacing_mm=card.spacing_mm))
    prepared = recipe.prepare(RunContext(both, 0, 0, 2**34, "32-true", on_gpu=False, skip_bad=False))
    fill_network(prepared.network, tensors, run)
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_progress_bar=False)
    (figures,) = trainer.validate(prepared.task, prepared.data, verbose=False)
    return dict(figures)


def spinemets(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "spinemets", *arguments], check=True)


if __name__ == "__main__":
    main()
