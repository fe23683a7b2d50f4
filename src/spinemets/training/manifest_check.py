"""Finds everything that is wrong with what a manifest names."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spinemets.errors import InputError
from spinemets.study.records import Series
from spinemets.training.label_sets import Head, LabelSet
from spinemets.training.manifest_image import check_mask_header, image_series, load_image, load_mask
from spinemets.training.manifest_records import Annotation, Manifest, ManifestSeries, ManifestStudy


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Args:
        study: The row.
        field: What of it, such as ``series t2, image``.
        path: The file; None where the row itself is wrong.
        problem: What was found.
        remedy: What to do.
    """

    study: str
    field: str
    path: Path | None
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.study}: {self.field}: "
        file = "" if self.path is None else f"{self.path} "
        return f"{where}{file}{self.problem}" + (f"; {self.remedy}" if self.remedy else "")


def check_manifest(
    manifest: Manifest, studies: Sequence[ManifestStudy] | None = None, *, thorough: bool = False
) -> tuple[Finding, ...]:
    """Everything that is wrong with a manifest, in the order of its rows.

    Args:
        manifest: As read.
        studies: Those whose files are looked at; None takes all. Patients in two folds and duplicate names
            are looked for among all.
        thorough: Whether voxels are read too: images that are cut off, masks without any label, with values
            that their label set does not know, or with values that are no whole numbers. Without it headers
            alone are read.
    """
    looked_at = manifest.studies if studies is None else tuple(studies)
    return (
        *_rows(manifest.studies),
        *(
            finding
            for study in looked_at
            for series in study.series
            for finding in _Look(manifest, study, series, thorough).findings()
        ),
    )


def _rows(studies: Sequence[ManifestStudy]) -> Iterator[Finding]:
    names = Counter(study.study for study in studies)
    for name in (name for name, count in names.items() if count > 1):
        yield Finding(
            name, "study", None, f"is the name of {names[name]} rows", "give every row its own name"
        )
    folds: dict[str, set[int]] = defaultdict(set)
    for study in studies:
        folds[study.patient].add(study.fold)
    for study in studies:
        if len(found := sorted(folds[study.patient])) > 1:
            listed = ", ".join(map(str, found))
            problem = f"{study.patient} is in the folds {listed}"
            yield Finding(study.study, "patient", None, problem, "put all studies of a patient into one fold")


@dataclass(frozen=True, slots=True)
class _Look:
    """A look at one series of a study."""

    manifest: Manifest
    study: ManifestStudy
    series: ManifestSeries
    thorough: bool

    def findings(self) -> Iterator[Finding]:
        try:
            image = image_series(self.series.image, self.series.plane)
            if self.thorough:
                load_image(self.series.image, self.series.plane)
        except InputError as error:
            yield self._of(error, "image", self.series.image)
            for one in self.series.annotations:
                if not one.path.is_file():
                    yield self._finding("annotations", one.path, "no such file", "check the path")
            return
        yield from self._wrong_grades(image)
        for one in self.series.annotations:
            try:
                yield from self._wrong_mask(one, image)
            except InputError as error:
                yield self._of(error, "annotations", one.path)

    def _wrong_grades(self, image: Series) -> Iterator[Finding]:
        graded, slices = len(self.series.escc_by_slice), image.shape[0]
        if graded and graded != slices:
            problem = f"lists {graded} grades, where the image has {slices} slices"
            yield self._finding(
                "escc_by_slice", self.series.image, problem, "give one for each slice, null where unknown"
            )

    def _wrong_mask(self, one: Annotation, image: Series) -> Iterator[Finding]:
        check_mask_header(one.path, image)
        if not self.thorough:
            return
        mask = load_mask(one.path, image)
        label_set = self.manifest.label_sets[one.label_set]
        if unknown := label_set.unknown_values(mask):
            values = ", ".join(map(str, unknown[:8])) + (", ..." if len(unknown) > 8 else "")
            problem = f"holds {values}, unknown to the label set {one.label_set}"
            yield self._finding(
                "annotations", one.path, problem, f"add what it stands for to label_sets.{one.label_set}"
            )
        elif not np.any(mask) and not _may_be_empty(label_set):
            yield self._finding(
                "annotations", one.path, "is empty: every voxel is 0", "annotate it, or leave it out"
            )

    def _of(self, error: InputError, what: str, path: Path) -> Finding:
        field = f"{what} ({error.field})" if error.field else what
        return self._finding(field, error.file or path, error.problem, error.remedy or "")

    def _finding(self, field: str, path: Path, problem: str, remedy: str) -> Finding:
        return Finding(self.study.study, f"series {self.series.name}, {field}", path, problem, remedy)


def _may_be_empty(label_set: LabelSet) -> bool:
    """A spine without lesions has a mask of lesions without any."""
    return label_set.heads == {Head.LESION}
