"""Reads the studies of a folder of DICOM files, one by one."""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spinemets.errors import ConfigurationError
from spinemets.study.archive_scan import scan_files
from spinemets.study.dicom_series import series_of_stacks
from spinemets.study.pseudonym import Identifiers
from spinemets.study.records import Problem, Study
from spinemets.study.series_split import split_series
from spinemets.study.slice_record import LEFT_OUT, LeftOutFile, SeriesFacts, SliceRecord
from spinemets.study.stack import Stack

logger = logging.getLogger(__name__)

UNREAD_FILES = "unread-files"


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """How an archive is read; see ``configs/archive`` for the values and their reasons.

    Args:
        identifiers: How patients and studies are named: by a ``PseudonymKey``, or as in the header.
        largest_image_voxels: A file that announces more voxels is not read.
        most_stacks_per_series: A series that falls into more volumes is left out.
        workers: Processes that read headers; 1 reads them in the caller's own.

    Raises:
        ConfigurationError: If a value is out of range.
    """

    identifiers: Identifiers
    largest_image_voxels: int
    most_stacks_per_series: int
    workers: int

    def __post_init__(self) -> None:
        for name in ("largest_image_voxels", "most_stacks_per_series", "workers"):
            if getattr(self, name) < 1:
                raise ConfigurationError(
                    f"is {getattr(self, name)}", field=name, remedy="allowed: 1 and more"
                )


@dataclass(slots=True)
class _StudyFiles:
    """What was found of one study."""

    slices: dict[str, list[SliceRecord]] = field(default_factory=dict)
    left_out: list[LeftOutFile] = field(default_factory=list)


def read_dicom_studies(source: Path, settings: ArchiveSettings) -> Iterator[Study]:
    """The studies among the DICOM files at any depth below a folder; headers only.

    Files are read once, and a small record is kept of each slice. Files that are no DICOM are passed
    over; those that should be and cannot be read become problems of the study whose files lie beside
    them, else of a last study ``unread-files`` without series. Objects that are no images (reports,
    presentation states, segmentations) are passed over, images that are not read (localizers, secondary
    captures, projections, phase images, other modalities) are problems of the kind ``left out``.

    Args:
        source: A folder, or one DICOM file.
        settings: Names, limits and the number of processes.

    Yields:
        Studies, in the order in which their first file was found. Slices and keys are in a stable order.

    Raises:
        UnreadableFileError: If there is nothing at ``source``.
    """
    studies: dict[tuple[str, str], _StudyFiles] = {}
    stray: list[LeftOutFile] = []
    for found in scan_files(source, settings.largest_image_voxels, settings.workers):
        _sort_in(found, studies, stray)
    stray = _home_strays(stray, studies)
    for identity in list(studies):
        study = _study(*identity, studies.pop(identity), settings)
        logger.info("%s: %d series, %d problems", study.key, len(study.series), len(study.problems))
        yield study
    if stray:
        problems = tuple(_problem(one) for one in stray)
        yield Study(
            UNREAD_FILES, UNREAD_FILES, (), problems, folder=_common_folder(one.path for one in stray)
        )


def _sort_in(
    found: Sequence[SliceRecord] | LeftOutFile,
    studies: dict[tuple[str, str], _StudyFiles],
    stray: list[LeftOutFile],
) -> None:
    if isinstance(found, LeftOutFile):
        if found.facts is None:
            stray.append(found)
        else:
            studies.setdefault(_identity(found.facts), _StudyFiles()).left_out.append(found)
        return
    for one in found:
        files = studies.setdefault(_identity(one.facts), _StudyFiles())
        files.slices.setdefault(one.facts.series_uid, []).append(one)


def _identity(facts: SeriesFacts) -> tuple[str, str]:
    """Two patients under one Study Instance UID, an anonymiser's mistake, are never put together."""
    return facts.patient_id, facts.study_uid


def _home_strays(
    stray: Sequence[LeftOutFile], studies: dict[tuple[str, str], _StudyFiles]
) -> list[LeftOutFile]:
    """Give unreadable files to the one study whose files lie in the same folder; return the others."""
    if not stray:
        return []
    owners: dict[str, set[tuple[str, str]]] = {}
    for identity, files in studies.items():
        for path in _paths(files):
            owners.setdefault(os.path.dirname(path), set()).add(identity)  # noqa: PTH120 - many paths
    homeless = []
    for one in stray:
        near = owners.get(os.path.dirname(one.path), set())  # noqa: PTH120 - as above
        if len(near) == 1:
            studies[next(iter(near))].left_out.append(one)
        else:
            homeless.append(one)
    return homeless


def _paths(files: _StudyFiles) -> Iterator[str]:
    yield from (one.path for slices in files.slices.values() for one in slices)
    yield from (one.path for one in files.left_out)


def _study(patient_id: str, study_uid: str, files: _StudyFiles, settings: ArchiveSettings) -> Study:
    stacks: list[Stack] = []
    left_out = list(files.left_out)
    for slices in sorted(files.slices.values(), key=_series_order):
        split = split_series(slices, settings.most_stacks_per_series)
        stacks.extend(split.stacks)
        left_out.extend(split.left_out)
    identifiers = settings.identifiers
    # Without a Patient ID nothing says that two studies are of one patient.
    patient = patient_id or study_uid
    return Study(
        key=identifiers.study_key(patient_id, study_uid),
        patient_key=identifiers.patient_key(patient),
        series=series_of_stacks(stacks, identifiers),
        problems=_problems(left_out),
        study_date=_iso_date(next(_facts(files)).study_date),
        folder=_common_folder(_paths(files)),
    )


def _series_order(slices: Sequence[SliceRecord]) -> tuple[str, int, str]:
    """By time, which derived series have later; where the header has none, by number."""
    facts = slices[0].facts
    return facts.started, facts.number or 0, facts.series_uid


def _facts(files: _StudyFiles) -> Iterator[SeriesFacts]:
    yield from (one.facts for slices in files.slices.values() for one in slices)
    yield from (one.facts for one in files.left_out if one.facts is not None)


def _problems(left_out: Iterable[LeftOutFile]) -> tuple[Problem, ...]:
    """One problem for each broken file, and one for all images of a series left out for one reason."""
    problems: list[Problem] = []
    sound: dict[tuple[str, str], list[LeftOutFile]] = {}
    for one in left_out:
        if one.kind != LEFT_OUT or one.facts is None:
            problems.append(_problem(one))
        else:
            sound.setdefault((one.facts.series_uid, one.message), []).append(one)
    for files in sound.values():
        number = files[0].facts.number if files[0].facts is not None else None
        series = "" if number is None else f" of series {number}"
        count = "1 file" if len(files) == 1 else f"{len(files)} files"
        message = f"{files[0].path}: {count}{series} left out: {files[0].message}"
        problems.append(Problem(Path(files[0].path), LEFT_OUT, message))
    return tuple(problems)


def _problem(one: LeftOutFile) -> Problem:
    return Problem(Path(one.path), one.kind, f"{one.path}: {one.message}")


def _iso_date(text: str) -> str | None:
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if len(text) == 8 and text.isdigit() else None


def _common_folder(paths: Iterable[str]) -> Path:
    folders = {os.path.dirname(os.path.abspath(path)) for path in paths}  # noqa: PTH100, PTH120 - as above
    return Path(os.path.commonpath(folders))
