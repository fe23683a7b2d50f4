"""Memory of a training step against what the plan takes it for: python benchmarks/training_memory.py

For each network a few steps, each in a process of its own: the peak above what the process has before the
network exists, and ``plan.bytes_per_voxel`` times the batch's voxels.
"""

import argparse
import json
import subprocess
import sys

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from spinemets.configuration import config_directory
from spinemets.networks.allocator import keep_freed_memory
from spinemets.networks.segmenter import CHANNELS, SpineSegmenter
from spinemets.training.callbacks.peak_memory import peak_memory_gib
from spinemets.training.losses import LossWeights, segmentation_loss
from spinemets.training.plan import bytes_per_voxel

NETWORKS, STEPS, BATCH, PATCH = ("tiny", "small", "full"), 3, 2, (16, 160, 160)
PRECISIONS = {"32-true": torch.float32, "bf16-mixed": torch.bfloat16}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(step_gib(*arguments.one)))
        return
    for network in NETWORKS:
        for precision in PRECISIONS:
            command = [sys.executable, __file__, "--one", network, precision]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            planned, measured = json.loads(done.stdout)
            print(
                f"{network} {precision}: planned {planned:.2f} GiB, measured {measured:.2f} GiB", flush=True
            )


def step_gib(name: str, precision: str) -> tuple[float, float]:
    """Planned and measured GiB of training steps."""
    with initialize_config_dir(str(config_directory()), version_base=None):
        settings = instantiate(compose(f"network/{name}").network.segmentation)
    keep_freed_memory()
    before = peak_memory_gib()
    network = SpineSegmenter(settings).train()
    optimiser = torch.optim.AdamW(network.parameters())
    image, presence = torch.randn(BATCH, len(CHANNELS), *PATCH), torch.ones(BATCH, len(CHANNELS))
    targets = torch.ones(BATCH, 3, *PATCH, dtype=torch.uint8)
    for _ in range(STEPS):
        optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16-mixed"):
            scales = network.scales(image, presence)
        segmentation_loss(scales, targets, LossWeights()).total(LossWeights()).mean().backward()
        optimiser.step()
    planned = bytes_per_voxel(settings, precision) * targets[:, 0].numel() / 2**30
    return planned, peak_memory_gib() - before


if __name__ == "__main__":
    main()
