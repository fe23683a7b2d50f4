"""The manifest of a training: a file that says which studies there are, and in which fold each is."""

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from spinemets.errors import ConfigurationError
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest_records import (
    Annotation,
    Manifest,
    ManifestSeries,
    ManifestStation,
    ManifestStudy,
)
from spinemets.training.manifest_rows import parse_manifest, rows_of, studies_of

__all__ = [
    "Annotation",
    "Manifest",
    "ManifestSeries",
    "ManifestStation",
    "ManifestStudy",
    "new_manifest",
    "read_manifest",
    "write_manifest",
]


def read_manifest(path: Path) -> Manifest:
    """Read a manifest; no image is opened.

    Args:
        path: JSON of the format ``spinemets-manifest``, version 2 (see ``docs/manifest.md``). Paths in it
            are relative to its folder.

    Raises:
        UnreadableFileError: If the file is missing or no JSON.
        InputError: If it is no manifest, one of another version, or a row is wrong; the row is named.
    """
    path = path.absolute()
    content = parse_manifest(path)
    label_sets = {name: row.label_set(name) for name, row in content.label_sets.items()}
    canonical = content.model_dump(mode="json")
    return Manifest(path, _sha256(canonical), studies_of(content, path.parent), label_sets)


def new_manifest(
    path: Path, studies: tuple[ManifestStudy, ...], label_sets: Mapping[str, LabelSet]
) -> Manifest:
    """A manifest of these studies, as it will be read from ``path`` once written there."""
    path = path.absolute()
    content = rows_of(path.parent, studies, label_sets)
    return Manifest(path, _sha256(content), studies, label_sets)


def write_manifest(path: Path, manifest: Manifest) -> Manifest:
    """Write a manifest, whole or not at all, and return it as it will be read.

    Paths below the file's folder are written relative to it, so that both can be moved together; others stay
    absolute.

    Raises:
        ConfigurationError: If the file cannot be written.
    """
    path = path.absolute()
    content = rows_of(path.parent, manifest.studies, manifest.label_sets)
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise ConfigurationError(
            f"cannot be written ({error.strerror})", file=path, remedy="choose another file"
        ) from None
    return new_manifest(path, manifest.studies, manifest.label_sets)


def _sha256(content: Mapping[str, object]) -> str:
    """Of the content alone: neither the order of keys nor white space counts."""
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
