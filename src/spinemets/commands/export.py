"""``spinemets export``: weights as an ONNX file or a MONAI bundle."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spinemets.commands.hydra_entry import run

if TYPE_CHECKING:
    from omegaconf import DictConfig

_FORMATS = ("onnx", "bundle")


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 done, 2 unusable input or configuration, or an export that failed its check."""
    return run("export", argv, _export)


def _export(config: "DictConfig") -> int:
    from spinemets.errors import ConfigurationError

    kind = str(config.format)
    if kind not in _FORMATS:
        raise ConfigurationError(f"is {kind!r}", field="format", remedy=f"allowed: {', '.join(_FORMATS)}")
    weights, output = Path(str(config.weights)).absolute(), Path(str(config.output)).absolute()
    return _to_onnx(weights, output) if kind == "onnx" else _to_bundle(weights, output)


def _to_onnx(weights: Path, output: Path) -> int:
    from spinemets.errors import InputError
    from spinemets.networks.onnx_export import export_onnx
    from spinemets.networks.weights import load_network

    card, network = load_network(weights, None)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot be made ({error.strerror})", file=output, remedy="choose another place"
        ) from None
    path = output / f"{card.task}.onnx"
    agreement = export_onnx(card, network, path)
    print(f"{path}: {agreement}")
    return 0


def _to_bundle(weights: Path, output: Path) -> int:
    from spinemets.networks.bundle_export import export_bundle

    agreement = export_bundle(weights, output)
    print(f"{output}: {agreement}")
    return 0
