"""Names of BIDS files: entities and suffixes, and which image a derivative comes from."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spinemets.study.file_names import stem_of

_ENTITY = re.compile(r"([A-Za-z0-9]+)-([A-Za-z0-9+.-]+)")


@dataclass(frozen=True, slots=True)
class BidsName:
    """A file name in its parts.

    Args:
        entities: Such as ``{"sub": "01", "acq": "sag"}``.
        words: Parts without a dash, in order: ``("T2w", "dseg")``.
    """

    entities: Mapping[str, str]
    words: tuple[str, ...]

    @property
    def suffix(self) -> str:
        """The last word, which says what the file is; "" where there is none."""
        return self.words[-1] if self.words else ""

    @property
    def visit(self) -> str:
        """Subject and session, as studies are named."""
        parts = (f"{key}-{self.entities[key]}" for key in ("sub", "ses") if key in self.entities)
        return "_".join(parts)


def bids_name(stem: str) -> BidsName:
    """The parts of a name without its file suffix."""
    entities: dict[str, str] = {}
    words: list[str] = []
    for part in stem.split("_"):
        if match := _ENTITY.fullmatch(part):
            entities[match[1]] = match[2]
        elif part:
            words.append(part)
    return BidsName(entities, tuple(words))


def best_matches(derivative: BidsName, images: Sequence[Path]) -> list[Path]:
    """The images that a derivative may come from, by name.

    A derivative repeats the entities of its image and adds its own. The image's suffix (``T2w``) is often
    left out; where it is there, it counts. Of images whose entities are all repeated, those with most are
    nearest.
    """
    named = {path: bids_name(stem_of(path)) for path in images}
    suffixes = {name.suffix for name in named.values()} & set(derivative.words[:-1])
    repeated = {
        path: name
        for path, name in named.items()
        if name.entities.items() <= derivative.entities.items() and (not suffixes or name.suffix in suffixes)
    }
    most = max((len(name.entities) for name in repeated.values()), default=0)
    return [path for path, name in repeated.items() if len(name.entities) == most]
