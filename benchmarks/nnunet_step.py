"""Seconds of a training step of nnU-Net v2 and of this project on the CPU, with the same network and patch.

Run by hand: ``python benchmarks/nnunet_step.py [--network small default] [--seconds 90]``. Makes an
environment with nnU-Net (minutes, once), then takes turns, each side in a process of its own that sleeps
meanwhile: a step of nnU-Net's trainer as it is (fp32 on the CPU, its loss, deep supervision, SGD, clipping),
a step of the project's task in Lightning's loop as ``spinemets train`` has it (arithmetic as the probe of
``networks.precision`` chooses, memory kept, its losses, AdamW, clipping, mean of the weights), and the same
in fp32. The network is the one that nnU-Net builds for 3 x 16 x 192 x 192, batch 2. Augmentation and loading
of data are left out of all.
"""

import argparse
import importlib.util
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from nnunet_environment import nnunet_python

CHANNELS, CLASSES, BATCH, PATCH = 3, 10, 2, (16, 192, 192)
FEATURES = {"small": (16, 32, 64, 128, 160), "default": (32, 64, 128, 256, 320, 320)}
KERNELS = ((1, 3, 3), (1, 3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3))
STRIDES = ((1, 1, 1), (1, 2, 2), (1, 2, 2), (2, 2, 2), (2, 2, 2), (1, 2, 2))
FEWEST_ROUNDS, MOST_STEPS = 3, 1000
_ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", nargs="+", choices=list(FEATURES), default=list(FEATURES))
    parser.add_argument("--seconds", type=float, default=90.0, help="for each network, roughly")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of each side")
    parser.add_argument("--environment", type=Path, default=_ROOT / "build" / "nnunet")
    parser.add_argument("--side", choices=list(SIDES), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        serve(arguments.side, FEATURES[arguments.network[0]], arguments.threads)
        return
    if importlib.util.find_spec("nnunetv2") is None:
        python = nnunet_python(arguments.environment)
        raise SystemExit(subprocess.call([str(python), *sys.argv]))
    for name in arguments.network:
        compare(name, arguments.seconds, arguments.threads)


def compare(name: str, seconds: float, threads: int) -> None:
    """Print seconds of a step of each side, in turn."""
    sides = {side: Side(side, name, threads) for side in SIDES}
    for side in sides.values():
        side.step()  # The first builds kernels and takes memory.
    times: dict[str, list[Seconds]] = {side: [] for side in sides}
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline or len(times[NNUNET]) < FEWEST_ROUNDS:
        for side, process in sides.items():
            times[side].append(process.step())
    for side, process in sides.items():
        process.end()
        print(f"{name}: {side}: {figures(times[side], times[NNUNET])}; {process.facts}", flush=True)


def figures(ours: list["Seconds"], theirs: list["Seconds"]) -> str:
    """Medians, and the ratio to nnU-Net's step of the same round."""
    parts = []
    for what in Seconds._fields:
        mine, others = ([getattr(one, what) for one in side] for side in (ours, theirs))
        ratio = statistics.median(other / one for one, other in zip(mine, others, strict=True))
        parts.append(f"{what} {statistics.median(mine):.2f} s (nnU-Net / this: {ratio:.2f})")
    return f"{', '.join(parts)}, medians of {len(ours)} steps"


class Seconds(NamedTuple):
    """Of one step: what passed, and what all threads together computed."""

    passed: float
    processor: float


class Stopwatch:
    """Seconds since it was made, as a line."""

    def __init__(self) -> None:
        self._start = time.perf_counter(), time.process_time()

    def line(self) -> str:
        start, processor = self._start
        return f"{time.perf_counter() - start} {time.process_time() - processor}"


class Side:
    """A process that does a step when it is asked to."""

    def __init__(self, side: str, network: str, threads: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--side", side, "--network", network, "--threads", str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if side == NNUNET else None,
            text=True,
        )
        self.facts = self._process.stdout.readline().strip()

    def step(self) -> Seconds:
        """Do a step."""
        self._process.stdin.write("step\n")
        self._process.stdin.flush()
        return Seconds(*map(float, self._process.stdout.readline().split()))

    def end(self) -> None:
        """Let it end."""
        self._process.stdin.close()
        self._process.wait()


def serve(side: str, features: tuple[int, ...], threads: int) -> None:
    """One side's process: facts on the first line, then the seconds of a step for each line that is read."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # Both sides' libraries print.
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(threads)
    SIDES[side](features, answers)


def architecture(features: tuple[int, ...]) -> dict:
    """nnU-Net's plain network, as its plans have it."""
    stages = len(features)
    return {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": {
            "n_stages": stages,
            "features_per_stage": list(features),
            "conv_op": "torch.nn.modules.conv.Conv3d",
            "kernel_sizes": [list(kernel) for kernel in KERNELS[:stages]],
            "strides": [list(stride) for stride in STRIDES[:stages]],
            "n_conv_per_stage": [2] * stages,
            "n_conv_per_stage_decoder": [2] * (stages - 1),
            "conv_bias": True,
            "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
            "norm_op_kwargs": {"eps": 1e-5, "affine": True},
            "dropout_op": None,
            "dropout_op_kwargs": None,
            "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True},
        },
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
    }


