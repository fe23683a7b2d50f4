"""Milliseconds of augmentation for a sample of 4 x 16 x 192 x 192, per setting and per change.

Run by hand on a quiet machine: ``python benchmarks/augmentation_speed.py [THREADS] [DEVICE]``. All four
channels are there, and single changes happen to every channel that they can happen to: upper ends.
"""

import sys
import time

import numpy as np
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from spinemets.configuration import config_directory

SPACING_MM = (4.0, 0.8, 0.8)
SAMPLES = 60
CHANGES = {
    "spatial": ("flip", "affine", "elastic"),
    "sequences": ("shift", "blank", "mislabel"),
    "artefacts": ("ghost", "motion", "ringing", "spike"),
    "intensity": ("bias", "gamma", "inversion", "blur", "coarse", "thick", "noise", "scaling"),
}


def _config(name):
    with initialize_config_dir(str(config_directory()), version_base=None):
        return compose(f"augmentation/{name}").augmentation


def _milliseconds(augment, sample, count=SAMPLES):
    """Of each of several samples."""
    times = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        started = time.perf_counter()
        augment(*sample, rng)
        if sample[0].is_cuda:
            torch.cuda.synchronize()
        times.append(1e3 * (time.perf_counter() - started))
    return np.array(times[1:])


def _only(stage, change):
    """The standard configuration with one change that always happens, to every channel, and no other."""
    config = _config("standard")
    for other, changes in CHANGES.items():
        if other != stage:
            config[other] = None
        else:
            config[other].update({f"{one}_chance": float(one == change) for one in changes})
    if stage == "sequences":
        config.sequences.drop_chance = 0.0
    return config


def main() -> None:
    """Time whole configurations, then every change by itself."""
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
    device = torch.device(sys.argv[2] if len(sys.argv) > 2 else "cpu")
    source = torch.Generator().manual_seed(0)
    image = torch.randn(4, 16, 192, 192, generator=source).to(device)
    targets = torch.zeros(3, 16, 192, 192, dtype=torch.uint8, device=device)
    sample = (image, torch.ones(4, device=device), targets)
    for name in ("none", "standard", "strong"):
        times = _milliseconds(instantiate(_config(name))(spacing_mm=SPACING_MM), sample)
        print(f"{name:<22} mean {times.mean():6.1f} ms   95th percentile {np.percentile(times, 95):6.1f} ms")
    for stage, changes in CHANGES.items():
        for change in changes:
            augment = instantiate(_only(stage, change))(spacing_mm=SPACING_MM)
            print(f"{stage + '.' + change:<22} {np.median(_milliseconds(augment, sample, 9)):6.1f} ms")


if __name__ == "__main__":
    main()
