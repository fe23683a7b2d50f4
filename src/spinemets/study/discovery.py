"""Finds the studies below a path, whatever layout each folder has."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from spinemets.errors import UnreadableFileError
from spinemets.study.archive import ArchiveSettings, read_dicom_studies
from spinemets.study.bids import is_bids, read_bids
from spinemets.study.file_names import PRODUCT_FOLDERS, is_image_name
from spinemets.study.loose_files import image_files, read_loose_files
from spinemets.study.nnunet import DESCRIPTION, is_nnunet, read_nnunet
from spinemets.study.records import Study
from spinemets.study.study_yaml import FILE_NAME as STUDY_YAML
from spinemets.study.study_yaml import read_study_yaml


def read_studies(source: Path, settings: ArchiveSettings) -> Iterator[Study]:
    """The studies below a folder, or of a single file; headers only, bad files as problems of their study.

    Each folder is read as the first of these that it is, at any depth: a ``study.yaml`` with what lies
    below it, an nnU-Net data set, a BIDS data set, image files grouped by their names. DICOM files are
    found wherever they lie, and grouped by their Study Instance UID. Keys are unique.

    Args:
        source: A folder, an image file, a ``study.yaml``, a ``dataset.json`` or a DICOM file.
        settings: How DICOM is read.

    Raises:
        UnreadableFileError: If the path does not exist.
    """
    if not source.exists():
        raise UnreadableFileError("no such file or folder", file=source, remedy="check the path")
    used: set[str] = set()
    for study in _all_studies(source, settings):
        yield _with_unique_key(study, used)


def _all_studies(source: Path, settings: ArchiveSettings) -> Iterator[Study]:
    if source.is_dir():
        yield from _file_studies(source)
        yield from read_dicom_studies(source, settings)
    elif source.name == STUDY_YAML:
        yield read_study_yaml(source)
    elif source.name == DESCRIPTION:
        yield from read_nnunet(source.parent)
    elif is_image_name(source.name):
        yield from read_loose_files(source.parent, [source])
    else:
        yield from read_dicom_studies(source, settings)


def _file_studies(root: Path) -> Iterator[Study]:
    entered: set[tuple[int, int]] = set()
    for place, folders, names in os.walk(root, followlinks=True):
        folder = Path(place)
        status = folder.stat()
        if (status.st_dev, status.st_ino) in entered:
            folders.clear()
            continue
        entered.add((status.st_dev, status.st_ino))
        prefix = "-".join(folder.relative_to(root).parts)
        if STUDY_YAML in names:
            yield read_study_yaml(folder / STUDY_YAML, prefix)
            folders.clear()
        elif is_nnunet(folder):
            yield from read_nnunet(folder, prefix)
            folders.clear()
        elif is_bids(folder):
            yield from read_bids(folder, prefix)
            folders.clear()
        else:
            yield from read_loose_files(folder, image_files(folder, names), prefix)
            folders[:] = sorted(name for name in folders if _is_entered(name))


def _is_entered(name: str) -> bool:
    return name.casefold() not in PRODUCT_FOLDERS and not name.startswith(".")


def _with_unique_key(study: Study, used: set[str]) -> Study:
    key, count = study.key, 1
    while key.casefold() in used:
        count += 1
        key = f"{study.key}-{count}"
    used.add(key.casefold())
    return study if key == study.key else replace(study, key=key)
