"""Reads nnU-Net data sets: ``imagesTr``, ``labelsTr`` and ``dataset.json``."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from spinemets.errors import UnreadableFileError
from spinemets.study.file_names import is_image_name, safe_key, stem_of
from spinemets.study.nnunet import DESCRIPTION
from spinemets.study.nnunet import read_nnunet as read_cases
from spinemets.study.records import FileSource, Problem, Series, Study
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest_records import Annotation, ManifestStudy
from spinemets.training.manifest_sources.label_words import (
    check_all_used,
    label_set_of,
    meanings_of_names,
)
from spinemets.training.manifest_sources.records import NO_FOLD_YET, SourceContent, SourceSettings
from spinemets.training.manifest_sources.study_rows import AnnotatedSeries, patient_of, stations_of

LABEL_SET = "nnunet"
_IMAGES, _LABELS = "imagesTr", "labelsTr"


def read_nnunet(folder: Path, settings: SourceSettings) -> SourceContent:
    """The training cases of an nnU-Net data set, version 1 or 2; ``imagesTs`` is left for tests.

    Args:
        folder: With ``dataset.json``, ``imagesTr`` and ``labelsTr``.
        settings: ``site``, ``patient_pattern``, ``labels`` and ``label_sets`` count.

    Raises:
        UnreadableFileError: If the data set's description cannot be read.
        ConfigurationError: If nothing tells what a label stands for, or the pattern finds no patient.
    """
    label_set = _label_set(folder / DESCRIPTION, settings)
    masks = _masks(folder / _LABELS)
    studies: list[ManifestStudy] = []
    problems: list[Problem] = []
    for case in _training_cases(folder):
        problems.extend(case.problems)
        if case.series:
            name = _case_name(case.series[0])
            studies.append(_study(case, name, masks.pop(name, None), folder, settings))
    problems.extend(_without_image(masks.values()))
    return SourceContent(tuple(studies), {LABEL_SET: label_set}, tuple(problems))


def _label_set(path: Path, settings: SourceSettings) -> LabelSet:
    if LABEL_SET in settings.label_sets:
        return settings.label_sets[LABEL_SET]
    values = read_label_names(path)
    check_all_used(settings.labels, values.values())
    return label_set_of(LABEL_SET, meanings_of_names(values, settings.labels, path))


def read_label_names(path: Path) -> dict[int, str]:
    """Name of each value; nnU-Net 1 writes ``{"1": "name"}``, nnU-Net 2 ``{"name": 1}``."""
    try:
        labels: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))["labels"]
        if all(isinstance(value, str) for value in labels.values()):
            return {int(value): name for value, name in labels.items()}
        return {int(value): name for name, value in labels.items()}
    except TypeError:
        raise UnreadableFileError(
            "names regions of several values, not single values",
            file=path,
            field="labels",
            remedy=f"give the values' meaning as label_sets.{LABEL_SET} (see docs/manifest.md)",
        ) from None
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise UnreadableFileError(
            f"names no labels ({error})",
            file=path,
            field="labels",
            remedy='write {"background": 0, "vertebra": 1, ...}',
        ) from None


def _training_cases(folder: Path) -> Iterator[Study]:
    for case in read_cases(folder):
        # A description that cannot be used is one study of the folder itself, with the problem.
        if case.folder in (folder / _IMAGES, folder):
            yield case


def _masks(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise UnreadableFileError(
            "no such folder", file=folder, remedy="name an nnU-Net data set with labels"
        )
    return {stem_of(path): path for path in sorted(folder.iterdir()) if is_image_name(path.name)}


def _case_name(series: Series) -> str:
    """``case`` of ``case_0000.nii.gz``."""
    assert isinstance(series.source, FileSource), "nnU-Net data sets hold image files"
    return stem_of(series.source.path)[: -len("_0000")]


def _study(
    case: Study, name: str, mask: Path | None, folder: Path, settings: SourceSettings
) -> ManifestStudy:
    # One mask for all channels, which share a grid.
    annotations = () if mask is None else (Annotation(mask, LABEL_SET),)
    series = [AnnotatedSeries(each, annotations) for each in case.series]
    return ManifestStudy(
        study=case.key,
        patient=patient_of(name, settings.patient_pattern, otherwise=safe_key(name)),
        site=folder.resolve().name if settings.site is None else settings.site,
        simulated=False,
        fold=NO_FOLD_YET,
        stations=stations_of(series),
    )


def _without_image(masks: Iterable[Path]) -> Iterator[Problem]:
    for mask in masks:
        yield Problem(mask, "no image", f"{mask}: has no image in {_IMAGES}")
