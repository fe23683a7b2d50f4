"""Reads BIDS data sets whose masks lie in ``derivatives``."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from spinemets.errors import InputError, UnreadableFileError
from spinemets.study.bids import read_bids as read_visits
from spinemets.study.file_names import is_image_name, safe_key, stem_of
from spinemets.study.records import FileSource, Problem, Series, Study
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest_image import check_mask_header
from spinemets.training.manifest_records import Annotation, ManifestStudy
from spinemets.training.manifest_sources.bids_names import BidsName, best_matches, bids_name
from spinemets.training.manifest_sources.label_words import (
    check_all_used,
    label_set_of,
    meanings_of_names,
)
from spinemets.training.manifest_sources.records import NO_FOLD_YET, SourceContent, SourceSettings
from spinemets.training.manifest_sources.study_rows import AnnotatedSeries, patient_of, stations_of

_SEGMENTATION, _MASK = "dseg", "mask"


def read_bids(folder: Path, settings: SourceSettings) -> SourceContent:
    """The visits of a BIDS data set with the masks of its derivatives.

    Masks are ``derivatives/*/sub-*/[ses-*/]anat/*_dseg.nii.gz``, whose labels a ``dseg.tsv`` names beside
    them or above, and ``*_label-<name>_mask.nii.gz``, such as ``label-lesion``. A mask goes to the image
    whose entities it repeats, and of several to those on its own grid.

    Args:
        folder: With ``sub-*`` and ``derivatives``.
        settings: ``site``, ``patient_pattern``, ``labels`` and ``label_sets`` count.

    Raises:
        UnreadableFileError: If a table of labels cannot be read.
        ConfigurationError: If nothing tells what a label stands for, or the pattern finds no patient.
    """
    masks = _Masks(folder / "derivatives", settings)
    studies: list[ManifestStudy] = []
    problems: list[Problem] = []
    for visit in read_visits(folder):
        problems.extend(visit.problems)
        annotations = masks.of(visit)
        if visit.series:
            studies.append(_study(visit, annotations, folder, settings))
    masks.finish()
    return SourceContent(tuple(studies), masks.label_sets, (*problems, *masks.problems))


def _study(
    visit: Study, annotations: dict[str, list[Annotation]], folder: Path, settings: SourceSettings
) -> ManifestStudy:
    series = [AnnotatedSeries(one, tuple(annotations.get(one.key, ()))) for one in visit.series]
    return ManifestStudy(
        study=visit.key,
        patient=patient_of(visit.key, settings.patient_pattern, otherwise=visit.patient_key),
        site=folder.resolve().name if settings.site is None else settings.site,
        simulated=False,
        fold=NO_FOLD_YET,
        stations=stations_of(series),
    )


class _Masks:
    """The masks of the derivatives; label sets and problems gather as visits ask for theirs."""

    def __init__(self, root: Path, settings: SourceSettings) -> None:
        self.root = root
        self.settings = settings
        self.label_sets: dict[str, LabelSet] = {}
        self.problems: list[Problem] = []
        self._names_seen: set[str] = set()
        self._by_visit: dict[str, list[Path]] = {}
        for path in _mask_files(root):
            self._by_visit.setdefault(bids_name(stem_of(path)).visit, []).append(path)

    def of(self, visit: Study) -> dict[str, list[Annotation]]:
        """The annotations of a visit by the key of their series."""
        annotations: dict[str, list[Annotation]] = {}
        for path in self._by_visit.pop(visit.key, []):
            name = bids_name(stem_of(path))
            label_set = self._label_set(path, name)
            owners = _owners(path, name, visit.series)
            if label_set is None:
                self._leave_out(path, "no dseg.tsv tells what its values stand for")
            elif not owners:
                self._leave_out(path, "belongs to no image of its visit, by its name and its grid")
            else:
                for owner in owners:
                    annotations.setdefault(owner.key, []).append(Annotation(path, label_set))
        return annotations

    def finish(self) -> None:
        """Say what no visit asked for: masks without one, and meanings of labels that no mask has."""
        for paths in self._by_visit.values():
            for path in paths:
                self._leave_out(path, "is of a visit without images")
        check_all_used(self.settings.labels, self._names_seen)

    def _leave_out(self, path: Path, reason: str) -> None:
        self.problems.append(Problem(path, "mask", f"{path}: {reason}"))

    def _label_set(self, path: Path, name: BidsName) -> str | None:
        """Name of the mask's label set; made at its first use."""
        if name.suffix == _MASK:
            key = safe_key("bids", name.entities["label"])
            return self._kept(key, key, {1: name.entities["label"]}, path)
        derivative = self.root / path.relative_to(self.root).parts[0]
        table = _table(path, name, derivative)
        if table is not None:
            key = safe_key("bids", derivative.name, *table.relative_to(derivative).parts[:-1])
            return self._kept(key, safe_key("bids", derivative.name), _names(table), table)
        key = safe_key("bids", derivative.name)
        return key if key in self.settings.label_sets and self._kept(key, key, {}, path) else None

    def _kept(self, key: str, short: str, names: dict[int, str], file: Path) -> str:
        """Register a label set, under its short name where that is not taken by other values."""
        self._names_seen.update(names.values())
        for wanted in (short, key):
            given = self.settings.label_sets.get(wanted)
            made = given or label_set_of(wanted, meanings_of_names(names, self.settings.labels, file))
            if self.label_sets.setdefault(wanted, made) == made:
                return wanted
        raise InputError(
            "two tables of one visit name labels differently", file=file, remedy="write one table for both"
        )


def _mask_files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("sub-*")):
        if path.parent.name == "anat" and is_image_name(path.name):
            name = bids_name(stem_of(path))
            if name.suffix == _SEGMENTATION or (name.suffix == _MASK and "label" in name.entities):
                yield path


def _owners(mask: Path, name: BidsName, series: Sequence[Series]) -> list[Series]:
    """The series that a mask belongs to: by name; of several, those whose grid it has."""
    by_path = {one.source.path: one for one in series if isinstance(one.source, FileSource)}
    named = [by_path[path] for path in best_matches(name, list(by_path))]
    on_grid = [one for one in named if _has_grid_of(mask, one)]
    # A mask of one image on another grid stays with it, so that the check can say so.
    return on_grid or (named if len(named) == 1 else [])


def _has_grid_of(mask: Path, series: Series) -> bool:
    try:
        check_mask_header(mask, series)
    except InputError:
        return False
    return True


def _table(mask: Path, name: BidsName, derivative: Path) -> Path | None:
    """The nearest table of labels: beside the mask, or above it for all below (BIDS inheritance)."""
    folder = mask.parent
    while True:
        for path in sorted(folder.glob("*dseg.tsv")):
            if bids_name(path.name.removesuffix(".tsv")).entities.items() <= name.entities.items():
                return path
        if folder == derivative:
            return None
        folder = folder.parent


def _names(table: Path) -> dict[int, str]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            return {int(row["index"]): row["name"] for row in csv.DictReader(file, delimiter="\t")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableFileError(
            f"is no table of labels ({error})", file=table, remedy="give the columns index and name"
        ) from None
