"""Weights as a MONAI bundle: a folder that ``python -m monai.bundle run`` executes."""

import hashlib
import importlib.metadata
import json
import os
import shutil
from pathlib import Path
from typing import Any

from spinemets.errors import InputError
from spinemets.networks.bundle_configs import inference_config, metadata
from spinemets.networks.bundle_parts import OneTensorSegmenter, bundle_segmenter
from spinemets.networks.bundle_text import readme
from spinemets.networks.export_agreement import (
    Agreement,
    ExportError,
    Inputs,
    measured_agreement,
    plain_outputs,
    seeded_inputs,
    usual_size,
)
from spinemets.networks.segmenter import SpineSegmenter
from spinemets.networks.weights import load_network


def export_bundle(weights: Path, folder: Path) -> Agreement:
    """Write a segmenter's weights as a MONAI bundle, whole or not at all.

    The network in it is loaded again and compared with the original before the folder gets its name.

    Args:
        weights: The file; the bundle holds a copy of it.
        folder: Of the bundle; absent or empty.

    Raises:
        InputError: If the weights cannot be used, or the folder holds something.
        ExportError: If the bundle cannot be written or computes something else.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("holds something already", file=folder, remedy="name a new folder")
    card, network = load_network(weights, "segmentation")
    assert isinstance(network, SpineSegmenter)
    window = usual_size(card, network)
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    try:
        model = partial / "models" / "model.safetensors"
        model.parent.mkdir(parents=True)
        shutil.copyfile(weights, model)
        sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
        _write_json(partial / "configs" / "inference.json", inference_config(card, window, sha256))
        _write_json(partial / "configs" / "metadata.json", metadata(card, window, sha256))
        _write_text(partial / "docs" / "README.md", readme(card, sha256))
        _write_text(partial / "LICENSE", _license())
        # The bundle's interface has no presence mask, so only the input without a missing channel serves.
        agreement = _agreement(network, bundle_segmenter(str(model), sha256), seeded_inputs(card, network)[0])
        if not agreement.sufficient:
            raise ExportError(f"{folder}: the bundle computes something else ({agreement}); it was not kept")
        partial.replace(folder)
    except OSError as error:
        raise ExportError(f"{folder}: cannot be written ({error.strerror}); choose another place") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return agreement


def _agreement(network: SpineSegmenter, bundled: OneTensorSegmenter, inputs: Inputs) -> Agreement:
    def heads(each: Inputs) -> Inputs:
        (joined,) = plain_outputs(bundled, each[:1])
        return joined[:, :-2], joined[:, -2:-1], joined[:, -1:]

    return measured_agreement(network, heads, [inputs])


def _license() -> str:
    """The package's own."""
    text = importlib.metadata.distribution("spinemets").read_text("licenses/LICENSE")
    return text or "Apache-2.0, https://www.apache.org/licenses/LICENSE-2.0\n"


def _write_json(path: Path, content: dict[str, Any]) -> None:
    _write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
