"""BIDS-like data sets of image files: ``sub-*/[ses-*/]anat/*.nii.gz``."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from spinemets.study.file_names import is_image_name, is_mask_name, safe_key, stem_of
from spinemets.study.file_series import named_files, series_of_files
from spinemets.study.records import Study

# Folders of a visit that hold images of use: anatomy, and diffusion.
_DATA_FOLDERS = ("anat", "dwi")


def is_bids(folder: Path) -> bool:
    """Whether a folder holds subjects with their images, as BIDS lays them out."""
    return any(True for subject in _subjects(folder) for _ in _visits(subject))


def read_bids(folder: Path, prefix: str = "") -> Iterator[Study]:
    """The visits of a BIDS data set; masks are left out, ``derivatives`` are never entered.

    Args:
        folder: The folder of the data set, which holds ``sub-*``.
        prefix: Begins each study's key, to part several data sets.
    """
    for subject in _subjects(folder):
        patient_key = safe_key(prefix, subject.name)
        visits = _visits(subject)
        order, dates = _order(visits), _dates(subject)
        for visit in visits:
            name = subject.name if visit == subject else f"{subject.name}_{visit.name}"
            paths = [
                path
                for part in _DATA_FOLDERS
                if (visit / part).is_dir()
                for path in sorted((visit / part).iterdir())
                if is_image_name(path.name) and not is_mask_name(stem_of(path))
            ]
            series, problems = series_of_files(named_files(paths, shared=name))
            if series or problems:
                yield Study(
                    safe_key(prefix, name),
                    patient_key,
                    series,
                    problems,
                    study_date=dates.get(visit.name),
                    folder=visit,
                    visit=order.get(visit.name),
                )


def _subjects(folder: Path) -> list[Path]:
    return [one for one in _sorted_folders(folder) if re.fullmatch(r"sub-[A-Za-z0-9]+", one.name)]


def _visits(subject: Path) -> list[Path]:
    """Sessions, or the subject itself where it has none."""
    sessions = [one for one in _sorted_folders(subject) if re.fullmatch(r"ses-[A-Za-z0-9]+", one.name)]
    return [one for one in (sessions or [subject]) if any((one / part).is_dir() for part in _DATA_FOLDERS)]


def _order(visits: list[Path]) -> dict[str, int]:
    """Numbers of the sessions, where all are called alike but for a number; else their order is not known."""
    parts = [re.fullmatch(r"(ses-[A-Za-z]*)(\d+)", visit.name) for visit in visits]
    if len({part and part[1] for part in parts}) != 1:
        return {}
    return {part[0]: int(part[2]) for part in parts if part is not None}


def _dates(subject: Path) -> dict[str, str]:
    """Days of the sessions from ``sub-*_sessions.tsv`` (BIDS 1.10), where it has them."""
    try:
        text = (subject / f"{subject.name}_sessions.tsv").read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return {}
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    found = ((row.get("session_id") or "", (row.get("acq_time") or "")[:10]) for row in rows)
    return {session: day for session, day in found if re.fullmatch(r"\d{4}-\d\d-\d\d", day)}


def _sorted_folders(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.is_dir())
