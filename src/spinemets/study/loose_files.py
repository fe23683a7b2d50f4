"""Image files in a folder without any layout: grouped into studies by their names."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from spinemets.errors import InputError
from spinemets.study.file_names import is_image_name, is_mask_name, safe_key, stem_of, study_part
from spinemets.study.file_series import named_files, series_of_files, sidecar_of
from spinemets.study.records import Study
from spinemets.study.sidecar import EMPTY


def image_files(folder: Path, names: Iterable[str]) -> list[Path]:
    """Those of a folder's files that are images and no masks, in the order of their names."""
    paths = (folder / name for name in sorted(names) if is_image_name(name))
    return [path for path in paths if not is_mask_name(stem_of(path))]


def read_loose_files(folder: Path, paths: Iterable[Path], prefix: str = "") -> Iterator[Study]:
    """Studies of the image files of one folder.

    Files are of one study where their sidecars name the same one, else where their names agree once the
    words for contrast, plane and region are taken away. What is left names the study; the folder does
    where nothing is left.

    Args:
        folder: The folder.
        paths: Its image files, without masks.
        prefix: Key of the folder within the archive, "" for the archive itself.
    """
    groups: dict[tuple[str, str], list[Path]] = {}
    for path in paths:
        groups.setdefault(_group(path), []).append(path)
    for (_, part), members in groups.items():
        key = safe_key(prefix, part) if prefix or part else safe_key(folder.resolve().name)
        series, problems = series_of_files(named_files(members, shared=part))
        yield Study(key, key, series, problems, folder=folder)


def _group(path: Path) -> tuple[str, str]:
    """Study UID of the sidecar, if any, and the study's part of the name."""
    try:
        sidecar = sidecar_of(path)
    except InputError:
        # The sidecar is reported when the series is read.
        sidecar = EMPTY
    part = study_part(stem_of(path), sidecar.parameters, sidecar.number)
    return (sidecar.study_uid, "") if sidecar.study_uid else ("", part)
