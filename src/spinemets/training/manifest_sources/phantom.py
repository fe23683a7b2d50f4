"""Reads the studies of ``spinemets phantom``."""

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from spinemets.anatomy import Anatomy, EsccGrade, Level
from spinemets.errors import InputError, UnreadableFileError
from spinemets.study.records import Plane, Weighting
from spinemets.study.yaml_file import first_problem
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest_image import image_series
from spinemets.training.manifest_records import Annotation, ManifestSeries, ManifestStation, ManifestStudy
from spinemets.training.manifest_sources.records import NO_FOLD_YET, SourceContent, SourceSettings

_LIST = "manifest.json"
# Elements of vertebrae are measured, never predicted by a head of their own.
_LABEL_SET_OF_MASK = {"anatomy": "phantom-anatomy", "levels": "phantom-levels", "lesions": "phantom-lesions"}
_LABEL_SETS = (
    LabelSet("phantom-anatomy", anatomy={each.value: frozenset({each}) for each in Anatomy}),
    LabelSet("phantom-levels", levels={level.code: level for level in Level}),
    LabelSet("phantom-lesions", lesion={0: False}, every_other_is_lesion=True),
)


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True)


class _SeriesEntry(_Entry):
    name: str
    plane: Plane
    weighting: Weighting
    vendor: str
    field_strength_t: float
    image: Path
    masks: dict[str, Path]
    escc_by_slice: tuple[EsccGrade | None, ...]


class _StationEntry(_Entry):
    station: str
    series: tuple[_SeriesEntry, ...] = Field(min_length=1)


class _StudyEntry(_Entry):
    study: str
    patient: str
    site: str
    simulated: bool
    stations: tuple[_StationEntry, ...] = Field(min_length=1)
    escc: dict[Level, EsccGrade | None]
    sins: tuple[dict[str, str | float | None], ...]


class _List(_Entry):
    format: Literal["spinemets-manifest"]
    version: Literal[1]
    training: tuple[_StudyEntry, ...]


def read_phantom(folder: Path, settings: SourceSettings) -> SourceContent:
    """The studies of a folder that ``spinemets phantom`` made.

    Args:
        folder: With ``manifest.json``, version 1.
        settings: ``site`` and ``label_sets`` count.

    Raises:
        UnreadableFileError: If the list is missing, or an image with graded slices cannot be read.
        InputError: If it is not what ``spinemets phantom`` writes.
    """
    content = _read_list(folder / _LIST)
    label_sets = {each.name: each for each in _LABEL_SETS}
    return SourceContent(
        studies=tuple(_study(entry, folder, settings) for entry in content.training),
        label_sets={name: settings.label_sets.get(name, each) for name, each in label_sets.items()},
    )


def _read_list(path: Path) -> _List:
    try:
        return _List.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UnreadableFileError(
            f"cannot be read ({error.strerror})",
            file=path,
            remedy="name the output folder of spinemets phantom",
        ) from None
    except ValidationError as error:
        field, problem = first_problem(error)
        raise InputError(
            problem, file=path, field=field, remedy="make the studies again with spinemets phantom"
        ) from None
    except ValueError as error:
        raise UnreadableFileError(f"is no JSON ({error})", file=path) from None


def _study(entry: _StudyEntry, folder: Path, settings: SourceSettings) -> ManifestStudy:
    first = entry.stations[0].series[0]
    return ManifestStudy(
        study=entry.study,
        patient=entry.patient,
        site=entry.site if settings.site is None else settings.site,
        simulated=entry.simulated,
        fold=NO_FOLD_YET,
        stations=tuple(_station(station, folder) for station in entry.stations),
        escc=entry.escc,
        sins=tuple({name: _text(value) for name, value in row.items()} for row in entry.sins),
        subgroups={"vendor": first.vendor, "field strength": f"{first.field_strength_t:g} T"},
    )


def _station(entry: _StationEntry, folder: Path) -> ManifestStation:
    return ManifestStation(entry.station, tuple(_series(series, folder) for series in entry.series))


def _series(entry: _SeriesEntry, folder: Path) -> ManifestSeries:
    masks = {what: folder / path for what, path in entry.masks.items()}
    return ManifestSeries(
        name=entry.name,
        plane=entry.plane,
        weighting=entry.weighting,
        image=folder / entry.image,
        annotations=tuple(
            Annotation(masks[what], label_set)
            for what, label_set in _LABEL_SET_OF_MASK.items()
            if what in masks
        ),
        escc_by_slice=_in_order_of_image(entry, folder / entry.image, next(iter(masks.values()), None)),
    )


def _in_order_of_image(entry: _SeriesEntry, image: Path, mask: Path | None) -> tuple[EsccGrade | None, ...]:
    """Grades in the order of the image's slices, which DICOM readers sort their own way."""
    if not entry.escc_by_slice or mask is None or not image.is_dir():
        return entry.escc_by_slice
    made = image_series(mask, entry.plane).affine_ras[:3, 0]
    sorted_by_reader = image_series(image).affine_ras[:3, 0]
    return entry.escc_by_slice if made @ sorted_by_reader > 0 else entry.escc_by_slice[::-1]


def _text(value: str | float | None) -> str:
    if value is None:
        return "unknown"
    return value if isinstance(value, str) else f"{value:g}"
