"""What a manifest holds: studies, their series, what is annotated on each, and the fold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spinemets.anatomy import EsccGrade, Level
from spinemets.errors import ConfigurationError
from spinemets.study.records import Plane, Weighting
from spinemets.training.label_sets import LabelSet


@dataclass(frozen=True, slots=True)
class Annotation:
    """A mask on the grid of a series, and the label set that says what its values stand for."""

    path: Path
    label_set: str


@dataclass(frozen=True, slots=True)
class ManifestSeries:
    """One series of a study.

    Args:
        name: Name within the study.
        plane: Orientation of the slices.
        weighting: What the contrast shows.
        image: A NIfTI or MetaImage file, or a folder of one DICOM series.
        annotations: Its masks; may be empty.
        escc_by_slice: Grade of each slice in the order of ``manifest_image.load_image``, None where a slice
            is not graded; empty where none is.
    """

    name: str
    plane: Plane
    weighting: Weighting
    image: Path
    annotations: tuple[Annotation, ...] = ()
    escc_by_slice: tuple[EsccGrade | None, ...] = ()


@dataclass(frozen=True, slots=True)
class ManifestStation:
    """The series of one part of the spine, which the segmenter sees together."""

    name: str
    series: tuple[ManifestSeries, ...]


@dataclass(frozen=True, slots=True)
class ManifestStudy:
    """One study, a row of the manifest.

    Args:
        study: Name, unique in the manifest.
        patient: All studies of one patient are in one fold.
        site: Where it was made; folds are stratified by it.
        simulated: Whether it is no real patient.
        fold: From 0; training with ``fold=K`` validates on those of K.
        stations: Its series.
        escc: Worst grade at each level that was graded, None where it was not gradable.
        sins: Reference findings, a row for each involved level, in the words of ``spinemets score sins``.
        subgroups: Whatever results are to be split by, such as age group or sex.
    """

    study: str
    patient: str
    site: str
    simulated: bool
    fold: int
    stations: tuple[ManifestStation, ...]
    escc: Mapping[Level, EsccGrade | None] = field(default_factory=dict)
    sins: tuple[Mapping[str, str], ...] = ()
    subgroups: Mapping[str, str] = field(default_factory=dict)

    @property
    def series(self) -> Iterator[ManifestSeries]:
        """Every series of every station."""
        return (series for station in self.stations for series in station.series)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as read.

    Args:
        path: The file.
        sha256: Of its content, whatever its formatting.
        studies: Its rows.
        label_sets: By name.
    """

    path: Path
    sha256: str
    studies: tuple[ManifestStudy, ...]
    label_sets: Mapping[str, LabelSet]

    def split(self, fold: int | None) -> tuple[tuple[ManifestStudy, ...], tuple[ManifestStudy, ...]]:
        """The studies to train on and those to validate on; None trains on all and validates on none.

        Raises:
            ConfigurationError: If no study, or every study, is in the fold.
        """
        if fold is None:
            return self.studies, ()
        folds = sorted({study.fold for study in self.studies})
        if fold not in folds or len(folds) < 2:
            known = ", ".join(map(str, folds))
            raise ConfigurationError(
                f"is {fold}, where the manifest has the folds {known}",
                file=self.path,
                field="fold",
                remedy="choose one of several folds, or all",
            )
        return (
            tuple(study for study in self.studies if study.fold != fold),
            tuple(study for study in self.studies if study.fold == fold),
        )
