"""``study.yaml``: a study whose image files the user names one by one."""

import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from spinemets.errors import ConfigurationError, InputError
from spinemets.study.file_names import safe_key
from spinemets.study.file_series import NamedFile, named_files, problem_of, series_of_files
from spinemets.study.records import Plane, Study, Weighting
from spinemets.study.yaml_file import first_problem, read_yaml

FILE_NAME = "study.yaml"


class _SeriesEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path
    weighting: Weighting | None = None
    plane: Plane | None = None
    key: str | None = None
    frame_of_reference: str = ""


class _StudyFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str | None = None
    patient: str | None = None
    visit: int | None = None
    date: datetime.date | None = None
    series: tuple[_SeriesEntry, ...] = Field(min_length=1)

    @field_validator("date", mode="before")
    @classmethod
    def _refuse_numbers(cls, value: object) -> object:
        """A number would be taken as seconds since 1970."""
        if isinstance(value, int | float):
            raise ValueError("is no date")
        return value


def read_study_yaml(path: Path, prefix: str = "") -> Study:
    """The study that a ``study.yaml`` describes; with problems, and without series, where it is wrong.

    Paths are relative to the file's folder. Weighting and plane may be left out: the weighting is then
    judged from a sidecar or the file's name, the plane taken from geometry.

    Args:
        path: The file.
        prefix: Begins the study's key, unless the file names one.
    """
    folder = path.parent
    default_key = safe_key(prefix or folder.resolve().name)
    try:
        content = _validated(path)
    except InputError as error:
        return Study(default_key, default_key, (), (problem_of(error, path),), folder=folder)
    series, problems = series_of_files(_files(content, folder))
    key = safe_key(content.key) if content.key else default_key
    return Study(
        key,
        safe_key(content.patient or key),
        series,
        problems,
        study_date=None if content.date is None else content.date.isoformat(),
        folder=folder,
        visit=content.visit,
    )


def _validated(path: Path) -> _StudyFile:
    content = read_yaml(path)
    try:
        study = _StudyFile.model_validate(content)
    except ValidationError as error:
        field, problem = first_problem(error)
        raise ConfigurationError(
            problem,
            file=path,
            field=field,
            remedy="a study has series and may have key, patient, visit, date (such as 2024-05-31); "
            "each series has a path, and may have weighting, plane, key",
        ) from None
    keys = [one.key for one in study.series if one.key is not None]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ConfigurationError(f"the key {twice[0]!r} occurs twice", file=path, field="series.key")
    return study


def _files(content: _StudyFile, folder: Path) -> list[NamedFile]:
    defaults = named_files(folder / entry.path for entry in content.series)
    return [
        NamedFile(
            path=default.path,
            key=safe_key(entry.key) if entry.key else default.key,
            weighting=entry.weighting,
            plane=entry.plane,
            frame_of_reference=entry.frame_of_reference,
            named_in=FILE_NAME,
        )
        for default, entry in zip(defaults, content.series, strict=True)
    ]
