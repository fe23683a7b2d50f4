"""Weights as a MONAI bundle: a folder that ``python -m monai.bundle run`` executes."""

import hashlib
import importlib.metadata
import json
import os
import shutil
from pathlib import Path
from typing import Any

from monai.bundle.config_parser import ConfigParser
from torch import nn

from spinemets.errors import InputError
from spinemets.networks.bundle_configs import inference_config, metadata
from spinemets.networks.bundle_content import BundleContent
from spinemets.networks.bundle_grader import grader_bundle
from spinemets.networks.bundle_segmenter import segmenter_bundle
from spinemets.networks.bundle_text import readme
from spinemets.networks.escc_grader import EsccGrader
from spinemets.networks.export_agreement import (
    Agreement,
    ExportError,
    Inputs,
    measured_agreement,
    plain_outputs,
    seeded_inputs,
)
from spinemets.networks.segmenter import SpineSegmenter
from spinemets.networks.weights import load_network
from spinemets.networks.weights_card import WeightsCard


def export_bundle(weights: Path, folder: Path) -> Agreement:
    """Write weights as a MONAI bundle, whole or not at all.

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
    card, network = load_network(weights, None)
    content = _content(card, network)
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    try:
        model = partial / "models" / "model.safetensors"
        model.parent.mkdir(parents=True)
        shutil.copyfile(weights, model)
        sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
        _write_json(partial / "configs" / "inference.json", inference_config(content, sha256))
        _write_json(partial / "configs" / "metadata.json", metadata(card, content, sha256))
        _write_text(partial / "docs" / "README.md", readme(card, content, sha256))
        _write_text(partial / "LICENSE", _license())
        agreement = _agreement(network, _bundled(partial), seeded_inputs(card, network)[0])
        if not agreement.sufficient:
            raise ExportError(f"{folder}: the bundle computes something else ({agreement}); it was not kept")
        partial.replace(folder)
    except OSError as error:
        raise ExportError(f"{folder}: cannot be written ({error.strerror}); choose another place") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return agreement


def _content(card: WeightsCard, network: nn.Module) -> BundleContent:
    if isinstance(network, SpineSegmenter):
        return segmenter_bundle(card, network)
    assert isinstance(network, EsccGrader)
    return grader_bundle(network)


def _bundled(folder: Path) -> nn.Module:
    """The network as MONAI makes it from the bundle's config."""
    parser = ConfigParser(ConfigParser.load_config_file(folder / "configs" / "inference.json"))
    parser["bundle_root"] = str(folder)
    network: nn.Module = parser.get_parsed_content("network_def")
    return network


def _agreement(network: nn.Module, bundled: nn.Module, inputs: Inputs) -> Agreement:
    def outputs(each: Inputs) -> Inputs:
        # The bundle's interface is one tensor in, one tensor out.
        (joined,) = plain_outputs(bundled, each[:1])
        if isinstance(network, EsccGrader):
            return (joined,)
        return joined[:, :-2], joined[:, -2:-1], joined[:, -1:]

    return measured_agreement(network, outputs, [inputs])


def _license() -> str:
    """The package's own."""
    text = importlib.metadata.distribution("spinemets").read_text("licenses/LICENSE")
    return text or "Apache-2.0, https://www.apache.org/licenses/LICENSE-2.0\n"


def _write_json(path: Path, content: dict[str, Any]) -> None:
    _write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
