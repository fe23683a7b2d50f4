"""A NIfTI or MetaImage file as a series, from its header alone."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from spinemets.errors import GeometryError, InputError
from spinemets.study.file_names import safe_key, stem_of
from spinemets.study.plane import display_order, in_display_order, plane_of
from spinemets.study.records import (
    AcquisitionParameters,
    Evidence,
    FileSource,
    Plane,
    Problem,
    Series,
    Weighting,
    WeightingJudgement,
)
from spinemets.study.sidecar import EMPTY, Sidecar, read_sidecar
from spinemets.study.weighting import judge_weighting
from spinemets.volume.header import read_file_header


@dataclass(frozen=True, slots=True)
class NamedFile:
    """An image file with what its folder or the user says of it.

    Args:
        path: The file.
        key: Key of the series.
        weighting: Named by the user; None to judge it.
        plane: Named by the user; None to take it from geometry.
        description: What the data set says of the channel, in place of a header's description.
        frame_of_reference: Files with equal values share scanner coordinates.
        named_in: The file in which the user named the weighting.
    """

    path: Path
    key: str
    weighting: Weighting | None = None
    plane: Plane | None = None
    description: str = ""
    frame_of_reference: str = ""
    named_in: str = ""


def series_of_files(files: Iterable[NamedFile]) -> tuple[tuple[Series, ...], tuple[Problem, ...]]:
    """Each file as a series; files that cannot be used as problems."""
    series: list[Series] = []
    problems: list[Problem] = []
    for file in files:
        try:
            series.append(series_of_file(file))
        except InputError as error:
            problems.append(problem_of(error, file.path))
    return tuple(series), tuple(problems)


def problem_of(error: InputError, path: Path) -> Problem:
    """The record of an error, on the file that it names."""
    return Problem(error.file or path, type(error).__name__, str(error))


def series_of_file(file: NamedFile) -> Series:
    """One image file as a series; no voxel is read.

    The file's axes are put in the order (slice, row, column) by ``plane.display_order``.

    Raises:
        UnreadableFileError: If the file cannot be read, or has more than three axes.
        GeometryError: If its affine is not finite or singular.
    """
    header = read_file_header(file.path)
    try:
        order = display_order(header.affine_ras, header.shape, file.plane)
        affine_ras = in_display_order(header.affine_ras, order)
        i, j, k = (header.shape[axis] for axis in order)
        plane = file.plane or plane_of(affine_ras, (i, j, k))
    except GeometryError as error:
        raise GeometryError(error.problem, file=file.path, remedy=error.remedy) from None
    sidecar, complaint = _usable_sidecar(file.path)
    return Series(
        key=file.key,
        plane=plane,
        weighting=_weighting(file, sidecar.parameters),
        parameters=sidecar.parameters,
        shape=(i, j, k),
        affine_ras=affine_ras,
        slice_thickness_mm=sidecar.slice_thickness_mm,
        source=FileSource(file.path),
        frame_of_reference=file.frame_of_reference,
        warnings=complaint,
        number=sidecar.number,
    )


def sidecar_of(path: Path) -> Sidecar:
    """The JSON of the same name, or an empty one.

    Raises:
        UnreadableFileError: If it is there and cannot be read.
    """
    candidate = path.with_name(f"{stem_of(path)}.json")
    return read_sidecar(candidate) if candidate.is_file() else EMPTY


def _usable_sidecar(path: Path) -> tuple[Sidecar, tuple[str, ...]]:
    """The sidecar, and a warning in place of one that cannot be read."""
    try:
        return sidecar_of(path), ()
    except InputError as error:
        return EMPTY, (f"The sidecar {error.problem}; the file's name is judged instead.",)


def _weighting(file: NamedFile, parameters: AcquisitionParameters) -> WeightingJudgement:
    if file.weighting is not None:
        return WeightingJudgement(file.weighting, Evidence.OVERRIDE, f"{file.named_in} says so.")
    described = parameters
    if file.description:
        described = replace(parameters, series_description=file.description)
    return judge_weighting(described, file.path.name)


def named_files(paths: Iterable[Path], shared: str = "") -> tuple[NamedFile, ...]:
    """Files with keys from their names, without the part that the study's name tells; keys are unique.

    Args:
        paths: The image files.
        shared: What begins the names of the study's files.
    """
    named: list[NamedFile] = []
    used: set[str] = set()
    for path in paths:
        stem = stem_of(path)
        key = base = safe_key(stem.removeprefix(shared).strip("_-. ") or stem)
        count = 1
        while key.casefold() in used:
            count += 1
            key = f"{base}-{count}"
        used.add(key.casefold())
        named.append(NamedFile(path, key))
    return tuple(named)