def serve_nnunet(features, answers) -> None:
    """Steps of nnU-Net's own trainer."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = nnunet_trainer(features, Path(folder))
        batch, _ = batches()
        labels = batch.pop("labels")
        batch["target"] = [shrunk(labels, scale) for scale in trainer._get_deep_supervision_scales()]
        millions = sum(one.numel() for one in trainer.network.parameters()) / 1e6
        print(f"fp32, network of {millions:.1f} M parameters", file=answers)
        while sys.stdin.readline():
            watch = Stopwatch()
            trainer.train_step(batch)
            print(watch.line(), file=answers)


def nnunet_trainer(features, folder: Path):
    """nnU-Net's own trainer, initialised as for a data set of these labels."""
    for kind in ("raw", "preprocessed", "results"):
        os.environ[f"nnUNet_{kind}"] = str(folder / kind)
    (folder / "preprocessed" / "Dataset001_Spine" / "data").mkdir(parents=True)
    # From the file's ending nnU-Net tells the format of its data; no file is read here.
    (folder / "preprocessed" / "Dataset001_Spine" / "data" / "case.b2nd").touch()
    import torch
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

    configuration = {
        "data_identifier": "data",
        "batch_size": BATCH,
        "patch_size": list(PATCH),
        "batch_dice": False,
        "architecture": architecture(features),
    }
    plans = {
        "dataset_name": "Dataset001_Spine",
        "plans_name": "nnUNetPlans",
        "configurations": {"3d_fullres": configuration},
        "continue_training": False,
    }
    labels = {"background": 0} | {f"class_{number}": number for number in range(1, CLASSES)}
    dataset = {"channel_names": {str(n): "MR" for n in range(CHANNELS)}, "labels": labels}
    trainer = nnUNetTrainer(plans, "3d_fullres", 0, dataset, device=torch.device("cpu"))
    trainer.initialize()
    return trainer


def build(features):
    """The same network with the project's heads; built by the probe as well."""
    import torch
    from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

    from spinemets.networks.segmenter import SegmenterOutput

    plan = architecture(tuple(features))
    backbone = get_network_from_plans(
        plan["network_class_name"],
        plan["arch_kwargs"],
        plan["_kw_requires_import"],
        CHANNELS,
        CLASSES,
        deep_supervision=True,
    )

    class Segmenter(torch.nn.Module):
        """The heads over the scales that nnU-Net's loss gives a weight to: all but the coarsest."""

        settings = SimpleNamespace(divisor=(1, 1, 1))

        def __init__(self):
            super().__init__()
            self.backbone = backbone

        def scales(self, image, presence=None):
            outputs = self.backbone(image)[:-1]
            return [
                SegmenterOutput(output[:, :8], output[:, 8:9], 15 + 8 * output[:, 9:].float())
                for output in outputs
            ]

    return Segmenter()


