"""What differs between the MONAI bundles of our networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class BundleContent:
    """A bundle's configs and words, without what is the same in all of them.

    Args:
        title: Name of the bundle.
        task: In a line.
        does: What the network does, a sentence.
        usage: What goes in and what comes out, Markdown.
        parts: Of ``configs/inference.json``: ``network_def`` without the weights, ``preprocessing``,
            ``data``, ``inferer`` and ``postprocessing``.
        image_channels: Meaning of the input's channels.
        outputs: Meaning of the output's channels.
        size: Of the input beyond batch and channel.
    """

    title: str
    task: str
    does: str
    usage: str
    parts: Mapping[str, Any]
    image_channels: tuple[str, ...]
    outputs: tuple[str, ...]
    size: tuple[int, ...]


def composed(*transforms: Mapping[str, Any]) -> dict[str, Any]:
    """MONAI's ``Compose`` in a config."""
    return {"_target_": "Compose", "transforms": list(transforms)}


def loader(keys: list[str]) -> dict[str, Any]:
    """MONAI's reader of NIfTI files in a config; an item may lack some of the keys."""
    return {
        "_target_": "LoadImaged",
        "keys": keys,
        "reader": "NibabelReader",
        "ensure_channel_first": True,
        "image_only": True,
        "allow_missing_keys": True,
    }
