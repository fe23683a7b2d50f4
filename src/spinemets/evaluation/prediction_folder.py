"""Finds all predictions in a folder: results of ``spinemets infer``, nnU-Net's output, masks, tables."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spinemets.errors import InputError, UnreadableFileError
from spinemets.evaluation.grade_tables import CaseTables, read_tables
from spinemets.evaluation.infer_predictions import RESULT, read_infer_study
from spinemets.evaluation.predicted import (
    MaskFile,
    PredictedMasks,
    PredictedStudy,
    PredictionSet,
    Unusable,
)
from spinemets.evaluation.prediction_labels import OUR_MASKS, prediction_label_set
from spinemets.study.file_names import is_image_name, stem_of
from spinemets.study.nnunet import DESCRIPTION
from spinemets.training.label_sets import LabelSet

# What spinemets infer writes of an archive.
_FAILURES = "failures.csv"
_REMEDY = (
    "name the output of spinemets infer, a folder of masks (CASE.nii.gz), or one with escc.csv or sins.csv"
)
_LABELS_REMEDY = "say what the values are, such as prediction_labels={1: vertebral body, 2: lesion}"


def read_predictions(folder: Path, labels: Mapping[Any, Any]) -> PredictionSet:
    """Every prediction in a folder; masks are not opened yet.

    A folder below it is one case: with ``result.json`` of ``spinemets infer``, or with masks called
    ``anatomy``, ``levels`` and ``lesions`` of the same values. A mask in the folder itself is one case, a
    label map as nnU-Net writes it. Tables may stand beside either.

    Args:
        folder: The predictions.
        labels: What the values of label maps stand for; see ``prediction_label_set``.

    Raises:
        UnreadableFileError: If there is no such folder, or nothing in it.
        InputError: If a table is wrong, or nothing tells what the values of label maps stand for.
    """
    if not folder.is_dir():
        raise UnreadableFileError("is no folder", file=folder, remedy=_REMEDY)
    found = _Found(folder)
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            found.add_folder(path)
    found.add_label_maps(labels)
    tables, files = read_tables(folder)
    found.add_tables(tables, files)
    found.add_failures()
    if not found.studies and not found.unusable:
        raise UnreadableFileError("holds no predictions", file=folder, remedy=_REMEDY)
    studies = tuple(found.studies[name] for name in sorted(found.studies))
    return PredictionSet(folder, " and ".join(found.kinds), studies, tuple(found.unusable))


@dataclass(slots=True, init=False)
class _Found:
    """What has been found so far."""

    folder: Path
    studies: dict[str, PredictedStudy]
    unusable: list[Unusable]
    kinds: dict[str, None]

    def __init__(self, folder: Path) -> None:
        self.folder, self.studies, self.unusable, self.kinds = folder, {}, [], {}

    def add_folder(self, path: Path) -> None:
        """A folder of one case; other folders are passed over."""
        if (path / RESULT).is_file():
            self.kinds["results of spinemets infer"] = None
            try:
                self.studies[path.name] = read_infer_study(path)
            except InputError as error:
                self.unusable.append(Unusable(path.name, str(error)))
        elif masks := tuple(_masks_by_name(path)):
            self.kinds["folders of masks"] = None
            files = tuple(file.path for one in masks for file in one.files)
            self.studies[path.name] = PredictedStudy(path.name, masks, files=files)

    def add_label_maps(self, labels: Mapping[Any, Any]) -> None:
        """Each mask in the folder itself as a case."""
        paths = [path for path in sorted(self.folder.iterdir()) if is_image_name(path.name)]
        if not paths:
            return
        label_set = prediction_label_set(self.folder, labels)
        if label_set is None:
            raise InputError(
                "nothing tells what the values of the masks stand for",
                file=self.folder,
                field="prediction_labels",
                remedy=_LABELS_REMEDY,
            )
        nnunet = (self.folder / DESCRIPTION).is_file()
        self.kinds["nnU-Net's label maps" if nnunet else "label maps"] = None
        for path in paths:
            name = stem_of(path)
            if name in self.studies:
                self.unusable.append(Unusable(path.name, f"there is a folder {name} as well"))
                continue
            self.studies[name] = _label_map(path, name, label_set)

    def add_tables(self, tables: Mapping[str, CaseTables], files: tuple[Path, ...]) -> None:
        """Rows of tables join the case of their name, or make one."""
        if files:
            self.kinds["tables"] = None
        for name, table in tables.items():
            study = self.studies.get(name, PredictedStudy(name))
            self.studies[name] = _with_table(study, table, files)

    def add_failures(self) -> None:
        """Studies that ``spinemets infer`` says it could not assess, with its reason."""
        path = self.folder / _FAILURES
        if not path.is_file():
            return
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                name, message = row.get("study") or "", row.get("message") or "no reason given"
                if name and name not in self.studies:
                    self.unusable.append(Unusable(name, f"not assessed: {message}"))


def _masks_by_name(folder: Path) -> Iterator[PredictedMasks]:
    """Masks of each station: ``thoracic_lesions.nii.gz`` and ``thoracic_anatomy.nii.gz`` are of one."""
    stations: dict[str, list[MaskFile]] = {}
    for path in sorted(folder.iterdir()):
        station, _, what = stem_of(path).rpartition("_")
        if is_image_name(path.name) and what in OUR_MASKS:
            stations.setdefault(station, []).append(MaskFile(path, OUR_MASKS[what]))
    for station, files in stations.items():
        yield PredictedMasks(station.replace("_", " ") or folder.name, tuple(files))


def _label_map(path: Path, name: str, label_set: LabelSet) -> PredictedStudy:
    maps = path.with_name(f"{name}.npz")
    probabilities = maps if maps.is_file() else None
    masks = PredictedMasks(name, (MaskFile(path, label_set),), probabilities=probabilities)
    return PredictedStudy(name, (masks,), files=(path, *([maps] if probabilities else [])))


def _with_table(study: PredictedStudy, table: CaseTables, files: tuple[Path, ...]) -> PredictedStudy:
    masks = study.masks
    if table.lesion_scores:
        if len(masks) != 1:
            raise InputError(
                f"scores lesions of {study.name}, which has {len(masks)} masks",
                file=files[-1],
                field="case",
                remedy="score lesions of cases with one mask",
            )
        masks = (replace(masks[0], lesion_scores=table.lesion_scores),)
    return replace(
        study,
        masks=masks,
        slices=(*study.slices, *table.slices),
        levels={**study.levels, **table.levels},
        sins={**study.sins, **table.sins},
        files=(*study.files, *files),
    )
