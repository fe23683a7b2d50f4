"""Rows of a manifest as its JSON writes them, validated."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from spinemets.anatomy import EsccGrade, Level
from spinemets.errors import InputError, UnreadableFileError
from spinemets.scoring.sins_text import FIELDS, findings_from_text
from spinemets.study.records import Plane, Weighting
from spinemets.training.label_set_rows import LabelSetRow
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest_records import Annotation, ManifestSeries, ManifestStation, ManifestStudy
from spinemets.training.manifest_row_errors import wrong_rows

FORMAT, VERSION = "spinemets-manifest", 2
_Name = Annotated[str, Field(min_length=1)]


class _Row(BaseModel):
    # Patients and studies are often numbers.
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class _AnnotationRow(_Row):
    path: Path
    label_set: str


class _SeriesRow(_Row):
    name: _Name
    plane: Plane
    weighting: Weighting
    image: Path
    annotations: tuple[_AnnotationRow, ...] = ()
    escc_by_slice: tuple[EsccGrade | None, ...] = ()


class _StationRow(_Row):
    station: _Name
    series: tuple[_SeriesRow, ...] = Field(min_length=1)


class _StudyRow(_Row):
    study: _Name
    patient: _Name
    site: str = ""
    simulated: Annotated[bool, Field(strict=True)] = False
    fold: Annotated[int, Field(strict=True, ge=0)]
    stations: tuple[_StationRow, ...] = Field(min_length=1)
    escc: dict[Level, EsccGrade | None] = Field(default_factory=dict)
    sins: tuple[dict[str, str], ...] = ()
    subgroups: dict[str, str] = Field(default_factory=dict)

    @field_validator("sins")
    @classmethod
    def _is_sins(cls, rows: tuple[dict[str, str], ...]) -> tuple[dict[str, str], ...]:
        for row in rows:
            if unknown := sorted(set(row) - set(FIELDS)):
                raise ValueError(f"{unknown[0]!r} is no field of SINS; fields: {', '.join(FIELDS)}")
            try:
                findings_from_text(row)
            except InputError as error:
                raise ValueError(str(error)) from None
        return rows

    @model_validator(mode="after")
    def _names_each_series_once(self) -> Self:
        names = [series.name for station in self.stations for series in station.series]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two series are called {twice[0]!r}")
        return self


class ManifestFile(_Row):
    """The whole file."""

    format: Literal["spinemets-manifest"]
    version: Literal[2]
    label_sets: dict[str, LabelSetRow] = Field(default_factory=dict)
    training: tuple[_StudyRow, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _declares_every_label_set(self) -> Self:
        for number, row in enumerate(self.training, start=1):
            for series in (series for station in row.stations for series in station.series):
                for one in series.annotations:
                    if one.label_set not in self.label_sets:
                        declared = ", ".join(self.label_sets) or "none"
                        raise ValueError(
                            f"row {number} ({row.study}), series {series.name}: the label set "
                            f"{one.label_set!r} is not declared under label_sets (declared: {declared})"
                        )
        return self


def parse_manifest(path: Path) -> ManifestFile:
    """The validated content of a manifest.

    Raises:
        UnreadableFileError: If the file is missing or no JSON.
        InputError: If it is no manifest, one of another version, or a row is wrong.
    """
    content = _json_object(path)
    if content.get("format") != FORMAT:
        raise InputError(
            f"is {content.get('format')!r}, not {FORMAT!r}",
            file=path,
            field="format",
            remedy="make a manifest with spinemets manifest input=... layout=... output=...",
        )
    if content.get("version") != VERSION:
        raise _other_version(path, content)
    try:
        return ManifestFile.model_validate(content)
    except ValidationError as error:
        raise wrong_rows(path, content, error) from None


def studies_of(content: ManifestFile, folder: Path) -> tuple[ManifestStudy, ...]:
    """The rows as records, with paths made absolute against the manifest's folder."""
    return tuple(
        ManifestStudy(
            study=row.study,
            patient=row.patient,
            site=row.site,
            simulated=row.simulated,
            fold=row.fold,
            stations=tuple(_station(station, folder) for station in row.stations),
            escc=dict(row.escc),
            sins=tuple(row.sins),
            subgroups=dict(row.subgroups),
        )
        for row in content.training
    )


def rows_of(
    folder: Path, studies: tuple[ManifestStudy, ...], label_sets: Mapping[str, LabelSet]
) -> dict[str, Any]:
    """The content of the file as JSON has it; paths below the folder become relative to it.

    Raises:
        InputError: If the studies make no valid manifest.
    """
    content = {
        "format": FORMAT,
        "version": VERSION,
        "label_sets": {name: LabelSetRow.of(each) for name, each in label_sets.items()},
        "training": [_study_row(study, folder) for study in studies],
    }
    try:
        return ManifestFile.model_validate(content).model_dump(mode="json")
    except ValidationError as error:
        raise wrong_rows(None, content, error) from None


def _station(row: _StationRow, folder: Path) -> ManifestStation:
    return ManifestStation(row.station, tuple(_series(each, folder) for each in row.series))


def _series(row: _SeriesRow, folder: Path) -> ManifestSeries:
    return ManifestSeries(
        name=row.name,
        plane=row.plane,
        weighting=row.weighting,
        image=folder / row.image,
        annotations=tuple(Annotation(folder / one.path, one.label_set) for one in row.annotations),
        escc_by_slice=row.escc_by_slice,
    )


def _study_row(study: ManifestStudy, folder: Path) -> dict[str, Any]:
    return {
        "study": study.study,
        "patient": study.patient,
        "site": study.site,
        "simulated": study.simulated,
        "fold": study.fold,
        "stations": [
            {"station": station.name, "series": [_series_row(each, folder) for each in station.series]}
            for station in study.stations
        ],
        "escc": dict(study.escc),
        "sins": [dict(row) for row in study.sins],
        "subgroups": dict(study.subgroups),
    }


def _series_row(series: ManifestSeries, folder: Path) -> dict[str, Any]:
    return {
        "name": series.name,
        "plane": series.plane,
        "weighting": series.weighting,
        "image": _relative(series.image, folder),
        "annotations": [
            {"path": _relative(one.path, folder), "label_set": one.label_set} for one in series.annotations
        ],
        "escc_by_slice": series.escc_by_slice,
    }


def _relative(path: Path, folder: Path) -> str:
    return (path.relative_to(folder) if path.is_relative_to(folder) else path.absolute()).as_posix()


def _json_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableFileError(
            f"cannot be read ({error.strerror})", file=path, remedy="check the path"
        ) from None
    except (ValueError, RecursionError) as error:
        raise UnreadableFileError(f"is no JSON ({error})", file=path) from None
    if not isinstance(content, dict):
        raise InputError("holds no object", file=path, remedy="see docs/manifest.md")
    return content


def _other_version(path: Path, content: Mapping[str, Any]) -> InputError:
    problem = f"is {content.get('version')!r}, where version {VERSION} is read"
    remedy = "make the manifest again with spinemets manifest"
    if content.get("version") == 1 and content.get("simulated"):
        problem = "is 1, the list that spinemets phantom writes, without folds and label sets"
        remedy = f"run spinemets manifest input={path.parent} layout=phantom output=FILE, and name that FILE"
    return InputError(problem, file=path, field="version", remedy=remedy)
