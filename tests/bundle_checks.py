"""What MONAI itself says of an exported bundle, without a network connection."""

import json

import pytest
from monai.bundle import verify_metadata

# What MONAI's schema of 2024-07-25 demands of metadata.json.
TENSOR = {
    "type": "object",
    "required": ["type", "format", "num_channels", "spatial_shape", "dtype", "value_range"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "format", "dtype")},
        "num_channels": {"type": "integer"},
        "spatial_shape": {"type": "array", "items": {"type": ["string", "integer"]}},
        "value_range": {"type": "array", "items": {"type": "number"}},
        "is_patch_data": {"type": "boolean"},
        "channel_def": {"type": "object"},
    },
}
TEXTS = (
    *("schema", "version", "monai_version", "pytorch_version", "numpy_version", "task", "description"),
    *("authors", "copyright", "data_source", "data_type", "image_classes", "pred_classes", "intended_use"),
)
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2019-09/schema",
    "type": "object",
    "required": [*TEXTS[:9], "required_packages_version", "network_data_format"],
    "properties": {
        **{name: {"type": "string"} for name in TEXTS},
        **{name: {"type": "object"} for name in ("changelog", "required_packages_version", "eval_metrics")},
        "network_data_format": {
            "type": "object",
            "required": ["inputs", "outputs"],
            "properties": {
                name: {"type": "object", "additionalProperties": TENSOR} for name in ("inputs", "outputs")
            },
        },
    },
}


def refuse_network(monkeypatch):
    """Nothing may ask the network for a schema or anything else."""

    def refuse(*_, **__):
        raise AssertionError("asked the network")

    monkeypatch.setattr("socket.socket.connect", refuse)


def configs(bundle):
    """The arguments that name a bundle's configs to MONAI."""
    return {
        "config_file": str(bundle / "configs" / "inference.json"),
        "meta_file": str(bundle / "configs" / "metadata.json"),
    }


def verify_by_monai(bundle, folder):
    """MONAI's check of metadata.json; a schema that lies in its place is not fetched."""
    pytest.importorskip("jsonschema")
    schema = folder / "schema.json"
    schema.write_text(json.dumps(SCHEMA))
    verify_metadata(meta_file=configs(bundle)["meta_file"], filepath=schema)
