"""The two configs of an exported MONAI bundle: how it is run, and what it is."""

import importlib.metadata
import json
from typing import Any

from spinemets import __version__
from spinemets.anatomy import Anatomy
from spinemets.networks.bundle_parts import FILE_OF_CHANNEL
from spinemets.networks.bundle_text import INTENDED_USE, TITLE, description, finite_metrics
from spinemets.networks.segmenter import CHANNELS
from spinemets.networks.weights_card import WeightsCard

_PARTS = "spinemets.networks.bundle_parts."
# Named in metadata.json as MONAI wants it; nothing of ours fetches it.
_SCHEMA = "https://project-monai.github.io/schema/meta_schema_20240725.json"
_HEADS = {int(each): f"{each.name.lower()} logit" for each in Anatomy} | {
    len(Anatomy): "lesion logit",
    len(Anatomy) + 1: "level coordinate, C1 = 1 to S1 = 25; valid on vertebrae",
}


def inference_config(card: WeightsCard, window: tuple[int, int, int], weights_sha256: str) -> dict[str, Any]:
    """``configs/inference.json``: studies of a folder in, masks on their own grids out.

    Args:
        card: Of the weights.
        window: (slice, row, column) of a window, multiples of what the network takes.
        weights_sha256: Of the weights file, which is checked before it is used.
    """
    files = {str(channel): name for channel, name in FILE_OF_CHANNEL.items()}
    masks = [_saver(name) for name in ("anatomy", "lesion")]
    return {
        "imports": ["$import torch"],
        "bundle_root": ".",
        "dataset_dir": "$@bundle_root + '/input'",
        "output_dir": "$@bundle_root + '/eval'",
        "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
        "network_def": {
            "_target_": f"{_PARTS}bundle_segmenter",
            "path": "$@bundle_root + '/models/model.safetensors'",
            "sha256": weights_sha256,
        },
        "network": "$@network_def.to(@device)",
        "preprocessing": _composed(
            {
                "_target_": "LoadImaged",
                "keys": list(files),
                "reader": "NibabelReader",
                "ensure_channel_first": True,
                "image_only": True,
                "allow_missing_keys": True,
            },
            {"_target_": f"{_PARTS}StackSagittal", "spacing_mm": list(card.spacing_mm)},
        ),
        "dataset": {
            "_target_": "Dataset",
            "data": {"_target_": f"{_PARTS}studies", "folder": "@dataset_dir"},
            "transform": "@preprocessing",
        },
        "inferer": {
            "_target_": "SlidingWindowInferer",
            "roi_size": list(window),
            "sw_batch_size": 1,
            "overlap": 0.5,
            "mode": "gaussian",
        },
        "postprocessing": _composed({"_target_": f"{_PARTS}MasksOfSource"}, *masks),
        "evaluator": {
            "_target_": f"{_PARTS}BundleEvaluator",
            "dataset": "@dataset",
            "network": "@network",
            "inferer": "@inferer",
            "postprocessing": "@postprocessing",
            "device": "@device",
        },
        "run": ["$@evaluator.run()"],
    }


def metadata(card: WeightsCard, window: tuple[int, int, int], weights_sha256: str) -> dict[str, Any]:
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
        "name": TITLE,
        "task": "Metastases, anatomy and levels of the spine on sagittal MRI",
        "description": description(card),
        "authors": "SpineMets maintainers, and who trained the weights",
        "copyright": "Code and configs: Apache-2.0. Weights: of who trained them.",
        "data_source": card.trained_on,
        "data_type": "nibabel",
        "image_classes": f"z-scored MRI, channels in the order {', '.join(CHANNELS)}; a missing one is zeros",
        "pred_classes": "; ".join(f"{number}: {meaning}" for number, meaning in _HEADS.items()),
        "eval_metrics": finite_metrics(card),
        "intended_use": INTENDED_USE,
        "network_data_format": {
            "inputs": {"image": _tensor("magnitude", len(CHANNELS), window, dict(enumerate(CHANNELS)))},
            "outputs": {"pred": _tensor("segmentation", len(_HEADS), window, _HEADS)},
        },
        "weights_sha256": weights_sha256,
        # Through JSON, which makes null of numbers that it cannot hold.
        "weights_card": json.loads(card.model_dump_json()),
    }


def _composed(*transforms: dict[str, Any]) -> dict[str, Any]:
    return {"_target_": "Compose", "transforms": list(transforms)}


def _saver(name: str) -> dict[str, Any]:
    return {
        "_target_": "SaveImaged",
        "keys": name,
        "output_dir": "@output_dir",
        "output_postfix": name,
        "data_root_dir": "@dataset_dir",
        "separate_folder": False,
        "resample": False,
        "output_dtype": "$torch.uint8",
        "print_log": False,
    }


def _tensor(kind: str, channels: int, shape: tuple[int, int, int], meaning: dict[int, Any]) -> dict[str, Any]:
    return {
        "type": "image",
        "format": kind,
        "num_channels": channels,
        "spatial_shape": list(shape),
        "dtype": "float32",
        "value_range": [],
        "is_patch_data": True,
        "channel_def": {str(number): str(text) for number, text in meaning.items()},
    }
