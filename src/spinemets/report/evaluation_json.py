"""``evaluation.json``: every figure of an evaluation, in a versioned file."""

import json
import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from spinemets.evaluation.evaluation import Evaluation

# Far below what any interval tells apart.
_DECIMALS = 6
# What a reader wants to see before anything else.
_FIRST = ("schema_version", "note", "spinemets_version", "config_sha256")
# Rows of single studies, lesions and places are in the tables.
_LEFT_OUT = frozenset({"evidence"})


def write_evaluation_json(evaluation: Evaluation, path: Path) -> None:
    """Write an evaluation; the file appears whole or not at all, and the same one gives the same bytes.

    Keys are in the order of the records, enumerations are their words, floats have at most six decimals.

    Raises:
        ValueError: If a value is not finite, which is an error of ours.
    """
    record = {one.name: getattr(evaluation, one.name) for one in fields(evaluation)}
    content = {name: _plain(value) for name, value in record.items() if name not in _LEFT_OUT}
    content = {name: content[name] for name in _FIRST} | content
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, f"{text}\n")


def write_whole(path: Path, text: str) -> None:
    """Write a text file that appears whole or not at all."""
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        partial.write_bytes(text.encode())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    """Values as JSON has them."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    # Adding zero turns -0.0 into 0.0.
    return round(value, _DECIMALS) + 0.0 if isinstance(value, float) else value
