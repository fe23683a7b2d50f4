"""The two configs of an exported MONAI bundle: how it is run, and what it is."""

import importlib.metadata
import json
from typing import Any

from spinemets import __version__
from spinemets.networks.bundle_content import BundleContent
from spinemets.networks.bundle_text import INTENDED_USE, description, finite_metrics
from spinemets.networks.weights_card import WeightsCard

# Named in metadata.json as MONAI wants it; nothing of ours fetches it.
_SCHEMA = "https://project-monai.github.io/schema/meta_schema_20240725.json"


def inference_config(content: BundleContent, weights_sha256: str) -> dict[str, Any]:
    """``configs/inference.json``: studies of a folder in, masks or grades out.

    Args:
        content: Of the bundle.
        weights_sha256: Of the weights file, which is checked before it is used.
    """
    parts = content.parts
    return {
        "imports": ["$import torch"],
        "bundle_root": ".",
        "dataset_dir": "$@bundle_root + '/input'",
        "output_dir": "$@bundle_root + '/eval'",
        "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
        "network_def": {
            **parts["network_def"],
            "path": "$@bundle_root + '/models/model.safetensors'",
            "sha256": weights_sha256,
        },
        "network": "$@network_def.to(@device)",
        "preprocessing": parts["preprocessing"],
        "dataset": {"_target_": "Dataset", "data": parts["data"], "transform": "@preprocessing"},
        "inferer": parts["inferer"],
        "postprocessing": parts["postprocessing"],
        "evaluator": {
            "_target_": "spinemets.networks.bundle_evaluator.BundleEvaluator",
            "dataset": "@dataset",
            "network": "@network",
            "inferer": "@inferer",
            "postprocessing": "@postprocessing",
            "device": "@device",
        },
        "run": ["$@evaluator.run()"],
    }


def metadata(card: WeightsCard, content: BundleContent, weights_sha256: str) -> dict[str, Any]:
    """``configs/metadata.json`` after MONAI's schema, with the card of the weights beside it."""
    return {
        "schema": _SCHEMA,
        "version": __version__,
        "changelog": {__version__: "exported by spinemets"},
        "monai_version": importlib.metadata.version("monai"),
        "pytorch_version": importlib.metadata.version("torch"),
        "numpy_version": importlib.metadata.version("numpy"),
        "required_packages_version": {
            "spinemets": __version__,
            "nibabel": importlib.metadata.version("nibabel"),
            "safetensors": importlib.metadata.version("safetensors"),
        },
        "name": content.title,
        "task": content.task,
        "description": description(card, content),
        "authors": "SpineMets maintainers, and who trained the weights",
        "copyright": "Code and configs: Apache-2.0. Weights: of who trained them.",
        "data_source": card.trained_on,
        "data_type": "nibabel",
        "image_classes": "; ".join(content.image_channels),
        "pred_classes": "; ".join(content.outputs),
        "eval_metrics": finite_metrics(card),
        "intended_use": INTENDED_USE,
        "network_data_format": {
            "inputs": {"image": _tensor("magnitude", content.image_channels, content.size)},
            "outputs": {"pred": _output(card, content)},
        },
        "weights_sha256": weights_sha256,
        # Through JSON, which makes null of numbers that it cannot hold.
        "weights_card": json.loads(card.model_dump_json()),
    }


def _output(card: WeightsCard, content: BundleContent) -> dict[str, Any]:
    if card.task == "segmentation":
        return _tensor("segmentation", content.outputs, content.size)
    return {**_tensor("classes", content.outputs, ()), "type": "probabilities"}


def _tensor(kind: str, channels: tuple[str, ...], size: tuple[int, ...]) -> dict[str, Any]:
    return {
        "type": "image",
        "format": kind,
        "num_channels": len(channels),
        "spatial_shape": list(size),
        "dtype": "float32",
        "value_range": [],
        "is_patch_data": True,
        "channel_def": {str(number): meaning for number, meaning in enumerate(channels)},
    }
