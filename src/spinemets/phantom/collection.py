"""A folder of phantom studies: made side by side, whole or not at all, resumable, with a manifest."""

import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from spinemets import __version__
from spinemets.errors import ConfigurationError, InputError, UnreadableFileError
from spinemets.phantom.study import StudyRequest
from spinemets.phantom.study_files import write_study

MANIFEST_NAME = "manifest.json"
_MANIFEST_VERSION = 1
_ROW_NAME = "study.json"


@dataclass(frozen=True, slots=True)
class StudyOutcome:
    """What became of one study: ``made`` is False where an earlier run had already made it."""

    key: str
    made: bool


def study_key(number: int, visit: int = 1) -> str:
    """Folder and key of the study of the patient with this number, from 1, at a visit, from 1."""
    return f"phantom-{number:06d}" + (f"-visit-{visit}" if visit > 1 else "")


def make_studies(request: StudyRequest, count: int, folder: Path, workers: int = 1) -> Iterator[StudyOutcome]:
    """Make studies into a folder and yield each as it is done; the manifest is written last.

    A study's folder appears when it is complete. Studies that an earlier, interrupted run with the
    same settings made are kept as they are.

    Args:
        request: Settings and seed; number and visit in it are replaced, so that study n is the same whatever
            ``count`` and ``workers`` are.
        count: How many patients; numbered from 1. Each has ``request.followups`` more studies.
        folder: Where to; made if missing.
        workers: Processes.

    Raises:
        ConfigurationError: If a number is out of range, or the folder holds studies of other settings.
    """
    for name, value in (("count", count), ("workers", workers)):
        if value < 1:
            raise ConfigurationError(f"is {value}", field=name, remedy="give at least 1")
    if request.followups < 0:
        raise ConfigurationError(f"is {request.followups}", field="followups", remedy="give 0 or more")
    requests = {
        study_key(number, visit): replace(request, number=number, visit=visit)
        for number in range(1, count + 1)
        for visit in range(1, request.followups + 2)
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"cannot be made ({error.strerror})", file=folder, remedy="choose another output folder"
        ) from None
    done = [key for key, wanted in requests.items() if _already_made(folder / key, wanted)]
    for key in done:
        yield StudyOutcome(key, made=False)
    missing = {key: wanted for key, wanted in requests.items() if key not in done}
    for key in _make_all(missing, folder, workers):
        yield StudyOutcome(key, made=True)
    _write_manifest(folder, list(requests), request)


def _make_all(requests: dict[str, StudyRequest], folder: Path, workers: int) -> Iterator[str]:
    if workers == 1:
        for key, request in requests.items():
            _make_one(key, request, folder)
            yield key
        return
    # A fresh interpreter for each worker: forking a process that runs ITK's threads can hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        futures = {pool.submit(_make_one, key, request, folder): key for key, request in requests.items()}
        for future in as_completed(futures):
            future.result()
            yield futures[future]


def _make_one(key: str, request: StudyRequest, folder: Path) -> None:
    partial = folder / f".{key}.partial-{os.getpid()}"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        row = write_study(request, key, partial)
        content = {"settings": _settings_hash(request), "row": row}
        (partial / _ROW_NAME).write_text(_json(content), encoding="utf-8")
        partial.rename(folder / key)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _already_made(study_folder: Path, request: StudyRequest) -> bool:
    if not study_folder.exists():
        return False
    content = _read_row(study_folder)
    if content.get("settings") != _settings_hash(request):
        raise ConfigurationError(
            "was made with another seed, version or settings",
            file=study_folder,
            remedy="choose another output folder, or remove this one",
        )
    return True


def _read_row(study_folder: Path) -> dict[str, Any]:
    path = study_folder / _ROW_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableFileError(
            f"is no record of a phantom study ({error})", file=path, remedy="remove the study's folder"
        ) from None
    if not isinstance(content, dict) or not isinstance(content.get("row"), dict):
        raise InputError("is no record of a phantom study", file=path, remedy="remove the study's folder")
    return content


def _settings_hash(request: StudyRequest) -> str:
    described = json.dumps({"version": __version__, **asdict(request)}, sort_keys=True, default=str)
    return sha256(described.encode()).hexdigest()


def _write_manifest(folder: Path, keys: list[str], request: StudyRequest) -> None:
    manifest = {
        "format": "spinemets-manifest",
        "version": _MANIFEST_VERSION,
        "simulated": True,
        "description": "Digital spine phantom studies. Simulated, not real patients.",
        "made_by": f"spinemets {__version__}",
        "seed": request.seed,
        "training": _with_changes([_read_row(folder / key)["row"] for key in keys]),
    }
    partial = folder / f".{MANIFEST_NAME}.partial-{os.getpid()}"
    partial.write_text(_json(manifest), encoding="utf-8")
    partial.replace(folder / MANIFEST_NAME)


def _with_changes(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of later visits say what has become of each lesion since the visit before, which stands above.

    A volume is 0 where there is no lesion, null where no station shows all of it.
    """
    for before, row in pairwise(rows):
        if row["visit"] > 1:
            then, now = (_volumes(each) for each in (before, row))
            row["earlier"], row["days_since"] = before["study"], row["days"] - before["days"]
            row["changes"] = [
                {
                    **fate,
                    "volume_then_ml": then.get(fate["lesion"], 0.0),
                    "volume_now_ml": now.get(fate["lesion"], 0.0),
                }
                for fate in row["fates"]
            ]
    return [{name: value for name, value in row.items() if name != "fates"} for row in rows]


def _volumes(row: dict[str, Any]) -> dict[int, float | None]:
    return {one["lesion"]: one["volume_ml"] for one in row["lesions"]}


def _json(content: object) -> str:
    return json.dumps(content, indent=1, sort_keys=False) + "\n"