def batches():
    """One batch as each side takes it: blocks of all classes, a lesion, vertebrae."""
    import torch

    generator = torch.Generator().manual_seed(0)
    image = torch.randn(BATCH, CHANNELS, *PATCH, generator=generator)
    blocks = torch.randint(0, CLASSES, (BATCH, 1, 4, 12, 12), generator=generator)
    labels = torch.nn.functional.interpolate(blocks.float(), PATCH, mode="nearest").long()
    anatomy = (1 << labels.clamp_max(7)).to(torch.uint8)
    lesion = (labels == CLASSES - 1).to(torch.uint8)
    level = (2 * labels * (labels > 0)).to(torch.uint8)
    ours = {
        "image": image,
        "presence": torch.ones(BATCH, CHANNELS),
        "targets": torch.cat([anatomy, lesion, level], dim=1),
        "sample": torch.arange(BATCH),
    }
    return {"data": image, "labels": labels.to(torch.int16)}, ours


def shrunk(labels, scale):
    """Every nth label, as many as a scale of deep supervision has."""
    slices, rows, columns = (round(1 / share) for share in scale)
    return labels[:, :, ::slices, ::rows, ::columns]


def serve_project(features, answers) -> None:
    """The project's steps as ``spinemets train`` does them."""
    from spinemets.networks.precision import choose_precision

    # The probe's process builds the network from this file.
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)
    shape = (BATCH, CHANNELS, *PATCH)
    precision, reason = choose_precision("cpu", "nnunet_step:build", {"features": list(features)}, shape)
    print(reason, file=answers)
    fit(features, precision, answers)


def serve_project_fp32(features, answers) -> None:
    """The project's steps in fp32."""
    print("fp32, memory kept", file=answers)
    fit(features, "32-true", answers)


def fit(features, precision, answers) -> None:
    """Train within Lightning's loop, which waits for a line before each step."""
    import pytorch_lightning as pl
    from hydra.utils import instantiate
    from omegaconf import OmegaConf
    from torch.utils.data import DataLoader

    from spinemets.networks.allocator import keep_freed_memory
    from spinemets.networks.whole_volume import WindowSettings
    from spinemets.training.segmentation_task import SegmentationTask, ShownAs

    def configured(name, **changes):
        return instantiate(OmegaConf.load(_ROOT / "configs" / name), **changes)

    class Clock(pl.Callback):
        """Times a step from the batch's arrival to the end of all other callbacks."""

        def on_train_batch_start(self, *_):
            if not sys.stdin.readline():
                raise SystemExit
            self.watch = Stopwatch()

        def on_train_batch_end(self, *_):
            print(self.watch.line(), file=answers)

    keep_freed_memory()
    task = SegmentationTask(
        build(features),
        configured("optimiser/adamw.yaml"),
        configured("schedule/polynomial.yaml"),
        lambda image, presence, targets, rng: (image, presence, targets),
        configured("loss/standard.yaml"),
        WindowSettings(0, PATCH),
        0,
        ShownAs((1.0, 1.0), frozenset()),
    )
    averaging = instantiate(OmegaConf.load(_ROOT / "configs/callbacks/standard.yaml").averaging)
    trainer = configured("trainer/cpu.yaml", max_epochs=None)(
        max_steps=MOST_STEPS,
        precision=precision,
        callbacks=[averaging, Clock()],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
    )
    _, batch = batches()
    trainer.fit(task, DataLoader([batch] * MOST_STEPS, batch_size=None))


NNUNET = "nnU-Net"
SIDES = {NNUNET: serve_nnunet, "project": serve_project, "project in fp32": serve_project_fp32}

if __name__ == "__main__":
    main()
