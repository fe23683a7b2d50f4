"""Prepared cases on disk, keyed by what they were made from, and read by patch.

A case is a folder of plain arrays that are mapped into memory, so that a patch costs the patch and not the
volume. It is written aside and appears whole, so that concurrent processes and a killed writer do no harm.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinemets.errors import UnreadableFileError
from spinemets.training.cache_folder import writing_into
from spinemets.training.case_facts import CaseFacts
from spinemets.training.file_content import content_sha256
from spinemets.training.label_set_rows import LabelSetRow
from spinemets.training.label_sets import LabelSet
from spinemets.training.patch_sites import PatchSites, find_sites
from spinemets.training.sagittal_source import AnnotatedInput, SagittalSource

# Changes whenever the arrays would come out different from the same files and settings.
_FORMAT = 1
_IMAGE, _TARGETS, _SITES, _FACTS = "image.npy", "targets.npy", "sites.npz", "case.json"


@dataclass(frozen=True, slots=True, eq=False)
class PreparedCase:
    """A case on the network's grid.

    Args:
        name: Study and station.
        folder: Where it lies.
        image: (channels present, slice, row, column) float16, mapped into memory.
        targets: (3, slice, row, column) uint8, mapped into memory.
        presence: (4,) float32; says which channels ``image`` holds, in the network's order.
        sites: Where patches may be centred.
        affine_ras: 4 x 4, voxel index to RAS mm.
    """

    name: str
    folder: Path
    image: npt.NDArray[np.float16]
    targets: npt.NDArray[np.uint8]
    presence: npt.NDArray[np.float32]
    sites: PatchSites
    affine_ras: npt.NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels as (slice, row, column)."""
        slices, rows, columns = self.targets.shape[1:]
        return slices, rows, columns

    def __reduce__(self) -> tuple[object, ...]:
        # Another process maps the files again instead of getting a copy of the voxels.
        return (open_case, (self.folder, self.name))


class CaseStore:
    """Prepared cases below one folder; made when first asked for.

    Args:
        folder: Made where it does not exist.
        settings: Everything beside files and label sets that decides what the arrays hold; part of the key.
        label_sets: What masks mean, by name.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], label_sets: Mapping[str, LabelSet]) -> None:
        self._folder = folder
        self._label_sets = label_sets
        self._settings = json.dumps({"format": _FORMAT, **settings}, sort_keys=True, default=str)

    def get(self, source: SagittalSource, read: Callable[[SagittalSource], AnnotatedInput]) -> PreparedCase:
        """The prepared case, made with ``read`` where the store has none for these files and settings.

        Raises:
            InputError: If a file of the case cannot be read.
            TrainingError: If the case cannot be written.
        """
        folder = self._folder / self._key(source)
        if not folder.is_dir():
            self._write(folder, source.name, read(source))
        return open_case(folder, source.name)

    def facts(self, source: SagittalSource, measure: Callable[[SagittalSource], CaseFacts]) -> CaseFacts:
        """The facts of a case, measured with ``measure`` where the store does not have them.

        Raises:
            InputError: If a file of the case cannot be read.
            TrainingError: If the facts cannot be written.
        """
        path = self._folder / f"{self._content_key(source)}.facts.json"
        if path.is_file():
            return CaseFacts.from_json(path.read_text(encoding="utf-8"))
        facts = measure(source)
        with writing_into(self._folder):
            with tempfile.NamedTemporaryFile("w", dir=self._folder, prefix=".facts-", delete=False) as aside:
                aside.write(facts.to_json())
                aside.flush()
                os.fsync(aside.fileno())
            Path(aside.name).replace(path)
        return facts

    def _key(self, source: SagittalSource) -> str:
        return hashlib.sha256(f"{self._settings}{self._content_key(source)}".encode()).hexdigest()[:32]

    def _content_key(self, source: SagittalSource) -> str:
        """Of the content of every file, and of what the files and their values stand for."""
        annotations = [one for series in source.channels.values() for one in series.annotations]
        sets = [
            LabelSetRow.of(self._label_sets[one.label_set]).model_dump(mode="json") for one in annotations
        ]
        channels = [channel.value for channel in source.channels]
        described = json.dumps([_FORMAT, source.name, source.reference.value, channels, sets], sort_keys=True)
        digest = hashlib.sha256(described.encode())
        for path in source.files:
            digest.update(content_sha256(path))
        return digest.hexdigest()[:32]

    def _write(self, folder: Path, name: str, annotated: AnnotatedInput) -> None:
        with writing_into(self._folder):
            aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=self._folder))
            try:
                save_case(aside, name, annotated)
                aside.rename(folder)
            except OSError:
                # Another process was faster: a folder cannot replace one that has files in it.
                if not folder.is_dir():
                    raise
            finally:
                shutil.rmtree(aside, ignore_errors=True)


def save_case(folder: Path, name: str, annotated: AnnotatedInput) -> None:
    """Write a case into a folder that exists; ``open_case`` maps it."""
    seen = annotated.input
    present = seen.presence > 0
    np.save(folder / _IMAGE, seen.image[present].astype(np.float16))
    np.save(folder / _TARGETS, annotated.targets)
    spacing_mm = np.linalg.norm(seen.affine_ras[:3, :3], axis=0)
    find_sites(annotated.targets, float(spacing_mm.prod()) / 1000.0).save(folder / _SITES)
    facts = {"case": name, "presence": seen.presence.tolist(), "affine_ras": seen.affine_ras.tolist()}
    (folder / _FACTS).write_text(json.dumps(facts) + "\n", encoding="utf-8")
    for path in folder.iterdir():
        with path.open("rb") as stream:
            os.fsync(stream.fileno())


def open_case(folder: Path, name: str) -> PreparedCase:
    """Map a case that the store has made.

    Raises:
        UnreadableFileError: If the folder holds none.
    """
    try:
        facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        return PreparedCase(
            name=name,
            folder=folder,
            image=np.load(folder / _IMAGE, mmap_mode="r"),
            targets=np.load(folder / _TARGETS, mmap_mode="r"),
            presence=np.asarray(facts["presence"], dtype=np.float32),
            sites=PatchSites.load(folder / _SITES),
            affine_ras=np.asarray(facts["affine_ras"]),
        )
    except (OSError, ValueError, KeyError) as error:
        raise UnreadableFileError(
            f"is no prepared case ({error})", file=folder, remedy="delete the folder; it is made again"
        ) from error
