"""The layouts by name."""

from collections.abc import Callable, Mapping
from pathlib import Path

from spinemets.training.manifest_sources.phantom import read_phantom
from spinemets.training.manifest_sources.records import SourceContent, SourceSettings

READERS: Mapping[str, Callable[[Path, SourceSettings], SourceContent]] = {
    "phantom": read_phantom,
}
