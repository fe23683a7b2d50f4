"""``spinemets train``: the segmenter or the ESCC grader, trained on the studies of a manifest."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spinemets.commands.hydra_entry import run

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from spinemets.training.run import RunSettings


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 done, 1 training failed, 2 unusable input or configuration."""
    return run("train", argv, _train)


def _train(config: "DictConfig") -> int:
    from hydra.utils import instantiate

    from spinemets.training.errors import TrainingError
    from spinemets.training.run import train

    _show_messages()
    _in_own_folder(config)
    settings = _settings(config)
    callbacks = [instantiate(each) for each in config.callbacks.values() if each is not None]
    try:
        result = train(
            instantiate(config.task),
            settings,
            instantiate(config.trainer),
            callbacks,
            instantiate(config.logger),
        )
    except TrainingError as error:
        print(f"spinemets train: {error}", file=sys.stderr)
        return 1
    if result is not None:
        _report(result.metrics, result.weights)
    return 0


def _in_own_folder(config: "DictConfig") -> None:
    """Every job of a multirun gets a folder of its own below ``output``."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    hydra = HydraConfig.get()
    if hydra.mode is RunMode.MULTIRUN:
        config.output = str(Path(str(config.output)) / str(hydra.job.num))


def _settings(config: "DictConfig") -> "RunSettings":
    from omegaconf import OmegaConf

    from spinemets.training.run import RunSettings
    from spinemets.training.run_folder import RunFolder

    composed: Any = OmegaConf.to_container(config, resolve=True)
    return RunSettings(
        manifest=Path(str(config.data.manifest)),
        folder=RunFolder(Path(str(config.output))),
        fold=_fold(config.fold),
        seed=int(config.seed),
        ckpt=None if config.ckpt is None else str(config.ckpt),
        weights=None if config.weights is None else str(config.weights),
        precision=str(config.precision),
        skip_bad=bool(config.data.skip_bad),
        compiled=bool(config.compile),
        config=composed,
    )


def _fold(value: object) -> int | None:
    from spinemets.errors import ConfigurationError

    if value == "all":
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ConfigurationError(f"is {value!r}", field="fold", remedy="give a fold's number from 0, or all")


# What Lightning and torch say of each other or of choices made on purpose.
_NO_NEWS = (
    r".*LeafSpec.* is deprecated",
    r"You have overridden `(on_after_batch_transfer|transfer_batch_to_device)`",
    r".*does not have many workers",
    r".*exists and is not empty",
    r"The number of training batches .* is smaller than the logging interval",
)


def _show_messages() -> None:
    """Show what the run says of itself; libraries stay quiet but for warnings that are news."""
    import logging
    import warnings

    for message in _NO_NEWS:
        warnings.filterwarnings("ignore", message)
    logging.getLogger("spinemets").setLevel(logging.INFO)
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)


def _report(metrics: "Any", weights: Path) -> None:
    width = max((len(name) for name in metrics), default=0)
    for name, value in metrics.items():
        print(f"{name:<{width}}  {value:.3f}")
    print(f"weights: {weights}. Research software, not a medical device.")
