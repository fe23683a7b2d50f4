"""One training run: prepare, fit, calibrate, and leave weights and records in its folder."""

import logging
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, ModelCheckpoint
from pytorch_lightning.loggers import Logger
from torch import Tensor

from spinemets import __version__
from spinemets.errors import ConfigurationError
from spinemets.networks.allocator import keep_freed_memory
from spinemets.networks.bundled import weights_file
from spinemets.networks.precision import choose_precision
from spinemets.networks.weights import fill_network, load_weights, save_weights
from spinemets.networks.weights_card import WeightsCard
from spinemets.training.bad_rows import without_bad_rows
from spinemets.training.callbacks.compiled import CompiledNetwork
from spinemets.training.callbacks.out_of_memory import explained_memory_errors
from spinemets.training.checkpoint import CheckpointFacts, check_checkpoint, checkpoint_facts
from spinemets.training.errors import TrainingError
from spinemets.training.manifest import Manifest, read_manifest
from spinemets.training.recipe import Preparation, Recipe, RunContext
from spinemets.training.run_folder import RunFolder
from spinemets.training.trainer_factory import (
    TrainerFactory,
    check_trainer,
    leave_process_group,
    memory_bytes,
    on_gpu,
    usual_preparation_workers,
    usual_workers,
)

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunSettings:
    """One run.

    Args:
        manifest: The data.
        folder: Of the run.
        fold: Validation fold; None trains on all.
        seed: Of weights, samples and augmentation.
        ckpt: ``last``, ``auto``, a path, or None to begin.
        weights: File to begin with, or ``bundled``, for fine-tuning.
        precision: ``auto``, or Lightning's name of the arithmetic.
        skip_bad: Whether bad rows are left out.
        compiled: Whether ``torch.compile`` takes the network.
        config: The composed config, for the records.
    """

    manifest: Path
    folder: RunFolder
    fold: int | None
    seed: int
    ckpt: str | None
    weights: str | None
    precision: str
    skip_bad: bool
    compiled: bool
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to.

    Args:
        weights: The file.
        sha256: Of the file.
        metrics: On the validation fold, of the weights that were kept; empty without validation.
    """

    weights: Path
    sha256: str
    metrics: Mapping[str, float]


def train(
    recipe: Recipe,
    settings: RunSettings,
    make_trainer: TrainerFactory,
    callbacks: Sequence[Callback],
    logger: Logger,
) -> Result | None:
    """Train, and leave weights with what was measured of them.

    Args:
        recipe: The task.
        settings: Of the run.
        make_trainer: Lightning's trainer but for what the run decides.
        callbacks: One of them a ``ModelCheckpoint``.
        logger: Of metrics.

    Returns:
        None in every process but the first.

    Raises:
        InputError: If data, a checkpoint or settings cannot be used; before the first step.
        TrainingError: If training fails for a reason that is known.
    """
    check_trainer(make_trainer, settings.precision)
    ckpt = settings.folder.begin(settings.ckpt)
    if not on_gpu(make_trainer):
        keep_freed_memory()
    pl.seed_everything(settings.seed, workers=True, verbose=False)
    manifest = without_bad_rows(read_manifest(settings.manifest), settings.skip_bad)
    prepared = recipe.prepare(_context(manifest, settings, make_trainer))
    _begin_with(prepared, recipe.name, settings.weights)
    facts = checkpoint_facts(recipe.name, prepared.probe.settings, manifest.sha256)
    if ckpt is not None:
        check_checkpoint(ckpt, facts)
    precision, reason = _precision(prepared, settings, make_trainer)
    for statement in (*prepared.statements, reason):
        _LOG.info("%s", statement)
    validated = settings.fold is not None
    ours = [CheckpointFacts(facts), *([CompiledNetwork(prepared.core)] if settings.compiled else [])]
    trainer = make_trainer(
        callbacks=[*(each for each in callbacks if validated or not _watches_validation(each)), *ours],
        logger=logger,
        default_root_dir=settings.folder.path,
        precision=precision,
        limit_val_batches=1.0 if validated else 0,
    )
    if validated:
        _check_shares(prepared, trainer)
    if trainer.is_global_zero:
        _write_records(prepared, manifest, settings, precision, reason)
    with explained_memory_errors():
        trainer.fit(prepared.task, prepared.data, ckpt_path=ckpt)
    leave_process_group()
    if not trainer.is_global_zero:
        return None
    state = _kept_weights(trainer, settings.folder)
    fill_network(prepared.network, state, settings.folder.checkpoints)
    metrics = _measured(prepared, make_trainer, precision) if validated else {}
    return _write_weights(recipe, prepared, manifest, settings, metrics)


def _check_shares(prepared: Preparation, trainer: pl.Trainer) -> None:
    cases, processes = prepared.validation_cases, trainer.world_size
    if cases < processes:
        raise ConfigurationError(
            f"has {cases} cases to validate on, for {processes} processes",
            field="fold",
            remedy="choose a larger fold, fewer trainer.devices, or fold=all",
        )


def _watches_validation(callback: Callback) -> bool:
    return str(getattr(callback, "monitor", None)).startswith("val/")


def _context(manifest: Manifest, settings: RunSettings, make_trainer: TrainerFactory) -> RunContext:
    gpu = on_gpu(make_trainer)
    return RunContext(
        manifest=manifest,
        fold=settings.fold,
        seed=settings.seed,
        memory_bytes=memory_bytes(gpu),
        precision="bf16-mixed" if gpu else "32-true",
        on_gpu=gpu,
        skip_bad=settings.skip_bad,
        workers=usual_workers(gpu),
        preparation_workers=usual_preparation_workers(),
    )


def _begin_with(prepared: Preparation, task: str, weights: str | None) -> None:
    if weights is not None:
        path = weights_file(weights, task)
        _, tensors = load_weights(path, task)
        fill_network(prepared.network, tensors, path)


def _precision(prepared: Preparation, settings: RunSettings, make_trainer: TrainerFactory) -> tuple[str, str]:
    if settings.precision != "auto":
        return settings.precision, f"arithmetic {settings.precision}, as set"
    probe = prepared.probe
    device = "cuda" if on_gpu(make_trainer) else "cpu"
    return choose_precision(device, probe.factory, probe.settings, probe.input_shape)


def _write_records(
    prepared: Preparation, manifest: Manifest, settings: RunSettings, precision: str, reason: str
) -> None:
    settings.folder.write_json("config", settings.config)
    for name, record in prepared.records.items():
        settings.folder.write_json(name, record)
    settings.folder.write_json(
        "run",
        {
            "spinemets": __version__,
            "torch": version("torch"),
            "monai": version("monai"),
            "lightning": version("pytorch-lightning"),
            "python": platform.python_version(),
            "manifest": manifest.path.name,
            "manifest_sha256": manifest.sha256,
            "fold": settings.fold,
            "seed": settings.seed,
            "precision": precision,
            "precision_reason": reason,
            "simulated": any(study.simulated for study in manifest.studies),
            "research_use_only": True,
        },
    )


def _write_weights(
    recipe: Recipe,
    prepared: Preparation,
    manifest: Manifest,
    settings: RunSettings,
    metrics: Mapping[str, float],
) -> Result:
    training, _ = manifest.split(settings.fold)
    card = WeightsCard(
        task=recipe.name,
        config=_without_places(settings.config),
        spinemets_version=__version__,
        manifest_sha256=manifest.sha256,
        seed=settings.seed,
        trained_on=_trained_on(training),
        simulated=any(study.simulated for study in training),
        metrics=dict(metrics),
        **recipe.finish(prepared),
    )
    sha256 = save_weights(settings.folder.weights, prepared.network.state_dict(), card)
    settings.folder.write_json("metrics", {"weights_sha256": sha256, **metrics})
    return Result(settings.folder.weights, sha256, metrics)


def _without_places(value: Any) -> Any:
    """A config for others: a path, which may tell who trained on what, is cut down to its last part."""
    if isinstance(value, Mapping):
        return {name: _without_places(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_places(each) for each in value]
    return Path(value).name if isinstance(value, str) and "/" in value else value


def _kept_weights(trainer: pl.Trainer, folder: RunFolder) -> dict[str, Tensor]:
    """The network's tensors of the best checkpoint, of the last one where nothing was validated.

    Raises:
        TrainingError: If there is no checkpoint.
    """
    best = next(
        one.best_model_path for one in trainer.checkpoint_callbacks if isinstance(one, ModelCheckpoint)
    )
    path = Path(best) if best else folder.last_checkpoint
    if not path.is_file():
        raise TrainingError(
            f"{path}: training ended without a checkpoint; raise trainer.max_epochs, trainer.max_time or "
            "trainer.max_steps, and keep the callback last"
        )
    state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    prefix = "network."
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def _measured(prepared: Preparation, make_trainer: TrainerFactory, precision: str) -> dict[str, float]:
    """Figures of the weights that were kept, by one process and without the callbacks of the training."""
    trainer = make_trainer(
        callbacks=[],
        logger=False,
        devices=1,
        num_nodes=1,
        strategy="auto",
        plugins=None,
        precision=precision,
        enable_progress_bar=False,
        enable_checkpointing=False,
    )
    (metrics,) = trainer.validate(prepared.task, prepared.data, verbose=False)
    return {name.removeprefix("val/"): round(float(value), 5) for name, value in metrics.items()}


def _trained_on(studies: Sequence[Any]) -> str:
    simulated = sum(study.simulated for study in studies)
    real = len(studies) - simulated
    if not simulated:
        return f"{real} real studies"
    if not real:
        return f"{simulated} simulated studies, no real one"
    return f"{real} real and {simulated} simulated studies"
