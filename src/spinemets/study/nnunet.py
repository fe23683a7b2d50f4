"""nnU-Net data sets: ``imagesTr/case_0000.nii.gz`` with the channels named in ``dataset.json``."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from spinemets.errors import UnreadableFileError
from spinemets.study.file_names import is_image_name, safe_key, stem_of
from spinemets.study.file_series import NamedFile, problem_of, series_of_files
from spinemets.study.records import Study, Weighting

DESCRIPTION = "dataset.json"
_IMAGE_FOLDERS = ("imagesTr", "imagesTs", "imagesVal")
_CASE = re.compile(r"(?P<case>.+)_(?P<channel>[0-9]{4})")


def is_nnunet(folder: Path) -> bool:
    """Whether a folder is an nnU-Net data set."""
    return (folder / DESCRIPTION).is_file() and any((folder / name).is_dir() for name in _IMAGE_FOLDERS)


def read_nnunet(folder: Path, prefix: str = "") -> Iterator[Study]:
    """The cases of an nnU-Net data set, version 1 or 2.

    A data set whose ``dataset.json`` cannot be used is one study without series, with the problem.

    Args:
        folder: The folder of ``dataset.json``.
        prefix: Begins each study's key, to part several data sets.
    """
    try:
        channels = _channels(folder / DESCRIPTION)
    except UnreadableFileError as error:
        key = safe_key(prefix or folder.resolve().name)
        yield Study(key, key, (), (problem_of(error, folder / DESCRIPTION),), folder=folder)
        return
    for images in _IMAGE_FOLDERS:
        if (folder / images).is_dir():
            for case, files in _cases(folder / images).items():
                series, problems = series_of_files(_named(path, channel, channels) for channel, path in files)
                key = safe_key(prefix, case)
                yield Study(key, key, series, problems, folder=folder / images)


def _channels(path: Path) -> Mapping[str, str]:
    """Name of each channel; nnU-Net 1 calls them modalities."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        channels = content.get("channel_names") or content["modality"]
        return {f"{int(number):04d}": str(name) for number, name in channels.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableFileError(
            f"names no channels ({error})", file=path, field="channel_names", remedy='write {"0": "T1", ...}'
        ) from None


def _cases(folder: Path) -> dict[str, list[tuple[str, Path]]]:
    cases: dict[str, list[tuple[str, Path]]] = {}
    for path in sorted(folder.iterdir()):
        if is_image_name(path.name) and (match := _CASE.fullmatch(stem_of(path))):
            cases.setdefault(match["case"], []).append((match["channel"], path))
    return cases


def _named(path: Path, channel: str, channels: Mapping[str, str]) -> NamedFile:
    name = channels.get(channel, "")
    exact = next((one for one in Weighting if one.value.casefold() == name.strip().casefold()), None)
    key = safe_key(channel, name)
    return NamedFile(path, key, weighting=exact, description=name, named_in=DESCRIPTION)
