"""The reference of an evaluation: a manifest, or the list that ``spinemets phantom`` writes."""

import json
from pathlib import Path

from spinemets.errors import InputError
from spinemets.training.manifest import Manifest, new_manifest, read_manifest
from spinemets.training.manifest_sources.phantom import read_phantom
from spinemets.training.manifest_sources.records import SourceSettings


def read_reference(path: Path) -> Manifest:
    """Read a manifest; the phantom's own list, which has no folds and label sets, becomes one in memory.

    Raises:
        UnreadableFileError: If the file is missing or no JSON.
        InputError: If it is no manifest, two rows have one name, or a row is wrong.
    """
    manifest = _phantoms(path) if _is_list_of_phantoms(path) else read_manifest(path)
    names = [study.study for study in manifest.studies]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(
            f"{twice[0]} is the name of several rows", file=path, field="study", remedy="name each row"
        )
    return manifest


def _is_list_of_phantoms(path: Path) -> bool:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Whoever reads it as a manifest says what is wrong.
        return False
    return isinstance(content, dict) and content.get("version") == 1 and bool(content.get("simulated"))


def _phantoms(path: Path) -> Manifest:
    content = read_phantom(path.parent, SourceSettings())
    return new_manifest(path, content.studies, content.label_sets)
