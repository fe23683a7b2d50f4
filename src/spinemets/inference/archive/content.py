"""Hashes of what a study is made from and of what was made of it."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spinemets.study.records import DicomSource, Study
from spinemets.study.visits import EarlierVisits


@dataclass(frozen=True, slots=True)
class OutputFile:
    """Size and hash of a file that was written."""

    size: int
    sha256: str


def content_sha256(study: Study) -> str:
    """Of the bytes of all files of a study's series; what cannot be read counts as such."""
    digest = hashlib.sha256()
    for path in study_files(study):
        try:
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError:
            digest.update(b"unreadable")
    return digest.hexdigest()


def files_sha256(study: Study, source: Path) -> str:
    """Of names, sizes and times of change of the same files: equal ones need not be read again.

    Args:
        study: As its headers were read.
        source: The archive; below it, names are relative, so that a copy elsewhere is the same.
    """
    facts: list[tuple[str, int, int]] = []
    for path in study_files(study):
        try:
            status = path.stat()
            facts.append((_relative(path, source), status.st_size, status.st_mtime_ns))
        except OSError:
            facts.append((_relative(path, source), -1, -1))
    return _sha256(facts)


def headers_sha256(study: Study, earlier: EarlierVisits, source: Path) -> str:
    """Of all that headers, names and descriptions say of a study, and of what is earlier than it.

    Args:
        study, source: As for ``files_sha256``.
        earlier: The patient's earlier studies.
    """

    def plain(value: Any) -> Any:
        if isinstance(value, Path):
            return _relative(value, source)
        if isinstance(value, np.ndarray):
            return value.tolist()
        raise TypeError(f"{type(value).__name__} is in no record of a study")

    text = json.dumps([asdict(study), asdict(earlier)], sort_keys=True, default=plain)
    # Messages of problems name files.
    return hashlib.sha256(text.replace(str(source), "").encode()).hexdigest()


def study_files(study: Study) -> Iterator[Path]:
    """Files of a study's series, each once, in the order of its slices."""
    seen: set[Path] = set()
    for series in study.series:
        source = series.source
        frames = source.frames if isinstance(source, DicomSource) else (source,)
        for frame in frames:
            if frame.path not in seen:
                seen.add(frame.path)
                yield frame.path


def files_in(folder: Path) -> dict[str, OutputFile]:
    """Every file of a folder of outputs, by name."""
    found = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as stream:
            found[path.name] = OutputFile(
                path.stat().st_size, hashlib.file_digest(stream, "sha256").hexdigest()
            )
    return found


def _relative(path: Path, source: Path) -> str:
    return str(path.relative_to(source)) if path.is_relative_to(source) else str(path)


def _sha256(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
